package dev.varve.blobstore.replica;

import dev.varve.blobstore.chunk.ChunkId;
import dev.varve.blobstore.replica.ReplicaDisk.Copied;
import dev.varve.model.cluster.ReplicaState;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/**
 * One id with different content, which no right node makes: the members vote with the copies they can read, and the majority
 * is believed. Belongs to the loop.
 */
final class Divergence {
    private static final int MOST_KNOWN = 1000;

    private final ReplicaContext context;
    private final Members members;
    /** Of which it was told. */
    private final Map<ChunkId, Boolean> known = new LinkedHashMap<>() {
        @Override
        protected boolean removeEldestEntry(Map.Entry<ChunkId, Boolean> eldest) {
            return size() > MOST_KNOWN;
        }
    };

    Divergence(ReplicaContext context, Members members) {
        this.context = context;
        this.members = members;
    }

    /** Looks into it; true if this node's copy was the odd one and has been replaced. */
    CompletableFuture<Boolean> resolve(int group, ChunkFact mine, ChunkFact theirs) {
        tell(group, mine, theirs);
        List<String> forMine = new ArrayList<>();
        List<String> forTheirs = new ArrayList<>();
        return members.of(group)
                .thenCompose(found -> Futures.all(found.members().stream()
                        .flatMap(node ->
                                List.of(vote(node, group, mine, forMine), vote(node, group, theirs, forTheirs))
                                        .stream())
                        .toList()))
                .thenCompose(nothing -> context.disk().verify(List.of(mine)))
                .thenCompose(good -> {
                    boolean isMember = context.book().state(group) == ReplicaState.MEMBER;
                    int own = forMine.size() + (isMember && !good.isEmpty() ? 1 : 0);
                    if (forTheirs.size() <= own) {
                        return CompletableFuture.completedFuture(false);
                    }
                    forTheirs.sort(null);
                    return context.copy(forTheirs.getFirst(), theirs).thenApply(copied -> copied == Copied.DONE);
                });
    }

    private CompletableFuture<?> vote(String node, int group, ChunkFact chunk, List<String> votes) {
        return context.peers().see(node, group, List.of(chunk), node).thenAccept(seen -> {
            if (seen.counts() && !seen.good().isEmpty()) {
                votes.add(node);
            }
        });
    }

    private void tell(int group, ChunkFact mine, ChunkFact theirs) {
        if (known.putIfAbsent(mine.id(), true) == null) {
            context.counters().divergences.increment();
            context.alarms()
                    .raise(
                            ReplicaAlarms.DIVERGED,
                            group,
                            context.self(),
                            "chunk %s is %d bytes with checksum %08x here and %d bytes with %08x elsewhere"
                                    .formatted(
                                            mine.id(), mine.length(), mine.crc32c(), theirs.length(), theirs.crc32c()));
        }
    }
}
