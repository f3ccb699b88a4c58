package dev.varve.blobstore.chunk;

/**
 * What a reader needs to read and verify a chunk.
 *
 * @param crc32c of all its bytes
 */
public record ChunkRef(ChunkId id, long length, int crc32c) {}
