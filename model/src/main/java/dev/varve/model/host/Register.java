package dev.varve.model.host;

import java.util.concurrent.CompletableFuture;

/**
 * A small value that all nodes share and that changes only by compare-and-set; its version grows by one each time.
 *
 * @param <V> immutable, with equality
 */
public interface Register<V> {
    /** The expected version that matches any. */
    long ANY_VERSION = -1;

    /** What became of a read. */
    sealed interface Read<V> {
        record Value<V>(long version, V value) implements Read<V> {}

        record Failed<V>(String cause) implements Read<V> {}
    }

    /** What became of a compare-and-set. */
    sealed interface Swap {
        record Done(long version) implements Swap {}

        /** The register has another version; this attempt changed nothing. An earlier one may have. */
        record Conflict() implements Swap {}

        /** Nobody knows: it may have happened, and may still happen until the version moves. */
        record Unknown(String cause) implements Swap {}
    }

    /** The value as it is at some moment between call and answer. */
    CompletableFuture<Read<V>> read();

    /** A value that it had at some time; for hints only. */
    CompletableFuture<Read<V>> readStale();

    CompletableFuture<Swap> swap(long expectedVersion, V value);
}
