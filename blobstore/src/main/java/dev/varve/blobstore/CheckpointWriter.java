package dev.varve.blobstore;

import dev.varve.blobstore.chunk.ChunkRef;
import dev.varve.blobstore.chunk.Chunks;
import dev.varve.blobstore.meta.ShardImage;
import dev.varve.model.VarveException;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/** Writes what a shard has come to as chunks; one is on its way while the next is filled. Thread-safe, one at a time. */
final class CheckpointWriter {
    static final int PART_BYTES = 8 << 20;

    private final Chunks chunks;
    private @Nullable ByteBuffer one;
    private @Nullable ByteBuffer other;

    CheckpointWriter(Chunks chunks) {
        this.chunks = chunks;
    }

    /** @param birth of all its chunks */
    synchronized CheckpointManifest write(ShardImage image, long birth) {
        ByteBuffer first = one == null ? ByteBuffer.allocateDirect(PART_BYTES) : one.clear();
        ByteBuffer second = other == null ? ByteBuffer.allocateDirect(PART_BYTES) : other.clear();
        one = first;
        other = second;
        Parts parts = new Parts(first, second, birth);
        try {
            long rows = image.writeTo(parts);
            return new CheckpointManifest(image.head(), rows, parts.bytes, parts.finish());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            parts.settle();
        }
    }

    /** Cuts bytes into chunks. */
    private final class Parts extends OutputStream {
        private final long birth;
        private final List<ChunkRef> written = new ArrayList<>();
        private ByteBuffer filling;
        private ByteBuffer idle;
        private @Nullable CompletableFuture<ChunkRef> flight;
        private long bytes;

        Parts(ByteBuffer first, ByteBuffer second, long birth) {
            this.filling = first;
            this.idle = second;
            this.birth = birth;
        }

        @Override
        public void write(int b) {
            write(new byte[] {(byte) b}, 0, 1);
        }

        @Override
        public void write(byte[] from, int offset, int length) {
            int at = offset;
            int end = offset + length;
            while (at < end) {
                if (!filling.hasRemaining()) {
                    send();
                }
                int count = Math.min(filling.remaining(), end - at);
                filling.put(from, at, count);
                at += count;
            }
            bytes += length;
        }

        private void send() {
            land();
            flight = chunks.append(filling.flip(), birth);
            ByteBuffer next = idle;
            idle = filling;
            filling = next.clear();
        }

        private void land() {
            CompletableFuture<ChunkRef> awaited = flight;
            if (awaited == null) {
                return;
            }
            flight = null;
            try {
                written.add(awaited.join());
            } catch (CompletionException e) {
                throw e.getCause() instanceof VarveException failure ? failure : e;
            }
        }

        List<ChunkRef> finish() {
            send();
            land();
            return written;
        }

        /** Waits until nobody reads the buffers any more. */
        void settle() {
            CompletableFuture<ChunkRef> awaited = flight;
            if (awaited != null) {
                awaited.exceptionally(failure -> null).join();
            }
        }
    }
}
