package dev.varve.blobstore.chunk;

import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Collection;
import java.util.concurrent.CompletableFuture;

/**
 * Immutable chunks, on one disk or on several. What was acknowledged is durable on as many disks as the implementation
 * promises; a chunk is read exactly as it was written, or its reading fails. Thread-safe.
 */
public interface Chunks {
    /**
     * Writes a chunk of at most {@link ChunkStore#MAX_CHUNK_BYTES}.
     *
     * @param payload untouched until the future completes; best direct
     * @param birth kept with the chunk, so that garbage can be told from what is wanted
     * @return completes when durable, or with a {@code VarveException}
     */
    CompletableFuture<ChunkRef> append(ByteBuffer payload, long birth);

    /** Begins a chunk of any size that becomes one plain file. */
    Draft draft(long birth);

    /** A chunk that is being written as one plain file; used by one thread, nothing of it counts before {@link #commit}. */
    interface Draft extends AutoCloseable {
        /** Where to write. */
        OutputStream out();

        /** A file that does not exist, for whoever writes it by name instead. */
        Path path();

        /** Makes the chunk durable. */
        ChunkRef commit();

        /** Throws away what is not committed. */
        @Override
        void close();
    }

    /**
     * Reads {@code dst.remaining()} bytes from {@code offset} on, verified; after an exception the position of {@code dst}
     * is unchanged and what is behind it undefined.
     */
    void read(ChunkRef ref, long offset, ByteBuffer dst);

    /** A local file with the bytes of a drafted chunk; verified whole before it is given out the first time. */
    Path file(ChunkRef ref);

    /** Deletes chunks that nothing refers to; how many were there, as far as is known. */
    int delete(Collection<ChunkId> chunks);

    /** Bytes that can still be written. */
    long usableBytes();
}
