package dev.varve.blobstore.chunk;

/**
 * A chunk that a store holds, as far as its index knows.
 *
 * @param birth as it was written with it
 * @param isFile whether it is a plain file of its own
 */
public record StoredChunk(ChunkRef ref, long birth, boolean isFile) {
    static StoredChunk of(ChunkId id, ChunkRow row) {
        return new StoredChunk(new ChunkRef(id, row.length(), row.crc()), row.gcBirth(), row.isFile());
    }
}
