package dev.varve.blobstore;

import dev.varve.blobstore.chunk.ChunkId;
import dev.varve.blobstore.chunk.ChunkRef;
import dev.varve.blobstore.chunk.Chunks;
import dev.varve.blobstore.meta.Extent;
import dev.varve.blobstore.object.Body;
import dev.varve.model.VarveException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/**
 * Cuts bytes into chunks and writes some while the next is being filled; a few bytes stay inline. Used by one thread.
 *
 * <p>Several chunks are on their way at a time: while the disk syncs one, the page cache takes in the next, and there is
 * always one that the disk can begin with.
 */
final class ChunkedOutput extends OutputStream {
    /** One that is synced, one that is written, and one that waits for neither. */
    static final int MOST_FLIGHTS = 3;

    /** Where the first chunks end at the latest, so that the disk has something to do soon. */
    private static final int[] FIRST_BYTES = {1 << 20, 4 << 20};

    /** Digested together: enough that handing them over costs nothing beside it. */
    private static final int DIGEST_BYTES = 512 << 10;

    private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

    private final Chunks chunks;
    private final Buffers buffers;
    private final ObjectStoreConfig config;
    private final long birth;
    private final DigestQueue digests;
    private final List<ChunkRef> written = new ArrayList<>();
    private final Deque<Flight> flights = new ArrayDeque<>();
    private @Nullable ByteBuffer filling;

    /** Up to where the buffer being filled is given to the digests. */
    private int digested;

    /** A chunk on its way to the disk and to its digest. */
    private record Flight(ByteBuffer buffer, CompletableFuture<ChunkRef> done, CompletableFuture<Void> digested) {}

    ChunkedOutput(Chunks chunks, Buffers buffers, ObjectStoreConfig config, long birth, DigestQueue digests) {
        this.chunks = chunks;
        this.buffers = buffers;
        this.config = config;
        this.birth = birth;
        this.digests = digests;
    }

    @Override
    public void write(int b) {
        write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) {
        int at = offset;
        int end = offset + length;
        while (at < end) {
            ByteBuffer target = room();
            int count = Math.min(target.remaining(), end - at);
            target.put(bytes, at, count);
            at += count;
            if (target.position() - digested >= DIGEST_BYTES) {
                digest(target);
            }
        }
    }

    private void digest(ByteBuffer target) {
        int from = digested;
        digested = target.position();
        digests.add(target.slice(from, digested - from));
    }

    private ByteBuffer room() {
        ByteBuffer now = filling;
        if (now == null) {
            now = next();
        } else if (!now.hasRemaining()) {
            now = larger(now);
        }
        filling = now;
        return now;
    }

    /** Whoever has filled one chunk gets a large buffer at once. */
    private ByteBuffer next() {
        return sent() == 0 ? buffers.small() : buffers.upTo(mostBytes());
    }

    private ByteBuffer larger(ByteBuffer full) {
        ByteBuffer larger = full.capacity() >= mostBytes() ? null : buffers.larger(full);
        if (larger == null) {
            send(full);
            return next();
        }
        larger.put(full.flip());
        giveBack(full);
        return larger;
    }

    private int sent() {
        return written.size() + flights.size();
    }

    /** Where the chunk being filled ends. */
    private int mostBytes() {
        return sent() < FIRST_BYTES.length ? FIRST_BYTES[sent()] : config.chunkBytes();
    }

    /** What is given back is soon filled by somebody else. */
    private void giveBack(ByteBuffer unused) {
        digests.await();
        buffers.give(unused);
    }

    private void send(ByteBuffer full) {
        digest(full);
        filling = null;
        digested = 0;
        try {
            while (flights.size() >= MOST_FLIGHTS) {
                settle();
            }
            flights.add(new Flight(full, chunks.append(full.flip(), birth), digests.soFar()));
        } catch (RuntimeException e) {
            giveBack(full);
            throw e;
        }
    }

    /** Waits until the first chunk under way is durable. */
    private void settle() {
        Flight first = flights.removeFirst();
        try {
            written.add(first.done.join());
        } catch (CompletionException e) {
            throw e.getCause() instanceof RuntimeException own ? own : e;
        } finally {
            first.digested.join();
            buffers.give(first.buffer);
        }
    }

    /**
     * The digests of all bytes; no more can be written. Of an object of several chunks the last one is on its way to the disk
     * meanwhile.
     */
    Body.Digests digests() {
        ByteBuffer last = filling;
        if (last != null && !flights.isEmpty()) {
            send(last);
            last = null;
        }
        ByteBuffer rest = last == null ? NOTHING : last.slice(digested, last.position() - digested);
        digested += rest.remaining();
        return digests.finish(rest);
    }

    /** Makes everything durable. The bytes must be given to an object, or to {@link #abandon}. */
    List<Extent> finish() {
        ByteBuffer last = filling;
        List<Extent> extents = new ArrayList<>();
        if (last != null && written.isEmpty() && flights.isEmpty() && last.position() <= config.inlineBytes()) {
            extents.add(new Extent.Inline(
                    ByteBuffer.allocate(last.position()).put(last.flip()).flip()));
            release();
            return extents;
        }
        if (last != null) {
            send(last);
        }
        while (!flights.isEmpty()) {
            settle();
        }
        written.forEach(ref -> extents.add(Written.extent(ref)));
        return extents;
    }

    private void release() {
        ByteBuffer last = filling;
        filling = null;
        if (last != null) {
            giveBack(last);
        }
    }

    /** Frees the memory; returns the chunks that nobody will ever refer to. */
    List<ChunkId> abandon() {
        release();
        while (!flights.isEmpty()) {
            try {
                settle();
            } catch (VarveException e) {
                // It is as good as not written.
            }
        }
        return written.stream().map(ChunkRef::id).toList();
    }
}
