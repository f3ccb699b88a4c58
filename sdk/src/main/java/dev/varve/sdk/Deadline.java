package dev.varve.sdk;

import java.time.Duration;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Interrupts the thread that made it when its time is up, unless it is finished first.
 *
 * <p>{@link java.net.http.HttpClient}'s own timeout ends with the headers, and its {@code sendAsync} completes futures
 * on the common pool, whose threads may all be waiting in {@link RowWriter#add}: hence a blocking send and this.
 */
final class Deadline {
    private enum State {
        RUNNING,
        FINISHED,
        INTERRUPTING,
        INTERRUPTED
    }

    private final AtomicReference<State> state = new AtomicReference<>(State.RUNNING);
    private final Thread waiting = Thread.currentThread();
    private final @Nullable Future<?> alarm;

    /** @param timeout zero = never */
    Deadline(Duration timeout, ScheduledExecutorService timer) {
        this.alarm = timeout.isZero() ? null : timer.schedule(this::ring, timeout.toMillis(), TimeUnit.MILLISECONDS);
    }

    /** Time is up, by the clock or because there is nothing to wait for any more. */
    void ring() {
        if (state.compareAndSet(State.RUNNING, State.INTERRUPTING)) {
            waiting.interrupt();
            state.set(State.INTERRUPTED);
        }
    }

    /** Stops the clock; true if time was up, and then the interrupt is taken back. */
    boolean finish() {
        if (state.compareAndSet(State.RUNNING, State.FINISHED)) {
            if (alarm != null) {
                alarm.cancel(false);
            }
            return false;
        }
        while (state.get() != State.INTERRUPTED) {
            Thread.onSpinWait();
        }
        // The interrupt may have been consumed by the wait it ended.
        boolean stillSet = Thread.interrupted();
        assert stillSet || !waiting.isInterrupted();
        return true;
    }
}
