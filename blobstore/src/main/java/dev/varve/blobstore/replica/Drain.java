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
import java.util.function.Supplier;

/**
 * Lets a replica go: page by page, its chunks are shown to the other members until each was seen on two of them, which copy
 * what they lack. Belongs to the loop.
 *
 * <p>Why nothing is lost (the model is {@code DrainModelTest}): a drain that ends was never interrupted since it began at S,
 * and all it relies on were members with the chunk after S. Each of these still has the chunk, or has gone by a drain of its
 * own that began later than S, and relied on members with the chunk after that, and so on. Each began later than the one
 * before, so this ends, at a node that has the chunk and is not the first, which was no member since S.
 *
 * <p>It would not end if a node could come back as a member and go later by what it saw before: A and D see the chunk on B and
 * C and come back, B and C go since they see it on A and D, and A and D go by what they know. So whoever is called back forgets
 * all it saw, and begins anew if it leaves again.
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

    /**
     * Completes when everything was seen on two other members, or the replica is called back instead; then this drain must
     * not be used again.
     *
     * @param isCalledBack asked after each round that left something unseen
     * @return whether everything was seen
     */
    CompletableFuture<Boolean> run(BooleanSupplier isWanted, Supplier<CompletableFuture<Boolean>> isCalledBack) {
        if (!context.keeps(Safeguard.SEEN_BEFORE_DROPPED)) {
            return CompletableFuture.completedFuture(true);
        }
        if (!isWanted.getAsBoolean()) {
            return CompletableFuture.failedFuture(Superseded.of(group));
        }
        if (!page.isEmpty()) {
            return show(isWanted, isCalledBack);
        }
        BitSet all = new BitSet(GroupDigest.BUCKETS);
        all.set(0, GroupDigest.BUCKETS);
        return context.disk()
                .list(group, all, after, context.settings().pageChunks())
                .thenCompose(next -> {
                    if (next.isEmpty()) {
                        return CompletableFuture.completedFuture(true);
                    }
                    page = next;
                    seen = new HashMap<>();
                    return show(isWanted, isCalledBack);
                });
    }

    private CompletableFuture<Boolean> show(
            BooleanSupplier isWanted, Supplier<CompletableFuture<Boolean>> isCalledBack) {
        return counting()
                .thenCompose(nodes -> Futures.each(nodes, this::show))
                .thenCompose(nothing -> unseen())
                .thenCompose(unseen -> {
                    if (unseen.isEmpty()) {
                        after = Optional.of(page.getLast().id());
                        page = List.of();
                        return run(isWanted, isCalledBack);
                    }
                    return isCalledBack
                            .get()
                            .thenCompose(isOver -> isOver
                                    ? CompletableFuture.completedFuture(false)
                                    : context.pause(context.settings().retryPause())
                                            .thenCompose(over -> run(isWanted, isCalledBack)));
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
