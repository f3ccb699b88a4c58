package dev.varve.blobstore.replica;

import dev.varve.model.cluster.ClusterView;
import dev.varve.model.host.EventLoop;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;

/**
 * What all parts of the life of a node's replicas share; all of them belong to the loop.
 *
 * @param self the name of this node
 * @param view a hint
 */
record ReplicaContext(
        EventLoop loop,
        String self,
        Supplier<ClusterView> view,
        ReplicaBook book,
        ReplicaDisk disk,
        ReplicaPeers peers,
        CopyLimit limit,
        ReplicaSettings settings,
        Set<Safeguard> safeguards,
        RandomGenerator random,
        ReplicaCounters counters,
        ReplicaAlarms alarms) {
    boolean keeps(Safeguard safeguard) {
        return safeguards.contains(safeguard);
    }

    /** Completes after about so long; not exactly, so that nodes do not stay in step. */
    CompletableFuture<Void> pause(Duration about) {
        CompletableFuture<Void> over = new CompletableFuture<>();
        long nanos = about.toNanos() / 2 + random.nextLong(about.toNanos() + 1);
        loop.after(Duration.ofNanos(nanos), () -> over.complete(ReplicaBook.nothing()));
        return over;
    }

    /** Copies when it is its turn, and counts it. */
    CompletableFuture<ReplicaDisk.Copied> copy(String from, ChunkFact chunk) {
        return limit.run(chunk.length(), () -> disk.copy(from, chunk)).thenApply(copied -> {
            if (copied == ReplicaDisk.Copied.DONE) {
                counters.copiedChunks.increment();
                counters.copiedBytes.add(chunk.length());
            } else {
                counters.failedCopies.increment();
            }
            return copied;
        });
    }
}
