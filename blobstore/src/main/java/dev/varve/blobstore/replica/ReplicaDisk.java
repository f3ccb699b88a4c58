package dev.varve.blobstore.replica;

import dev.varve.blobstore.chunk.ChunkId;
import java.util.BitSet;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/** The chunks of this node, as the life of its replicas needs them. Futures complete on the node's loop. */
interface ReplicaDisk {
    /** What became of a copy. */
    enum Copied {
        DONE,
        /** The other node does not have it, or not whole. */
        NOT_THERE,
        /** The other node does not answer, or this one cannot write. */
        FAILED
    }

    CompletableFuture<GroupDigest> digest(int group);

    /** Chunks of a group in some buckets, greater than an id, in order of their ids. */
    CompletableFuture<List<ChunkFact>> list(int group, BitSet buckets, Optional<ChunkId> after, int most);

    /** Those of the chunks that are known here, whatever their content. */
    CompletableFuture<List<ChunkFact>> find(Collection<ChunkId> ids);

    /** Those of the chunks that are here, read whole and found right. */
    CompletableFuture<List<ChunkFact>> verify(List<ChunkFact> chunks);

    /** Fetches a chunk from another node; it is durable here, and right, when done. Replaces what has its id, at the end. */
    CompletableFuture<Copied> copy(String from, ChunkFact chunk);

    CompletableFuture<Integer> delete(Collection<ChunkId> ids);

    /** Chunks that are known here and cannot be read. */
    CompletableFuture<List<ChunkFact>> damaged();
}
