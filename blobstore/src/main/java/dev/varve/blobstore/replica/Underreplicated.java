package dev.varve.blobstore.replica;

import dev.varve.blobstore.chunk.ChunkRef;

/** Hears of chunks of which a node lacks a good copy, so that it gets one. Thread-safe; returns at once. */
@FunctionalInterface
public interface Underreplicated {
    /**
     * A copy is missing or bad.
     *
     * @param node that should hold the chunk; it may be there after all
     */
    void lacks(String node, ChunkRef chunk);
}
