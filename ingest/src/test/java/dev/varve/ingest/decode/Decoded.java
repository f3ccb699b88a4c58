package dev.varve.ingest.decode;

import dev.varve.model.Schema;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.VectorSchemaRoot;

/** Everything a decoder made of a body, as plain values; the allocator is seen to be empty afterwards. */
record Decoded(List<List<Object>> rows, List<RowError> errors, List<MappedColumn> mapping, List<Integer> batches) {
    static Decoded of(BodyFormat format, String body, Mapping mapping, Schema schema) {
        return of(
                format,
                new ByteArrayInputStream(body.getBytes(StandardCharsets.UTF_8)),
                mapping,
                schema,
                DecodeLimits.DEFAULT);
    }

    static Decoded csv(String body, Mapping mapping, Schema schema) {
        return of(BodyFormat.CSV, body, mapping, schema);
    }

    static Decoded ndjson(String body, Mapping mapping, Schema schema) {
        return of(BodyFormat.NDJSON, body, mapping, schema);
    }

    static Decoded of(BodyFormat format, InputStream body, Mapping mapping, Schema schema, DecodeLimits limits) {
        try (BufferAllocator memory = new RootAllocator()) {
            Decoded all = new Decoded(new ArrayList<>(), new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
            try (RowDecoder decoder = RowDecoder.open(format, body, mapping, schema, memory, limits)) {
                while (decoder.next()) {
                    all.add(decoder.batch());
                    all.errors.addAll(decoder.errors());
                    all.batches.add(
                            decoder.batch().getRowCount() + decoder.errors().size());
                }
                all.mapping.addAll(decoder.mapping());
            }
            return all;
        }
    }

    void add(VectorSchemaRoot batch) {
        rows.addAll(rowsOf(batch));
    }

    static List<List<Object>> rowsOf(VectorSchemaRoot batch) {
        List<List<Object>> rows = new ArrayList<>();
        for (int row = 0; row < batch.getRowCount(); row++) {
            List<Object> values = new ArrayList<>();
            for (FieldVector vector : batch.getFieldVectors()) {
                Object value = vector.getObject(row);
                values.add(
                        value instanceof org.apache.arrow.vector.util.Text || value instanceof java.time.LocalDateTime
                                ? value.toString()
                                : value);
            }
            rows.add(values);
        }
        return rows;
    }
}
