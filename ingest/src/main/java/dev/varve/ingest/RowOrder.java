package dev.varve.ingest;

import dev.varve.ingest.parquet.RowSource;
import dev.varve.model.Schema;
import java.util.BitSet;
import java.util.List;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.vector.BigIntVector;
import org.apache.arrow.vector.TimeStampMicroVector;
import org.apache.arrow.vector.VectorSchemaRoot;

/** Rows of many batches in the order of files: by cell, rows without one last, then by time, then as they came. */
final class RowOrder {
    private static final int DIGIT_BITS = 11;
    private static final int DIGITS = 1 << DIGIT_BITS;
    private static final long[] UNITS = {86_400_000_000L, 3_600_000_000L, 60_000_000L, 1_000_000L, 1_000L};

    private final int[] rows;
    private final long[] micros;

    private RowOrder(int[] rows, long[] micros) {
        this.rows = rows;
        this.micros = micros;
    }

    /** Numbers as in {@link RowSource}; not to be changed. */
    int[] rows() {
        return rows;
    }

    /** The time of each, in the same order; not to be changed. */
    long[] micros() {
        return micros;
    }

    /**
     * @param leftOut rows to leave out, numbered through all batches
     */
    static RowOrder of(List<VectorSchemaRoot> batches, BitSet leftOut) {
        int total = batches.stream().mapToInt(VectorSchemaRoot::getRowCount).sum() - leftOut.cardinality();
        int[] numbers = new int[total];
        long[] micros = new long[total];
        long[] cells = new long[total];
        int at = 0;
        int number = 0;
        for (int b = 0; b < batches.size(); b++) {
            VectorSchemaRoot batch = batches.get(b);
            ArrowBuf times = ((TimeStampMicroVector) batch.getVector(Schema.TIME.name())).getDataBuffer();
            BigIntVector cell = (BigIntVector) batch.getVector(Schema.CELL.name());
            boolean hasNulls = cell.getNullCount() > 0;
            for (int row = 0; row < batch.getRowCount(); row++, number++) {
                if (leftOut.get(number)) {
                    continue;
                }
                numbers[at] = b << 16 | row;
                micros[at] = times.getLong((long) row << 3);
                cells[at] = hasNulls && cell.isNull(row)
                        ? Long.MAX_VALUE
                        : cell.getDataBuffer().getLong((long) row << 3);
                at++;
            }
        }
        int[] index = new int[total];
        for (int i = 0; i < total; i++) {
            index[i] = i;
        }
        index = sort(reduced(micros), index);
        index = sort(picked(cells, index), index);
        int[] rows = new int[total];
        for (int i = 0; i < total; i++) {
            rows[i] = numbers[index[i]];
        }
        return new RowOrder(rows, picked(micros, index));
    }

    private static long[] picked(long[] values, int[] index) {
        long[] picked = new long[index.length];
        for (int i = 0; i < picked.length; i++) {
            picked[i] = values[index[i]];
        }
        return picked;
    }

    /** Distances from the first instant in the coarsest unit that all of them are multiples of: fewer digits to sort. */
    private static long[] reduced(long[] micros) {
        long low = Long.MAX_VALUE;
        for (long value : micros) {
            low = Math.min(low, value);
        }
        long unit = 1;
        for (long candidate : UNITS) {
            boolean isMultiple = true;
            for (int i = 0; i < micros.length && isMultiple; i++) {
                isMultiple = (micros[i] - low) % candidate == 0;
            }
            if (isMultiple) {
                unit = candidate;
                break;
            }
        }
        long[] reduced = new long[micros.length];
        for (int i = 0; i < reduced.length; i++) {
            reduced[i] = Long.divideUnsigned(micros[i] - low, unit);
        }
        return reduced;
    }

    /** Stable radix sort of {@code index} by unsigned keys, least digit first; digits that all keys share are passed over. */
    private static int[] sort(long[] keys, int[] index) {
        long differing = 0;
        boolean isSorted = true;
        for (int i = 1; i < keys.length; i++) {
            differing |= keys[i] ^ keys[0];
            isSorted &= Long.compareUnsigned(keys[i - 1], keys[i]) <= 0;
        }
        if (isSorted) {
            return index;
        }
        long[] fromKeys = keys;
        int[] from = index;
        long[] toKeys = new long[keys.length];
        int[] to = new int[keys.length];
        for (int shift = 0; shift < Long.SIZE; shift += DIGIT_BITS) {
            if ((differing >>> shift & (DIGITS - 1)) == 0) {
                continue;
            }
            int[] starts = new int[DIGITS + 1];
            for (long key : fromKeys) {
                starts[(int) (key >>> shift & (DIGITS - 1)) + 1]++;
            }
            for (int d = 1; d <= DIGITS; d++) {
                starts[d] += starts[d - 1];
            }
            for (int i = 0; i < fromKeys.length; i++) {
                int target = starts[(int) (fromKeys[i] >>> shift & (DIGITS - 1))]++;
                toKeys[target] = fromKeys[i];
                to[target] = from[i];
            }
            long[] keySwap = fromKeys;
            fromKeys = toKeys;
            toKeys = keySwap;
            int[] swap = from;
            from = to;
            to = swap;
        }
        return from;
    }
}
