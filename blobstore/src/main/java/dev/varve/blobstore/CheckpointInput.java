package dev.varve.blobstore;

import dev.varve.blobstore.chunk.ChunkRef;
import dev.varve.blobstore.chunk.Chunks;
import dev.varve.model.VarveException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;

/** The bytes of chunks one after the other; the next is read while one is given out. Used by one thread. */
final class CheckpointInput extends InputStream {
    private final Chunks chunks;
    private final Iterator<ChunkRef> left;
    private final ExecutorService ahead = Executors.newSingleThreadExecutor(
            Thread.ofPlatform().daemon().name("varve-checkpoint-read").factory());
    private ByteBuffer now = ByteBuffer.allocate(0);
    private @Nullable CompletableFuture<ByteBuffer> next;

    CheckpointInput(Chunks chunks, List<ChunkRef> parts) {
        this.chunks = chunks;
        this.left = parts.iterator();
        prefetch();
    }

    private void prefetch() {
        if (!left.hasNext()) {
            next = null;
            return;
        }
        ChunkRef ref = left.next();
        next = CompletableFuture.supplyAsync(() -> read(ref), ahead);
    }

    private ByteBuffer read(ChunkRef ref) {
        ByteBuffer bytes = ByteBuffer.allocate(Math.toIntExact(ref.length()));
        chunks.read(ref, 0, bytes);
        return bytes.flip();
    }

    private boolean fill() {
        while (!now.hasRemaining()) {
            CompletableFuture<ByteBuffer> awaited = next;
            if (awaited == null) {
                return false;
            }
            try {
                now = awaited.join();
            } catch (CompletionException e) {
                throw e.getCause() instanceof VarveException failure ? failure : e;
            }
            prefetch();
        }
        return true;
    }

    @Override
    public int read() {
        return fill() ? now.get() & 0xFF : -1;
    }

    @Override
    public int read(byte[] target, int offset, int length) {
        if (length == 0) {
            return 0;
        }
        if (!fill()) {
            return -1;
        }
        int count = Math.min(length, now.remaining());
        now.get(target, offset, count);
        return count;
    }

    @Override
    public void close() {
        ahead.shutdown();
    }
}
