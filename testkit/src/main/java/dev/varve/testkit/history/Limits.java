package dev.varve.testkit.history;

/**
 * How much work a check may do for one key. Not in seconds: a verdict is the same on each machine.
 *
 * @param steps operations tried
 * @param memoBytes of remembered dead ends, without their states
 */
public record Limits(long steps, long memoBytes) {
    public static final Limits DEFAULT = new Limits(20_000_000, 512L << 20);

    public Limits {
        if (steps < 1 || memoBytes < 1) {
            throw new IllegalArgumentException("limits must be positive: " + steps + " steps, " + memoBytes + " bytes");
        }
    }
}
