package dev.varve.ingest.decode;

import dev.varve.model.Schema;
import java.io.InputStream;
import java.util.List;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.vector.VectorSchemaRoot;

/** Reads CSV. */
final class CsvDecoder implements RowDecoder {
    private final CsvRows rows;
    private final RowBuilder builder;
    private final Text text = new Text();

    CsvDecoder(InputStream body, Mapping mapping, Schema schema, BufferAllocator memory, DecodeLimits limits) {
        rows = new CsvRows(body, mapping, limits);
        ColumnPlan plan = ColumnPlan.of(rows.names(), mapping, schema);
        plan.requireKeys();
        builder = new RowBuilder(plan, memory, limits, new Cell.TextRules(limits.valueBytes(), true, true));
    }

    @Override
    public boolean next() {
        builder.reset();
        while (!builder.isFull() && rows.next()) {
            builder.begin(rows.number());
            read();
            builder.end();
        }
        return !builder.isEmpty();
    }

    private void read() {
        int expected = rows.names().size();
        if (rows.isTooLong()) {
            builder.fail("", excerpt(), "the row is too long");
            return;
        }
        if (rows.fields() != expected) {
            builder.fail("", excerpt(), "expected " + expected + " fields, found " + rows.fields());
            return;
        }
        for (int i = 0; i < expected && !builder.hasFailed(); i++) {
            rows.field(i, text);
            builder.set(i, text);
        }
    }

    private String excerpt() {
        if (rows.fields() == 0) {
            return "";
        }
        rows.field(0, text);
        return text.excerpt();
    }

    @Override
    public VectorSchemaRoot batch() {
        return builder.batch();
    }

    @Override
    public List<RowError> errors() {
        return builder.errors();
    }

    @Override
    public List<MappedColumn> mapping() {
        return builder.mapped();
    }

    @Override
    public void close() {
        builder.close();
        rows.close();
    }
}
