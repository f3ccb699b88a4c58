package dev.varve.server;

import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** A part that is opened by another thread while other parts are; whoever takes it closes it. */
final class OpenedAhead<T> implements AutoCloseable {
    private final CompletableFuture<T> opening;
    private final AtomicBoolean isTaken = new AtomicBoolean();

    private final Consumer<T> closing;

    private OpenedAhead(CompletableFuture<T> opening, Consumer<T> closing) {
        this.opening = opening;
        this.closing = closing;
    }

    static <T> OpenedAhead<T> begin(String name, Supplier<T> open, Consumer<T> closing) {
        return new OpenedAhead<>(
                CompletableFuture.supplyAsync(
                        open, task -> Thread.ofPlatform().daemon().name(name).start(task)),
                closing);
    }

    /** Waits until it is open; what went wrong is thrown here. */
    T take() {
        try {
            T part = opening.join();
            isTaken.set(true);
            return part;
        } catch (CompletionException e) {
            throw e.getCause() instanceof RuntimeException cause ? cause : e;
        }
    }

    /** Closes the part if nobody took it. */
    @Override
    public void close() {
        if (!isTaken.get()) {
            opening.handle((part, failure) -> Optional.ofNullable(part)).join().ifPresent(closing);
        }
    }
}
