package dev.varve.ingest;

import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import java.time.Duration;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/** Counts the bytes of rows in memory and makes appends wait while there are too many; thread-safe. */
final class MemoryGate {
    private final long limit;
    private final Duration maxWait;
    private final Runnable pressed;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition released = lock.newCondition();
    private long used;

    /**
     * @param pressed called, without any lock, when someone has to wait
     */
    MemoryGate(long limit, Duration maxWait, Runnable pressed) {
        this.limit = limit;
        this.maxWait = maxWait;
        this.pressed = pressed;
    }

    /** Takes bytes; waits for a flush while they do not fit, but for a single batch on its own. */
    void reserve(long bytes) {
        if (tryReserve(bytes)) {
            return;
        }
        pressed.run();
        long nanos = maxWait.toNanos();
        lock.lock();
        try {
            while (used > 0 && used + bytes > limit) {
                if (nanos <= 0) {
                    throw new VarveException(
                                    ErrorCode.OVERLOADED,
                                    used + " bytes of rows wait to be written to files; the limit is " + limit)
                            .withHint("send slower, or raise memtable.max-bytes; if the disk is full, make room");
                }
                nanos = released.awaitNanos(nanos);
            }
            used += bytes;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new VarveException(ErrorCode.OVERLOADED, "interrupted while waiting for memory", e);
        } finally {
            lock.unlock();
        }
    }

    private boolean tryReserve(long bytes) {
        lock.lock();
        try {
            if (used > 0 && used + bytes > limit) {
                return false;
            }
            used += bytes;
            return true;
        } finally {
            lock.unlock();
        }
    }

    /** Takes bytes whatever the limit: for rows that are in the log already. */
    void take(long bytes) {
        lock.lock();
        try {
            used += bytes;
        } finally {
            lock.unlock();
        }
    }

    void release(long bytes) {
        lock.lock();
        try {
            used -= bytes;
            released.signalAll();
        } finally {
            lock.unlock();
        }
    }

    long used() {
        lock.lock();
        try {
            return used;
        } finally {
            lock.unlock();
        }
    }
}
