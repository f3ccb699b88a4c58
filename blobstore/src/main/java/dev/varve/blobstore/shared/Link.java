package dev.varve.blobstore.shared;

import dev.varve.blobstore.chunk.ChunkRef;

/**
 * Where an entry is.
 *
 * @param first position of its first record
 */
public record Link(long first, ChunkRef ref) {}
