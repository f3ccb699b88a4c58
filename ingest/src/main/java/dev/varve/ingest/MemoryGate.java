package dev.varve.ingest;

import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import java.time.Duration;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;

/** Counts the bytes of rows in memory and makes appends wait while there are too many; thread-safe. */
final class MemoryGate {
    private final long limit;
    private final Duration maxWait;
    private final Runnable pressed;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition released = lock.newCondition();
    private long used;
    private boolean isOpen;

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

    /**
     * Takes bytes for rows that are in the log already, but waits a while for a flush if there is no room: whoever follows the
     * log follows slower then.
     *
     * @param reserved bytes of those used whose rows are on their way into the log, and may wait for this
     */
    void takePatiently(long bytes, LongSupplier reserved) {
        if (!hasRoom(bytes, reserved)) {
            pressed.run();
        }
        lock.lock();
        try {
            long nanos = maxWait.toNanos();
            while (nanos > 0 && !hasRoom(bytes, reserved)) {
                nanos = released.awaitNanos(nanos);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            used += bytes;
            lock.unlock();
        }
    }

    private boolean hasRoom(long bytes, LongSupplier reserved) {
        lock.lock();
        try {
            return isOpen || used - reserved.getAsLong() <= 0 || used - reserved.getAsLong() + bytes <= limit;
        } finally {
            lock.unlock();
        }
    }

    /** Asks for a flush, whatever is used. */
    void press() {
        pressed.run();
    }

    /** Nobody waits any more. */
    void open() {
        lock.lock();
        try {
            isOpen = true;
            released.signalAll();
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
