package dev.varve.ingest.parquet;

import java.util.Arrays;

/** Numbers the distinct 64-bit patterns of a row group's column in order of appearance. */
final class LongDictionary {
    static final int MOST = 1 << 15;
    private static final int SLOTS = MOST * 2;
    private static final int SHIFT = Long.SIZE - Integer.numberOfTrailingZeros(SLOTS);

    private final int[] slots = new int[SLOTS];
    private final long[] values = new long[MOST];
    private int size;

    void clear() {
        Arrays.fill(slots, 0);
        size = 0;
    }

    int size() {
        return size;
    }

    long value(int id) {
        return values[id];
    }

    /** The number of the value; -1 when it is new and there is no more room. */
    int idOf(long value) {
        int slot = (int) (((value ^ (value >>> 29)) * 0x9E3779B97F4A7C15L) >>> SHIFT);
        while (true) {
            int found = slots[slot];
            if (found == 0) {
                if (size == MOST) {
                    return -1;
                }
                values[size] = value;
                slots[slot] = ++size;
                return size - 1;
            }
            if (values[found - 1] == value) {
                return found - 1;
            }
            slot = (slot + 1) & (SLOTS - 1);
        }
    }
}
