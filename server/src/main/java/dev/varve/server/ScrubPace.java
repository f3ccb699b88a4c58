package dev.varve.server;

import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * Spreads the reading of everything over a fortnight, whatever there is: what is read again leaves the page cache, and would
 * be missed by queries.
 */
final class ScrubPace {
    static final Duration ROUND = Duration.ofDays(14);

    /** A store with little in it is read now and then all the same. */
    private static final long LEAST_BYTES = 64L << 20;

    private final LongSupplier stored;
    private final LongSupplier step;
    private double due;

    /**
     * @param stored bytes there are
     * @param step reads on for at most a second and answers the bytes
     */
    ScrubPace(LongSupplier stored, LongSupplier step) {
        this.stored = stored;
        this.step = step;
    }

    /** To be called once a second. */
    void tick() {
        due += (double) Math.max(stored.getAsLong(), LEAST_BYTES) / ROUND.toSeconds();
        if (due > 0) {
            due -= Math.max(1, step.getAsLong());
        }
    }
}
