package dev.varve.blobstore.replica;

import java.util.Collection;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;

/** Several futures of one loop. */
final class Futures {
    private Futures() {}

    /** Completes when all have, however. */
    static CompletableFuture<Void> all(Collection<? extends CompletableFuture<?>> futures) {
        return CompletableFuture.allOf(futures.toArray(CompletableFuture[]::new))
                .handle((nothing, failure) -> ReplicaBook.nothing());
    }

    /** Does something for one after the other; ends at the first failure. */
    static <T> CompletableFuture<Void> each(List<T> items, Function<T, CompletableFuture<?>> action) {
        return each(items, 0, action);
    }

    private static <T> CompletableFuture<Void> each(List<T> items, int at, Function<T, CompletableFuture<?>> action) {
        if (at == items.size()) {
            return CompletableFuture.completedFuture(ReplicaBook.nothing());
        }
        return action.apply(items.get(at)).thenCompose(result -> each(items, at + 1, action));
    }
}
