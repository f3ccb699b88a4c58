package dev.varve.blobstore.replica;

import dev.varve.blobstore.chunk.ChunkId;
import dev.varve.blobstore.chunk.ChunkRef;

/**
 * A chunk that a node has, or says it has.
 *
 * @param isFile whether it is a plain file of its own
 */
record ChunkFact(ChunkId id, long length, int crc32c, long birth, boolean isFile) {
    ChunkRef ref() {
        return new ChunkRef(id, length, crc32c);
    }

    boolean isSameAs(ChunkFact other) {
        return id.equals(other.id) && length == other.length && crc32c == other.crc32c;
    }
}
