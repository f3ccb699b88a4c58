package dev.varve.blobstore.replica;

import dev.varve.blobstore.chunk.ChunkId;
import dev.varve.model.cluster.ReplicaState;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * What nodes ask each other about replicas. Futures complete on the loop, exceptionally without an answer, which tells
 * nothing.
 */
interface ReplicaPeers {
    /**
     * How a node stands to a group, in its own words.
     *
     * @param stays whether it is a member and does not think of leaving
     */
    record Standing(ReplicaState state, boolean stays) {}

    /**
     * What a node says to being shown chunks.
     *
     * @param counts whether it was a member all the while
     * @param good those of the chunks that it has, read whole and found right
     */
    record Seen(boolean counts, List<ChunkId> good) {}

    CompletableFuture<Standing> standing(String node, int group);

    CompletableFuture<GroupDigest> digest(String node, int group);

    CompletableFuture<List<ChunkFact>> list(String node, int group, BitSet buckets, Optional<ChunkId> after, int most);

    /**
     * Shows chunks to a node; a member that lacks some begins to copy them.
     *
     * @param source who has them
     */
    CompletableFuture<Seen> see(String node, int group, List<ChunkFact> chunks, String source);
}
