package dev.varve.blobstore.replica;

import dev.varve.blobstore.chunk.ChunkId;
import dev.varve.blobstore.replica.ReplicaDisk.Copied;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * Finds what this node lacks of what another one has of a group, by digests first, and copies it. What only this node has
 * is for the other one to find. Belongs to the loop.
 */
final class Comparison {
    /**
     * How a comparison went.
     *
     * @param missing chunks that were not here, or differed and could be replaced
     * @param copied of them
     */
    record Result(int missing, int copied) {
        static final Result EQUAL = new Result(0, 0);

        boolean isEqual() {
            return missing == 0;
        }

        Result plus(Result other) {
            return new Result(missing + other.missing, copied + other.copied);
        }
    }

    private final ReplicaContext context;
    private final Divergence divergence;

    Comparison(ReplicaContext context, Divergence divergence) {
        this.context = context;
        this.divergence = divergence;
    }

    /** Fails if the node does not answer, or this one's replica takes no chunks any more. */
    CompletableFuture<Result> with(String node, int group) {
        context.counters().comparisons.increment();
        CompletableFuture<GroupDigest> theirs = context.peers().digest(node, group);
        return context.disk()
                .digest(group)
                .thenCombine(theirs, GroupDigest::differs)
                .thenCompose(buckets -> {
                    if (buckets.isEmpty()) {
                        return CompletableFuture.completedFuture(Result.EQUAL);
                    }
                    return page(node, group, buckets, Optional.empty(), Result.EQUAL);
                });
    }

    private CompletableFuture<Result> page(
            String node, int group, BitSet buckets, Optional<ChunkId> after, Result before) {
        int most = context.settings().pageChunks();
        return context.peers().list(node, group, buckets, after, most).thenCompose(theirs -> {
            if (theirs.isEmpty()) {
                return CompletableFuture.completedFuture(before);
            }
            return take(node, group, theirs)
                    .thenCompose(more -> page(
                            node, group, buckets, Optional.of(theirs.getLast().id()), before.plus(more)));
        });
    }

    /** Copies those of another node's chunks that are not here. */
    CompletableFuture<Result> take(String node, int group, List<ChunkFact> theirs) {
        List<ChunkId> ids = theirs.stream().map(ChunkFact::id).toList();
        return context.disk().find(ids).thenCompose(found -> {
            if (!ReplicaBook.accepts(context.book().held(group))) {
                return CompletableFuture.failedFuture(Superseded.of(group));
            }
            Map<ChunkId, ChunkFact> mine = new HashMap<>();
            found.forEach(chunk -> mine.put(chunk.id(), chunk));
            List<CompletableFuture<Copied>> copies = new ArrayList<>();
            List<CompletableFuture<Boolean>> replaced = new ArrayList<>();
            for (ChunkFact chunk : theirs) {
                ChunkFact own = mine.get(chunk.id());
                if (own == null) {
                    copies.add(context.copy(node, chunk));
                } else if (!own.isSameAs(chunk)) {
                    replaced.add(divergence.resolve(group, own, chunk));
                }
            }
            List<CompletableFuture<?>> all = new ArrayList<>(copies);
            all.addAll(replaced);
            return Futures.all(all).thenApply(nothing -> {
                int done = count(copies, Copied.DONE) + count(replaced, true);
                // What the other one cannot read either is not missing here: it has gone since, or is for it to heal.
                return new Result(copies.size() - count(copies, Copied.NOT_THERE) + count(replaced, true), done);
            });
        });
    }

    private static <T> int count(List<CompletableFuture<T>> futures, T value) {
        return (int) futures.stream()
                .filter(future -> !future.isCompletedExceptionally() && value.equals(future.join()))
                .count();
    }
}
