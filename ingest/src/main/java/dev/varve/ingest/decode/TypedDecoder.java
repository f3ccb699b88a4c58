package dev.varve.ingest.decode;

import dev.varve.model.Schema;
import java.util.List;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.vector.VectorSchemaRoot;

/** Reads a body whose columns have types already. */
final class TypedDecoder implements RowDecoder {
    private final TypedBody body;
    private final TypedBatches batches;

    /** Takes the body over. */
    TypedDecoder(TypedBody body, Mapping mapping, Schema schema, BufferAllocator memory, DecodeLimits limits) {
        this.body = body;
        boolean opened = false;
        try {
            batches = new TypedBatches(body.root(), body.dictionaries(), mapping, schema, memory, limits);
            opened = true;
        } finally {
            if (!opened) {
                body.close();
            }
        }
    }

    @Override
    public boolean next() {
        while (!batches.nextSlice()) {
            if (!body.next()) {
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
        body.close();
    }
}
