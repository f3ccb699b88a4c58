package dev.varve.blobstore.replica;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.function.LongSupplier;

/**
 * Lets as many bytes be written at once as the nodes take within a good time: more while they are fast, half of it when
 * they are slow. What exceeds it waits in order. Thread-safe.
 *
 * @param <T> something to write
 */
final class WriteWindow<T> {
    private static final long STEP_BYTES = 1 << 20;

    private final long mostBytes;
    private final Duration goodTime;
    private final LongSupplier nanoTime;
    private final Deque<Item<T>> waiting = new ArrayDeque<>();
    private long window;
    private long bytes;
    private long shrunkNanos;

    /** Something that may be begun, or wait for that. */
    record Item<T>(T what, int length) {}

    WriteWindow(long mostBytes, Duration goodTime, LongSupplier nanoTime) {
        this.mostBytes = mostBytes;
        this.goodTime = goodTime;
        this.nanoTime = nanoTime;
        window = Math.max(Math.min(mostBytes, STEP_BYTES), mostBytes / 4);
        shrunkNanos = nanoTime.getAsLong();
    }

    /**
     * Whether it may be begun; otherwise it waits.
     *
     * @param isUrgent never waits
     */
    synchronized boolean begin(T what, int length, boolean isUrgent) {
        if (!isUrgent && bytes > 0 && bytes + length > window) {
            waiting.add(new Item<>(what, length));
            return false;
        }
        bytes += length;
        return true;
    }

    /** Something is written, or has failed; returns what is to be begun now. */
    synchronized List<T> end(int length, long nanos) {
        bytes -= length;
        long now = nanoTime.getAsLong();
        if (nanos < goodTime.toNanos()) {
            window = Math.min(mostBytes, window + Math.max(1, STEP_BYTES * length / window));
        } else if (now - shrunkNanos > nanos) {
            // Once for all that were under way together.
            window = Math.max(Math.min(mostBytes, STEP_BYTES), window / 2);
            shrunkNanos = now;
        }
        List<T> next = new ArrayList<>();
        Item<T> first = waiting.peek();
        while (first != null && (bytes == 0 || bytes + first.length <= window)) {
            bytes += first.length;
            next.add(first.what);
            waiting.remove();
            first = waiting.peek();
        }
        return next;
    }

    /** Forgets what waits. */
    synchronized void clear() {
        waiting.clear();
    }

    synchronized long bytes() {
        return bytes;
    }
}
