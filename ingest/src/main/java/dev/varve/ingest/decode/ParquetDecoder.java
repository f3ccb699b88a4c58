package dev.varve.ingest.decode;

import dev.varve.model.Schema;
import java.io.InputStream;
import java.util.List;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.dictionary.DictionaryProvider;

/** Reads a Parquet file. */
final class ParquetDecoder implements RowDecoder {
    private final ParquetBody file;
    private final TypedBatches batches;

    ParquetDecoder(InputStream body, Mapping mapping, Schema schema, BufferAllocator memory, DecodeLimits limits) {
        file = new ParquetBody(body, memory, limits);
        boolean opened = false;
        try {
            batches = new TypedBatches(
                    file.root(), new DictionaryProvider.MapDictionaryProvider(), mapping, schema, memory, limits);
            opened = true;
        } finally {
            if (!opened) {
                file.close();
            }
        }
    }

    @Override
    public boolean next() {
        while (!batches.nextSlice()) {
            if (!file.next()) {
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
        file.close();
    }
}
