package dev.varve.blobstore;

import dev.varve.blobstore.chunk.ChunkId;
import dev.varve.blobstore.chunk.ChunkRef;
import dev.varve.blobstore.meta.Extent;
import dev.varve.blobstore.object.Body;
import java.util.ArrayList;
import java.util.List;

/**
 * Bytes that have been made durable and that nothing refers to yet.
 *
 * @param birth epoch of their chunks
 */
record Written(Body.Digests digests, List<Extent> extents, long birth) {
    Written {
        extents = List.copyOf(extents);
    }

    List<ChunkId> chunks() {
        return chunks(extents);
    }

    static List<ChunkId> chunks(List<Extent> extents) {
        List<ChunkId> chunks = new ArrayList<>();
        for (Extent extent : extents) {
            if (extent instanceof Extent.Chunk chunk) {
                chunks.add(id(chunk));
            }
        }
        return chunks;
    }

    static ChunkId id(Extent.Chunk chunk) {
        return new ChunkId(chunk.high(), chunk.low());
    }

    static ChunkRef ref(Extent.Chunk chunk) {
        return new ChunkRef(id(chunk), chunk.length(), chunk.crc32c());
    }

    static Extent.Chunk extent(ChunkRef ref) {
        return new Extent.Chunk(ref.id().high(), ref.id().low(), ref.length(), ref.crc32c());
    }
}
