package dev.varve.ingest;

import dev.varve.ingest.parquet.FileLayout;
import dev.varve.ingest.parquet.ParquetRowReader;
import dev.varve.ingest.parquet.RowSource;
import dev.varve.model.Schema;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.vector.BigIntVector;
import org.apache.arrow.vector.TimeStampMicroVector;
import org.apache.arrow.vector.VectorSchemaRoot;

/** Merges sorted data files into one sequence of rows by (cell, time); holds one batch of each; used by one thread. */
final class FileMerge implements AutoCloseable {
    static final int BATCH_ROWS = 16_384;

    private final FileLayout layout;
    private final List<Cursor> cursors = new ArrayList<>();
    private final PriorityQueue<Cursor> heap =
            new PriorityQueue<>(Comparator.comparingLong((Cursor cursor) -> cursor.cell)
                    .thenComparingLong(cursor -> cursor.micros)
                    .thenComparingInt(cursor -> cursor.number));

    /** Where a file's reading is. */
    private static final class Cursor implements AutoCloseable {
        private final int number;
        private final ParquetRowReader reader;
        private final BitSet leftOut;
        private int batchFirst;
        private int row = -1;
        private int count;
        private long cell;
        private long micros;

        Cursor(int number, ParquetRowReader reader, BitSet leftOut) {
            this.number = number;
            this.reader = reader;
            this.leftOut = leftOut;
        }

        /** Whether the batch at hand has another row; moves there. */
        boolean advance() {
            int next = leftOut.nextClearBit(batchFirst + row + 1) - batchFirst;
            row = Math.min(next, count);
            if (row == count) {
                return false;
            }
            BigIntVector cells = (BigIntVector) reader.root().getVector(Schema.CELL.name());
            cell = cells.isNull(row) ? Long.MAX_VALUE : cells.get(row);
            micros = ((TimeStampMicroVector) reader.root().getVector(Schema.TIME.name())).get(row);
            return true;
        }

        boolean nextBatch() throws IOException {
            batchFirst += count;
            row = -1;
            boolean isThere = reader.next();
            count = isThere ? reader.root().getRowCount() : 0;
            return isThere;
        }

        VectorSchemaRoot rows() {
            return reader.root();
        }

        @Override
        public void close() {
            reader.close();
        }
    }

    private FileMerge(FileLayout layout) {
        this.layout = layout;
    }

    /**
     * @param leftOut rows to leave out, by file
     */
    static FileMerge open(
            FileLayout layout, List<Path> files, List<BitSet> leftOut, BufferAllocator memory, long bytesPerFile)
            throws IOException {
        FileMerge merge = new FileMerge(layout);
        try {
            for (int i = 0; i < files.size(); i++) {
                Cursor cursor = new Cursor(
                        i, ParquetRowReader.open(files.get(i), memory, BATCH_ROWS, bytesPerFile), leftOut.get(i));
                merge.cursors.add(cursor);
                merge.moveOn(cursor);
            }
            return merge;
        } catch (IOException | RuntimeException e) {
            merge.close();
            throw e;
        }
    }

    private void moveOn(Cursor cursor) throws IOException {
        while (cursor.nextBatch()) {
            if (cursor.advance()) {
                heap.add(cursor);
                return;
            }
        }
    }

    /** Takes rows in order. */
    interface Sink {
        /** One row, with its number in the source; that of rows without place is the highest cell. */
        void row(RowSource source, long cell, long micros, int number);

        /** The rows so far are about to leave memory. */
        void drain(RowSource source);
    }

    /** Hands on all rows. */
    void into(Sink sink) throws IOException {
        RowSource source = source();
        for (Cursor least = heap.poll(); least != null; least = heap.poll()) {
            sink.row(source, least.cell, least.micros, least.number << 16 | least.row);
            if (least.advance()) {
                heap.add(least);
            } else {
                sink.drain(source);
                moveOn(least);
                source = source();
            }
        }
        sink.drain(source);
    }

    private RowSource source() {
        return new RowSource(layout, cursors.stream().map(Cursor::rows).toList());
    }

    @Override
    public void close() {
        cursors.forEach(Cursor::close);
    }
}
