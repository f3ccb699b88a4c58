package dev.varve.ingest;

import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;

/** How many rows each day has, from a first to a last one; mutable, used by one thread. */
final class DayCounts {
    private static final long MICROS_PER_DAY = 86_400_000_000L;
    /** Years 0001 to 9999 have fewer. */
    private static final int MOST_DAYS = 4_000_000;

    private final long firstDay;
    private final int[] rows;

    DayCounts(long firstMicros, long lastMicros) {
        firstDay = Math.floorDiv(firstMicros, MICROS_PER_DAY);
        long days = Math.floorDiv(lastMicros, MICROS_PER_DAY) - firstDay + 1;
        if (days < 1 || days > MOST_DAYS) {
            throw new VarveException(
                    ErrorCode.STORAGE,
                    "times from " + firstMicros + " to " + lastMicros + " are not in years 1 to 9999");
        }
        rows = new int[(int) days];
    }

    void add(long micros) {
        rows[indexOf(micros)]++;
    }

    int indexOf(long micros) {
        return (int) (Math.floorDiv(micros, MICROS_PER_DAY) - firstDay);
    }

    /** The first instant of a day. */
    long micros(int index) {
        return (firstDay + index) * MICROS_PER_DAY;
    }

    int rows(int index) {
        return rows[index];
    }

    int size() {
        return rows.length;
    }
}
