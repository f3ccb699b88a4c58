package dev.varve.blobstore;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Direct buffers of a few sizes, kept for the next writer.
 *
 * <p>Each size has its share of the memory. The smallest is given to everybody, so that a thousand slow writers neither wait
 * nor fill the memory with large buffers they do not use. Thread-safe.
 */
final class Buffers {
    private static final int SMALLEST = 64 << 10;
    private static final int GROWTH = 4;

    /** Buffers of one size. */
    private static final class Shelf {
        private final int size;
        private final int most;
        private final Deque<ByteBuffer> free = new ArrayDeque<>();
        private int made;

        Shelf(int size, int most) {
            this.size = size;
            this.most = most;
        }

        synchronized @Nullable ByteBuffer take() {
            ByteBuffer kept = free.poll();
            if (kept != null || made >= most) {
                return kept;
            }
            made++;
            return ByteBuffer.allocateDirect(size);
        }

        /** Returns a buffer that {@link #take} gave. */
        synchronized void give(ByteBuffer buffer) {
            free.push(buffer.clear());
        }
    }

    private final List<Shelf> shelves = new ArrayList<>();

    /**
     * Makes shelves from 64 KiB to {@code largest}.
     *
     * @param bytes of all buffers that are kept
     */
    Buffers(int largest, long bytes) {
        List<Integer> sizes = new ArrayList<>();
        int size = Math.min(SMALLEST, largest);
        while (size < largest) {
            sizes.add(size);
            size = (int) Math.min((long) size * GROWTH, largest);
        }
        sizes.add(largest);
        for (int each : sizes) {
            // Half of the memory for the largest, which the fast writers of large objects use.
            long share = each == largest ? bytes / 2 : bytes / 2 / (sizes.size() - 1);
            shelves.add(new Shelf(each, (int) (share / each)));
        }
    }

    /** A buffer of the smallest size. */
    ByteBuffer small() {
        ByteBuffer buffer = shelves.getFirst().take();
        return buffer != null ? buffer : ByteBuffer.allocateDirect(shelves.getFirst().size);
    }

    /** A buffer of the next larger size; null if there is none to be had. */
    @Nullable
    ByteBuffer larger(ByteBuffer than) {
        for (Shelf shelf : shelves) {
            if (shelf.size > than.capacity()) {
                return shelf.take();
            }
        }
        return null;
    }

    /** The largest of at most so many bytes that is to be had. */
    ByteBuffer upTo(int bytes) {
        for (Shelf shelf : shelves.reversed()) {
            ByteBuffer buffer = shelf.size <= bytes ? shelf.take() : null;
            if (buffer != null) {
                return buffer;
            }
        }
        return small();
    }

    void give(ByteBuffer buffer) {
        for (Shelf shelf : shelves) {
            if (shelf.size == buffer.capacity()) {
                shelf.give(buffer);
            }
        }
    }
}
