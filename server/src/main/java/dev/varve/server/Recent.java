package dev.varve.server;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A value that may take for ever to find out, as it was lately; at most one is being found out, however many ask. */
final class Recent<T> implements Supplier<T> {
    private static final Logger LOG = LoggerFactory.getLogger(Recent.class);
    private static final long AGE_NANOS = Duration.ofSeconds(2).toNanos();
    private static final Duration PATIENCE = Duration.ofSeconds(1);

    private final Supplier<T> source;
    private final AtomicBoolean isAsking = new AtomicBoolean();
    private volatile Found<T> last;

    private record Found<T>(T value, long nanos) {}

    Recent(T first, Supplier<T> source) {
        this.source = source;
        last = new Found<>(first, System.nanoTime() - 2 * AGE_NANOS);
    }

    @Override
    public T get() {
        if (System.nanoTime() - last.nanos() > AGE_NANOS && isAsking.compareAndSet(false, true)) {
            CompletableFuture<Void> asked = new CompletableFuture<>();
            Thread.ofVirtual().name("recent").start(() -> {
                try {
                    last = new Found<>(source.get(), System.nanoTime());
                } catch (RuntimeException failure) {
                    LOG.warn("stays as it was: {}", failure.getMessage());
                } finally {
                    isAsking.set(false);
                    asked.complete(null);
                }
            });
            await(asked);
        }
        return last.value();
    }

    private static void await(CompletableFuture<Void> asked) {
        try {
            asked.get(PATIENCE.toNanos(), TimeUnit.NANOSECONDS);
        } catch (TimeoutException | ExecutionException e) {
            LOG.debug("an old value must do", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
