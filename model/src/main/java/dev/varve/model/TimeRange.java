package dev.varve.model;

/**
 * A half-open range of instants, {@code [start, end)}.
 *
 * @param startMicros microseconds since 1970-01-01T00:00:00Z, inclusive; {@link Long#MIN_VALUE} is open
 * @param endMicros exclusive; {@link Long#MAX_VALUE} is open
 */
public record TimeRange(long startMicros, long endMicros) {
    public static final TimeRange ALWAYS = new TimeRange(Long.MIN_VALUE, Long.MAX_VALUE);

    public TimeRange {
        if (startMicros > endMicros) {
            throw new IllegalArgumentException("range starts at " + startMicros + " after its end " + endMicros);
        }
    }

    public boolean isEmpty() {
        return startMicros == endMicros;
    }

    public boolean contains(long micros) {
        return startMicros <= micros && micros < endMicros;
    }

    /** Whether some instant of the closed range {@code [firstMicros, lastMicros]} is in this one. */
    public boolean overlapsClosed(long firstMicros, long lastMicros) {
        return firstMicros < endMicros && startMicros <= lastMicros;
    }

    /** What both ranges contain; empty when they are apart. */
    public TimeRange intersect(TimeRange other) {
        long start = Math.max(startMicros, other.startMicros);
        return new TimeRange(start, Math.max(start, Math.min(endMicros, other.endMicros)));
    }
}
