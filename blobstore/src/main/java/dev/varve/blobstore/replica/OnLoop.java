package dev.varve.blobstore.replica;

import dev.varve.model.host.EventLoop;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/** Brings back to the loop what threads did. Thread-safe. */
final class OnLoop {
    private final EventLoop loop;
    private final Executor threads;

    OnLoop(EventLoop loop, Executor threads) {
        this.loop = loop;
        this.threads = threads;
    }

    /** Lets a thread do work that may wait; completes on the loop. */
    <T> CompletableFuture<T> after(Callable<T> work) {
        CompletableFuture<T> done = new CompletableFuture<>();
        threads.execute(() -> {
            try {
                complete(done, work.call(), null);
            } catch (Exception | Error e) {
                complete(done, null, e);
            }
        });
        return done;
    }

    /** The same future, completed on the loop. */
    <T> CompletableFuture<T> after(CompletableFuture<T> future) {
        CompletableFuture<T> done = new CompletableFuture<>();
        var _ = future.whenComplete((value, failure) -> complete(done, value, failure));
        return done;
    }

    @SuppressWarnings("NullAway") // a future that has not failed completes with what it is of
    private <T> void complete(CompletableFuture<T> done, @Nullable T value, @Nullable Throwable failure) {
        loop.execute(() -> {
            if (failure == null) {
                done.complete(value);
            } else {
                done.completeExceptionally(cause(failure));
            }
        });
    }

    static Throwable cause(Throwable failure) {
        Throwable cause = failure.getCause();
        boolean isWrapped = failure instanceof CompletionException || failure instanceof ExecutionException;
        return isWrapped && cause != null ? cause : failure;
    }
}
