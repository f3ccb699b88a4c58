package dev.varve.blobstore;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.function.LongSupplier;

/**
 * The node's clock, and beside it a time that never runs ahead of how long the node has really been running. Locks of
 * objects end by the latter: setting the clock forward does not end them. What the clock says when the node starts is
 * believed.
 */
final class SteadyTime {
    private static final long NANOS_PER_SECOND = 1_000_000_000;

    private final InstantSource clock;
    private final LongSupplier nanoTime;
    private final Instant started;
    private final long startedNanos;

    private SteadyTime(InstantSource clock, LongSupplier nanoTime) {
        this.clock = clock;
        this.nanoTime = nanoTime;
        this.started = clock.instant();
        this.startedNanos = nanoTime.getAsLong();
    }

    /**
     * A clock and what measures how long the node runs.
     *
     * @param nanoTime like {@link System#nanoTime}
     */
    static SteadyTime of(InstantSource clock, LongSupplier nanoTime) {
        return new SteadyTime(clock, nanoTime);
    }

    /** A clock that is believed even when it jumps, as that of a test. */
    static SteadyTime believing(InstantSource clock) {
        return new SteadyTime(clock, () -> {
            Instant now = clock.instant();
            return now.getEpochSecond() * NANOS_PER_SECOND + now.getNano();
        });
    }

    /** The clock, to the millisecond. */
    Instant now() {
        return clock.instant().truncatedTo(ChronoUnit.MILLIS);
    }

    /** The clock, or what it would be had nobody set it forward since the start, whichever is earlier. */
    Instant trusted(Instant now) {
        Instant atMost = started.plus(Duration.ofNanos(nanoTime.getAsLong() - startedNanos));
        return now.isBefore(atMost) ? now : atMost.truncatedTo(ChronoUnit.MILLIS);
    }
}
