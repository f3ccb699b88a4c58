package dev.varve.catalog;

import java.util.concurrent.locks.ReentrantLock;

/** Lets those who ask at the same time share one look: each returns after one that began after its call. Thread-safe. */
final class SharedLook {
    private final ReentrantLock lock = new ReentrantLock();
    private volatile long begun;
    private long ended;

    /** Looks, or waits for another's look that began after this call. */
    void look(Runnable look) {
        long before = begun;
        lock.lock();
        try {
            if (ended <= before) {
                long number = begun + 1;
                begun = number;
                look.run();
                ended = number;
            }
        } finally {
            lock.unlock();
        }
    }
}
