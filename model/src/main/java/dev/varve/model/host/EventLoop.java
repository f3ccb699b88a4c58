package dev.varve.model.host;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Consumer;

/**
 * The one thread that a protocol's state belongs to. Tasks run one after the other, in the order they were handed in; all
 * that a {@link Network}, {@link AsyncFiles} or {@link Register} reports comes as a task of the loop.
 */
public interface EventLoop extends Executor {
    /**
     * A monotonic clock with an origin of its own. Clocks of different nodes may differ in speed by a few percent, and time
     * may leap between two tasks, never inside one.
     */
    long nanoTime();

    /** Runs the task once, no earlier than after the delay. */
    Timer after(Duration delay, Runnable task);

    /**
     * Continues with the value of a future that completes on this loop. What went wrong, in the future or in the
     * continuation, is thrown again as a task of the loop: it does not get lost in a future that nobody looks at.
     */
    @SuppressWarnings("FutureReturnValueIgnored") // its failure is handled
    default <T> void then(CompletableFuture<T> future, Consumer<? super T> action) {
        future.thenAccept(action).whenComplete((nothing, failure) -> {
            if (failure != null) {
                execute(() -> {
                    throw new IllegalStateException("a continuation failed", failure);
                });
            }
        });
    }

    /** A task to come. */
    interface Timer {
        /** The task does not run any more; nothing happens if it has. */
        void cancel();
    }
}
