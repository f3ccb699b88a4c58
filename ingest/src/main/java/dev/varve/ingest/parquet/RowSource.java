package dev.varve.ingest.parquet;

import java.util.List;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.vector.BaseVariableWidthVector;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.jspecify.annotations.Nullable;

/**
 * Batches whose rows are written in an order of their own: row {@code r} of batch {@code b} has the number {@code b <<
 * 16 | r}. Valid while the batches are.
 */
public final class RowSource {
    /** Most rows of a batch. */
    public static final int BATCH_ROWS = 1 << 16;
    /** Most batches. */
    public static final int BATCHES = 1 << 15;

    /** The buffers of one column, by batch; a validity is null when nothing is null in it. */
    static final class ColumnSource {
        final ArrowBuf[] data;
        final @Nullable ArrowBuf[] validity;
        final ArrowBuf[] offsets;
        /** Batches from before the column was added. */
        final boolean[] absent;

        ColumnSource(ArrowBuf[] data, @Nullable ArrowBuf[] validity, ArrowBuf[] offsets, boolean[] absent) {
            this.data = data;
            this.validity = validity;
            this.offsets = offsets;
            this.absent = absent;
        }
    }

    private final ColumnSource[] columns;

    public RowSource(FileLayout layout, List<VectorSchemaRoot> batches) {
        if (batches.size() > BATCHES) {
            throw new IllegalArgumentException(batches.size() + " batches");
        }
        columns = new ColumnSource[layout.fields().size()];
        for (int c = 0; c < columns.length; c++) {
            String name = layout.fields().get(c).column().name();
            ArrowBuf[] data = new ArrowBuf[batches.size()];
            @Nullable ArrowBuf[] validity = new ArrowBuf[batches.size()];
            ArrowBuf[] offsets = new ArrowBuf[batches.size()];
            boolean[] absent = new boolean[batches.size()];
            for (int b = 0; b < data.length; b++) {
                VectorSchemaRoot batch = batches.get(b);
                FieldVector vector = batch.getVector(name);
                if (batch.getRowCount() > BATCH_ROWS) {
                    throw new IllegalArgumentException("a batch of " + batch.getRowCount() + " rows");
                }
                if (vector == null) {
                    absent[b] = true;
                    continue;
                }
                data[b] = vector.getDataBuffer();
                if (vector.getNullCount() > 0) {
                    validity[b] = vector.getValidityBuffer();
                }
                if (vector instanceof BaseVariableWidthVector) {
                    offsets[b] = vector.getOffsetBuffer();
                }
            }
            columns[c] = new ColumnSource(data, validity, offsets, absent);
        }
    }

    ColumnSource column(int index) {
        return columns[index];
    }

    static boolean isNull(ColumnSource source, int batch, int row) {
        ArrowBuf validity = source.validity[batch];
        return source.absent[batch] || (validity != null && (validity.getByte(row >>> 3) >>> (row & 7) & 1) == 0);
    }
}
