package dev.varve.blobstore.replica;

import dev.varve.blobstore.chunk.ChunkId;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;

/**
 * Lets a replica go: page by page, its chunks are shown to the other members until each was seen on two of them, which copy
 * what they lack. Members that begin to leave later see to it themselves, and none of them comes back before it has left;
 * so reliance never goes round in a circle (the model is {@code DrainModelTest}). Belongs to the loop.
 */
final class Drain {
    private static final int COPIES = 2;

    /** Shown to a node at once, since it reads them all. */
    private static final long MOST_BYTES = 32 << 20;

    private final ReplicaContext context;
    private final Members members;
    private final int group;
    private Optional<ChunkId> after = Optional.empty();
    private List<ChunkFact> page = List.of();
    private Map<ChunkId, Set<String>> seen = new HashMap<>();

    Drain(ReplicaContext context, Members members, int group) {
        this.context = context;
        this.members = members;
        this.group = group;
    }

    /** Completes when everything was seen on two other members. */
    CompletableFuture<Void> run(BooleanSupplier isWanted) {
        if (!context.keeps(Safeguard.SEEN_BEFORE_DROPPED)) {
            return CompletableFuture.completedFuture(ReplicaBook.nothing());
        }
        if (!isWanted.getAsBoolean()) {
            return CompletableFuture.failedFuture(Superseded.of(group));
        }
        if (!page.isEmpty()) {
            return show(isWanted);
        }
        BitSet all = new BitSet(GroupDigest.BUCKETS);
        all.set(0, GroupDigest.BUCKETS);
        return context.disk()
                .list(group, all, after, context.settings().pageChunks())
                .thenCompose(next -> {
                    if (next.isEmpty()) {
                        return CompletableFuture.completedFuture(ReplicaBook.nothing());
                    }
                    page = next;
                    seen = new HashMap<>();
                    return show(isWanted);
                });
    }

    private CompletableFuture<Void> show(BooleanSupplier isWanted) {
        return counting()
                .thenCompose(nodes -> Futures.each(nodes, this::show))
                .thenCompose(nothing -> unseen())
                .thenCompose(unseen -> {
                    if (unseen.isEmpty()) {
                        after = Optional.of(page.getLast().id());
                        page = List.of();
                        return run(isWanted);
                    }
                    return context.pause(context.settings().retryPause()).thenCompose(over -> run(isWanted));
                });
    }

    private CompletableFuture<List<String>> counting() {
        if (!context.keeps(Safeguard.ASK_THE_MEMBER)) {
            return CompletableFuture.completedFuture(context.view().get().holders(group).stream()
                    .filter(node -> !node.equals(context.self()))
                    .toList());
        }
        return members.of(group)
                .thenApply(found -> context.keeps(Safeguard.DRAINING_DOES_NOT_COUNT)
                        ? found.members()
                        : found.membersAndDraining());
    }

    private CompletableFuture<?> show(String node) {
        List<List<ChunkFact>> parts = new ArrayList<>();
        long bytes = 0;
        for (ChunkFact chunk : page) {
            if (isUnseen(chunk)) {
                if (parts.isEmpty() || bytes + chunk.length() > MOST_BYTES) {
                    parts.add(new ArrayList<>());
                    bytes = 0;
                }
                parts.getLast().add(chunk);
                bytes += chunk.length();
            }
        }
        return Futures.each(parts, part -> show(node, part));
    }

    private CompletableFuture<?> show(String node, List<ChunkFact> chunks) {
        return context.peers().see(node, group, chunks, context.self()).handle((answer, failure) -> {
            if (failure == null && (answer.counts() || !context.keeps(Safeguard.ASK_THE_MEMBER))) {
                answer.good()
                        .forEach(id ->
                                seen.computeIfAbsent(id, any -> new HashSet<>()).add(node));
            }
            return node;
        });
    }

    private boolean isUnseen(ChunkFact chunk) {
        return seen.getOrDefault(chunk.id(), Set.of()).size() < COPIES;
    }

    /** What is still here; garbage may have been collected meanwhile. */
    private CompletableFuture<List<ChunkFact>> unseen() {
        List<ChunkId> ids =
                page.stream().filter(this::isUnseen).map(ChunkFact::id).toList();
        return ids.isEmpty()
                ? CompletableFuture.completedFuture(List.of())
                : context.disk().find(ids);
    }
}
