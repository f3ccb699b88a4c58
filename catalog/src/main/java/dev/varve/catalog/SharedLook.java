package dev.varve.catalog;

import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** Lets those who ask at the same time share one look, or its failure: each has one that began after its call. Thread-safe. */
final class SharedLook {
    private final ReentrantLock lock = new ReentrantLock();
    private volatile long begun;
    private long ended;
    private @Nullable RuntimeException failure;

    /** Looks, or waits for another's look that began after this call. */
    void look(Runnable look) {
        long before = begun;
        lock.lock();
        try {
            if (ended <= before) {
                long number = begun + 1;
                begun = number;
                failure = null;
                try {
                    look.run();
                } catch (RuntimeException e) {
                    failure = e;
                }
                ended = number;
            }
            if (failure != null) {
                throw failure;
            }
        } finally {
            lock.unlock();
        }
    }
}
