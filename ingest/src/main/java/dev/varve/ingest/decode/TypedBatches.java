package dev.varve.ingest.decode;

import dev.varve.model.Schema;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.dictionary.DictionaryProvider;
import org.jspecify.annotations.Nullable;

/** Cuts the typed batches of a body into canonical batches of bounded size; used by one thread. */
final class TypedBatches implements AutoCloseable {
    private final VectorSchemaRoot source;
    private final DictionaryProvider dictionaries;
    private final RowChecker checker;
    private final DecodeLimits limits;
    private final String[] samples;
    private @Nullable CheckedRows current;
    private int from;
    private int rows;
    private int rowsPerSlice = 1;
    private long numbered;

    TypedBatches(
            VectorSchemaRoot source,
            DictionaryProvider dictionaries,
            Mapping mapping,
            Schema schema,
            BufferAllocator memory,
            DecodeLimits limits) {
        this.source = source;
        this.dictionaries = dictionaries;
        this.limits = limits;
        checker = RowChecker.of(RowChecker.names(source), mapping, schema, memory, limits);
        samples = new String[checker.plan().slots().size()];
        Arrays.fill(samples, "");
    }

    /** Starts with the batch that the source holds now. */
    void begin() {
        from = 0;
        rows = source.getRowCount();
        long bytes = 0;
        for (FieldVector vector : used()) {
            BufferChecks.check(vector, rows);
            bytes += vector.getBufferSize();
        }
        long fitting = bytes == 0 ? rows : (long) ((double) limits.bytesPerBatch() / bytes * rows);
        rowsPerSlice = (int) Math.max(1, Math.min(limits.rowsPerBatch(), fitting));
    }

    private List<FieldVector> used() {
        List<FieldVector> used = new ArrayList<>();
        for (int i = 0; i < source.getFieldVectors().size(); i++) {
            if (checker.plan().slotOf(i) >= 0) {
                used.add(source.getVector(i));
            }
        }
        return used;
    }

    /** Moves on to the next piece of the batch; false at its end. */
    boolean nextSlice() {
        release();
        if (from >= rows) {
            return false;
        }
        int count = Math.min(rowsPerSlice, rows - from);
        if (count == rows) {
            current = checker.check(source, dictionaries, numbered + 1);
        } else {
            try (VectorSchemaRoot slice = slice(from, count)) {
                current = checker.check(slice, dictionaries, numbered + 1);
            }
        }
        from += count;
        numbered += count;
        remember(current.batch());
        return true;
    }

    /** A part of the batch; columns that feed nothing are left as empty ones, since nobody checked them. */
    private VectorSchemaRoot slice(int start, int count) {
        List<FieldVector> parts = new ArrayList<>();
        for (int i = 0; i < source.getFieldVectors().size(); i++) {
            FieldVector vector = source.getVector(i);
            if (checker.plan().slotOf(i) >= 0) {
                var transfer = vector.getTransferPair(vector.getAllocator());
                transfer.splitAndTransfer(start, count);
                parts.add((FieldVector) transfer.getTo());
            } else {
                parts.add(vector.getField().createVector(vector.getAllocator()));
            }
        }
        return BatchFields.root(parts, count);
    }

    private void remember(VectorSchemaRoot batch) {
        for (int slot = 0; slot < samples.length && batch.getRowCount() > 0; slot++) {
            FieldVector vector = batch.getVector(slot);
            if (samples[slot].isEmpty() && !vector.isNull(0)) {
                SourceColumn column = SourceColumn.of(vector);
                samples[slot] = column == null ? "" : column.show(0);
            }
        }
    }

    VectorSchemaRoot batch() {
        return checked().batch();
    }

    List<RowError> errors() {
        return checked().errors();
    }

    List<MappedColumn> mapped() {
        return checker.plan().mapped(List.of(samples));
    }

    private CheckedRows checked() {
        if (current == null) {
            throw new IllegalStateException("no batch: next() has not returned true");
        }
        return current;
    }

    private void release() {
        if (current != null) {
            current.close();
            current = null;
        }
    }

    @Override
    public void close() {
        release();
    }
}
