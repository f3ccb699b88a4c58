package dev.varve.blobstore.replica;

import dev.varve.model.host.EventLoop;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/** Lets a few copies run at once, and no more bytes a second than allowed. Belongs to the loop. */
final class CopyLimit {
    private record Turn(long bytes, Runnable begin) {}

    private final EventLoop loop;
    private final long bytesPerSecond;
    private final int most;
    private final ArrayDeque<Turn> waiting = new ArrayDeque<>();
    private int running;
    /** When what was let through is paid for. */
    private long paidNanos;

    private boolean isTimed;

    CopyLimit(EventLoop loop, long bytesPerSecond, int most) {
        this.loop = loop;
        this.bytesPerSecond = bytesPerSecond;
        this.most = most;
        paidNanos = loop.nanoTime();
    }

    /** Runs work when it is its turn; the future it returns must complete on the loop. */
    <T> CompletableFuture<T> run(long bytes, Supplier<CompletableFuture<T>> work) {
        CompletableFuture<T> done = new CompletableFuture<>();
        waiting.add(new Turn(bytes, () -> {
            var _ = work.get().whenComplete((value, failure) -> {
                running--;
                if (failure != null) {
                    done.completeExceptionally(failure);
                } else {
                    done.complete(value);
                }
                next();
            });
        }));
        next();
        return done;
    }

    private void next() {
        while (running < most && !waiting.isEmpty() && !isTimed) {
            long now = loop.nanoTime();
            if (paidNanos - now > 0) {
                isTimed = true;
                loop.after(Duration.ofNanos(paidNanos - now), () -> {
                    isTimed = false;
                    next();
                });
                return;
            }
            Turn turn = waiting.remove();
            // Half a second may be saved up.
            long from = Math.max(paidNanos, now - 500_000_000);
            paidNanos = from + (long) (turn.bytes * 1e9 / bytesPerSecond);
            running++;
            turn.begin.run();
        }
    }
}
