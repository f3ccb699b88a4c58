package dev.varve.blobstore;

import dev.varve.model.VarveException;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Flushes rows, on a thread of its own, when much was applied to them or it was applied long ago. Thread-safe. */
final class FlushTimer {
    private static final Logger LOG = LoggerFactory.getLogger(FlushTimer.class);

    private final MetaConfig config;
    private final Runnable flush;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    /** These two are guarded by {@link #lock}. */
    private long unflushedBytes;

    private boolean stopped;

    private final Thread thread =
            Thread.ofPlatform().daemon().name("varve-meta-flush").unstarted(this::run);

    FlushTimer(MetaConfig config, Runnable flush) {
        this.config = config;
        this.flush = flush;
    }

    void start() {
        thread.start();
    }

    /** Takes note that operations of so many bytes were applied. */
    void applied(long bytes) {
        lock.lock();
        try {
            unflushedBytes += bytes;
            if (unflushedBytes >= config.flushBytes()) {
                changed.signalAll();
            }
        } finally {
            lock.unlock();
        }
    }

    private void run() {
        while (awaitFlush()) {
            try {
                flush.run();
            } catch (VarveException e) {
                LOG.warn("could not flush the metadata; the logs grow until it succeeds", e);
            } catch (RuntimeException | Error e) {
                LOG.error("the metadata are not flushed any more until restart", e);
                throw e;
            }
        }
    }

    /** Waits until there is something old or much enough; false if stopped. */
    private boolean awaitFlush() {
        lock.lock();
        try {
            long left = config.flushAge().toNanos();
            while (!stopped && (left > 0 ? unflushedBytes < config.flushBytes() : unflushedBytes == 0)) {
                try {
                    if (left > 0) {
                        left = changed.awaitNanos(left);
                    } else {
                        left = changed.awaitNanos(config.flushAge().toNanos());
                    }
                } catch (InterruptedException e) {
                    return false;
                }
            }
            unflushedBytes = 0;
            return !stopped;
        } finally {
            lock.unlock();
        }
    }

    /** Begins no more flushes; false if that was said before. */
    boolean stop() {
        lock.lock();
        try {
            boolean isFirst = !stopped;
            stopped = true;
            changed.signalAll();
            return isFirst;
        } finally {
            lock.unlock();
        }
    }

    /** Waits for the last flush, after {@link #stop}. */
    void await() throws InterruptedException {
        thread.join();
    }
}
