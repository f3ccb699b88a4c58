package dev.varve.ingest.parquet;

import dev.varve.catalog.DataFile.ColumnBounds;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** One column of the row group being gathered; owned by one writer. */
abstract sealed class ColumnBuffer permits FixedColumnBuffer, TextColumnBuffer {
    final FileLayout.Field field;
    final boolean bloomed;
    final boolean[] missing;
    int size;
    int nulls;
    long fileNulls;

    ColumnBuffer(FileLayout layout, FileLayout.Field field) {
        this.field = field;
        this.bloomed = layout.bloomed().contains(field.column().name());
        this.missing = new boolean[layout.rowGroupRows()];
    }

    /** Appends the rows with the numbers {@code order[from..to)}. */
    abstract void gather(RowSource.ColumnSource source, int[] order, int from, int to);

    /** Bytes held for the row group beyond its fixed arrays. */
    abstract long heldBytes();

    /** Writes the row group's column chunk. */
    abstract void encode(ChunkWriter chunk) throws IOException;

    /** Bounds over the whole file; null when none are known. */
    abstract @Nullable ColumnBounds bounds();

    void clear() {
        fileNulls += nulls;
        size = 0;
        nulls = 0;
    }

    final int nullsIn(int from, int to) {
        if (nulls == 0) {
            return 0;
        }
        int found = 0;
        for (int i = from; i < to; i++) {
            found += missing[i] ? 1 : 0;
        }
        return found;
    }
}
