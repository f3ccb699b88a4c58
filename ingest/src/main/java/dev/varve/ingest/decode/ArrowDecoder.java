package dev.varve.ingest.decode;

import dev.varve.model.Schema;
import java.io.InputStream;
import java.util.List;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.vector.VectorSchemaRoot;

/** Reads an Arrow IPC stream. */
final class ArrowDecoder implements RowDecoder {
    private final ArrowStream stream;
    private final TypedBatches batches;

    ArrowDecoder(InputStream body, Mapping mapping, Schema schema, BufferAllocator memory, DecodeLimits limits) {
        stream = new ArrowStream(body, memory, limits);
        boolean opened = false;
        try {
            batches = new TypedBatches(stream.root(), stream.dictionaries(), mapping, schema, memory, limits);
            opened = true;
        } finally {
            if (!opened) {
                stream.close();
            }
        }
    }

    @Override
    public boolean next() {
        while (!batches.nextSlice()) {
            if (!stream.next()) {
                return false;
            }
            batches.begin();
        }
        return true;
    }

    @Override
    public VectorSchemaRoot batch() {
        return batches.batch();
    }

    @Override
    public List<RowError> errors() {
        return batches.errors();
    }

    @Override
    public List<MappedColumn> mapping() {
        return batches.mapped();
    }

    @Override
    public void close() {
        batches.close();
        stream.close();
    }
}
