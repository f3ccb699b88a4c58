package dev.varve.blobstore.chunk;

/**
 * The birth that a chunk is written with, in a cluster. Data has the epoch of the floor, which is not negative; what belongs
 * to a log has the log's number and a position in it, behind a set sign bit, and is garbage once the log begins behind that
 * position.
 */
public final class Birth {
    public static final int MOST_LOGS = 1 << 15;
    private static final int POSITION_BITS = 48;
    public static final long MOST_POSITIONS = 1L << POSITION_BITS;

    private Birth() {}

    /** Of a chunk that is wanted as long as a log's records at the position are. */
    public static long ofLog(int log, long position) {
        if (log < 0 || log >= MOST_LOGS || position < 0 || position >= MOST_POSITIONS) {
            throw new IllegalArgumentException("log " + log + " at " + position);
        }
        return Long.MIN_VALUE | (long) log << POSITION_BITS | position;
    }

    /** Whether it is that of a log, not that of data. */
    public static boolean isLog(long birth) {
        return birth < 0;
    }

    /** The number of the log. */
    public static int log(long birth) {
        return (int) (birth >>> POSITION_BITS) & (MOST_LOGS - 1);
    }

    /** The position in the log. */
    public static long position(long birth) {
        return birth & (MOST_POSITIONS - 1);
    }
}
