package dev.varve.blobstore.replica;

import dev.varve.model.cluster.ReplicaState;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * How the replicas of a node are, and what was done for them since its start.
 *
 * @param groups those that it has anything to do with
 * @param underReplicated chunks that its last comparisons found missing here and that it could not get
 * @param copiedChunks fetched from other nodes
 * @param failedCopies of which some were tried again
 * @param divergences chunks with different content on different nodes
 * @param healed damaged chunks that were replaced
 * @param unhealed attempts for which no node gave a good copy
 * @param collected chunks deleted as garbage
 */
public record ReplicaStatus(
        SortedMap<Integer, Group> groups,
        long underReplicated,
        long copiedChunks,
        long copiedBytes,
        long failedCopies,
        long divergences,
        long healed,
        long unhealed,
        long collected) {
    public ReplicaStatus {
        groups = new TreeMap<>(groups);
    }

    /**
     * One replica.
     *
     * @param goal what it is asked to become; null if it is that
     * @param missing chunks that the last comparison found missing and that could not be had
     */
    public record Group(ReplicaState state, @Nullable ReplicaState goal, int missing) {}
}
