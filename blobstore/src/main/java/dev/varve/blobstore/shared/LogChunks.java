package dev.varve.blobstore.shared;

import dev.varve.blobstore.chunk.ChunkRef;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;

/** Keeps what a log consists of. Futures may complete on any thread. */
public interface LogChunks {
    /** Completes when durable on as many disks as is promised; the bytes do not change. */
    CompletableFuture<ChunkRef> write(ByteBuffer payload, long birth);

    /** All bytes of a chunk, as a buffer of the caller's own. */
    CompletableFuture<ByteBuffer> read(ChunkRef ref);
}
