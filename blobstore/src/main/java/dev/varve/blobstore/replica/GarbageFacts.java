package dev.varve.blobstore.replica;

import dev.varve.blobstore.chunk.ChunkId;
import java.util.function.Consumer;

/** What a node must know to tell which chunks on its own disk are garbage. */
public interface GarbageFacts {
    /** No operation that this node has not seen yet can refer to a chunk of objects born below it. */
    long floor();

    /** Of the birth of a chunk of a log, whether the log begins behind it. */
    boolean isBeforeStart(long birth);

    /**
     * Gives every chunk that rows or readers on this node refer to, some more than once; called after the candidates were
     * listed. If it fails, nothing is deleted.
     */
    void wanted(Consumer<ChunkId> sink);
}
