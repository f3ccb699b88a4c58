package dev.varve.blobstore;

import dev.varve.blobstore.chunk.ChunkId;
import dev.varve.blobstore.chunk.ChunkRef;
import dev.varve.blobstore.chunk.ChunkStore;
import dev.varve.blobstore.meta.Extent;
import dev.varve.model.VarveException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/**
 * Cuts bytes into chunks and writes one while the next is being filled; a few bytes stay inline. Used by one thread.
 */
final class ChunkedOutput extends OutputStream {
    private final ChunkStore chunks;
    private final Buffers buffers;
    private final ObjectStoreConfig config;
    private final long birth;
    private final List<ChunkRef> written = new ArrayList<>();
    private @Nullable ByteBuffer filling;
    private @Nullable Flight flight;

    /** A chunk on its way to the disk. */
    private record Flight(ByteBuffer buffer, CompletableFuture<ChunkRef> done) {}

    ChunkedOutput(ChunkStore chunks, Buffers buffers, ObjectStoreConfig config, long birth) {
        this.chunks = chunks;
        this.buffers = buffers;
        this.config = config;
        this.birth = birth;
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
        }
    }

    private ByteBuffer room() {
        ByteBuffer now = filling;
        if (now == null) {
            now = buffers.small();
        } else if (!now.hasRemaining()) {
            ByteBuffer larger = buffers.grown(now);
            if (larger == null) {
                send(now);
                larger = buffers.small();
            }
            now = larger;
        }
        filling = now;
        return now;
    }

    private void send(ByteBuffer full) {
        settle();
        filling = null;
        ByteBuffer payload = full.flip();
        try {
            flight = new Flight(full, chunks.append(payload, birth));
        } catch (RuntimeException e) {
            buffers.give(full);
            throw e;
        }
    }

    /** Waits until the chunk under way is durable. */
    private void settle() {
        Flight now = flight;
        if (now == null) {
            return;
        }
        flight = null;
        try {
            written.add(now.done.join());
        } catch (CompletionException e) {
            throw e.getCause() instanceof RuntimeException own ? own : e;
        } finally {
            buffers.give(now.buffer);
        }
    }

    /** Makes everything durable. The bytes must be given to an object, or to {@link #abandon}. */
    List<Extent> finish() {
        ByteBuffer last = filling;
        List<Extent> extents = new ArrayList<>();
        if (last != null && written.isEmpty() && flight == null && last.position() <= config.inlineBytes()) {
            extents.add(new Extent.Inline(
                    ByteBuffer.allocate(last.position()).put(last.flip()).flip()));
            release();
            return extents;
        }
        if (last != null) {
            send(last);
        }
        settle();
        written.forEach(ref -> extents.add(Written.extent(ref)));
        return extents;
    }

    private void release() {
        ByteBuffer last = filling;
        filling = null;
        if (last != null) {
            buffers.give(last);
        }
    }

    /** Frees the memory; returns the chunks that nobody will ever refer to. */
    List<ChunkId> abandon() {
        release();
        try {
            settle();
        } catch (VarveException e) {
            // It is as good as not written.
        }
        return written.stream().map(ChunkRef::id).toList();
    }
}
