package dev.varve.blobstore.chunk;

import java.util.concurrent.atomic.AtomicLong;

/**
 * Orders the writing of chunks under given ids and their deletion, for the same id may come again after it was deleted.
 * Thread-safe.
 *
 * <p>What is written takes the stamp of the moment; a deletion, and a copy that replaces another, takes the next one.
 */
final class Stamps {
    private final AtomicLong last;

    /** @param boot larger than that of all stamps before */
    Stamps(int boot) {
        last = new AtomicLong((long) boot << 32);
    }

    long now() {
        return last.get();
    }

    long next() {
        return last.incrementAndGet();
    }
}
