package dev.varve.server.s3;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Deque;

/** Direct buffers for bytes on their way from files to sockets, lent for as long as neither has to wait. Thread-safe. */
final class SendBuffers {
    static final int BYTES = 256 << 10;

    private static final int MOST_KEPT = 16;

    private final Deque<ByteBuffer> free = new ArrayDeque<>();

    /** An empty buffer of {@link #BYTES}. */
    ByteBuffer take() {
        synchronized (this) {
            ByteBuffer kept = free.poll();
            if (kept != null) {
                return kept;
            }
        }
        return ByteBuffer.allocateDirect(BYTES);
    }

    /** Gives back what {@link #take} gave. */
    synchronized void give(ByteBuffer buffer) {
        if (free.size() < MOST_KEPT) {
            free.push(buffer.clear());
        }
    }
}
