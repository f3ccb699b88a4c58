package dev.varve.blobstore.replica;

import dev.varve.blobstore.chunk.ChunkId;
import dev.varve.blobstore.replica.ReplicaDisk.Copied;
import dev.varve.blobstore.replica.ReplicaPeers.Seen;
import dev.varve.blobstore.replica.ReplicaPeers.Standing;
import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import dev.varve.model.cluster.ClusterView;
import dev.varve.model.cluster.ReplicaState;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The replicas of one node from their first chunk to the last: it makes them whole, compares them with others, mends them
 * and lets them go. Whoever asks for changes may be mistaken, in any order, at any time: no acknowledged chunk is lost by
 * it.
 *
 * <p>Belongs to the loop, as all that it is made of. Nothing in it waits, and all it knows of time are pauses.
 */
final class ReplicaLife {
    private static final int MEMBERS_THAT_STAY = 2;
    private static final int MOST_WANTED = 10_000;
    private static final int MOST_TOLD = 1000;

    private final ReplicaContext context;
    private final ReplicaBook book;
    private final Birth birth;
    private final Members members;
    private final Divergence divergence;
    private final Comparison comparison;
    private final Bootstrap bootstrap;
    private final Map<Integer, Change> changes = new HashMap<>();
    private final Set<Integer> leaving = new HashSet<>();
    private final Map<Integer, Drain> drains = new HashMap<>();
    private final Set<Integer> due = new TreeSet<>();
    private final Set<Integer> comparing = new HashSet<>();
    private final Map<Integer, Integer> missing = new HashMap<>();
    private final ArrayDeque<Wanted> wanted = new ArrayDeque<>();
    private final Set<ChunkId> told = new LinkedHashSet<>();
    private boolean isTaking;
    private boolean isHealing;
    private boolean isClosed;

    /** Chunks that another node showed and that are not here. */
    private record Wanted(int group, List<ChunkFact> chunks, String source) {}

    /** What was last asked of a replica. */
    private static final class Change {
        private final ReplicaState to;
        private final CompletableFuture<Void> done = new CompletableFuture<>();

        Change(ReplicaState to) {
            this.to = to;
        }
    }

    ReplicaLife(ReplicaContext context, GroupBirths births) {
        this.context = context;
        book = context.book();
        birth = new Birth(context, births);
        members = new Members(context);
        divergence = new Divergence(context, members);
        comparison = new Comparison(context, divergence);
        bootstrap = new Bootstrap(context, members, comparison, birth);
    }

    /** Begins to compare and heal; what was missed meanwhile is fetched at once. */
    void start() {
        reconcileAll();
    }

    void close() {
        isClosed = true;
    }

    // What was asked of this node by whoever places replicas.

    /**
     * Changes a replica, whatever it is now, and completes when it is what was asked. A later change of the same replica ends
     * this one, but not a drain: that goes on first, unless too few members stay and the replica is asked to be one.
     */
    CompletableFuture<Void> change(int group, ReplicaState to) {
        Change change = new Change(to);
        Change before = changes.put(group, change);
        CompletableFuture<Void> turn = before == null
                ? CompletableFuture.completedFuture(ReplicaBook.nothing())
                : before.done.exceptionally(failure -> ReplicaBook.nothing());
        var _ = turn.thenCompose(over -> step(group, change)).whenComplete((nothing, failure) -> {
            leaving.remove(group);
            changes.remove(group, change);
            if (failure == null) {
                change.done.complete(ReplicaBook.nothing());
            } else {
                change.done.completeExceptionally(failure);
            }
        });
        return change.done;
    }

    private boolean isWanted(int group, Change change) {
        return !isClosed && changes.get(group) == change;
    }

    /** One step from what the replica is now towards what was asked. */
    private CompletableFuture<Void> step(int group, Change change) {
        if (!isWanted(group, change)) {
            return CompletableFuture.failedFuture(Superseded.of(group));
        }
        BooleanSupplier isWanted = () -> isWanted(group, change);
        CompletableFuture<Boolean> done = switch (change.to) {
            case MEMBER -> towardsMember(group, isWanted);
            case BOOTSTRAP -> towardsBootstrap(group, isWanted);
            case DRAINING -> towardsDraining(group);
            case OFFLINE -> towardsOffline(group, isWanted);
            case DROPPED -> towardsDropped(group, isWanted);
        };
        return done.thenCompose(
                isDone -> isDone ? CompletableFuture.completedFuture(ReplicaBook.nothing()) : step(group, change));
    }

    private static CompletableFuture<Boolean> done() {
        return CompletableFuture.completedFuture(true);
    }

    private CompletableFuture<Boolean> mark(int group, ReplicaState state) {
        boolean staysNew = state == ReplicaState.BOOTSTRAP || state == ReplicaState.OFFLINE;
        Mark mark = new Mark(state, staysNew ? book.mark(group).claim() : null);
        return book.set(group, mark).thenApply(nothing -> false);
    }

    private CompletableFuture<Boolean> towardsMember(int group, BooleanSupplier isWanted) {
        return switch (book.state(group)) {
            case MEMBER -> done();
            case BOOTSTRAP -> bootstrap.run(group, isWanted).thenCompose(nothing -> mark(group, ReplicaState.MEMBER));
            case OFFLINE, DROPPED -> mark(group, ReplicaState.BOOTSTRAP);
            case DRAINING ->
                context.keeps(Safeguard.DRAINING_IS_FINAL)
                        ? drain(group, isWanted, () -> areTooFew(group, isWanted))
                        : mark(group, ReplicaState.MEMBER);
        };
    }

    private CompletableFuture<Boolean> towardsBootstrap(int group, BooleanSupplier isWanted) {
        return switch (book.state(group)) {
            case MEMBER, BOOTSTRAP -> done();
            case OFFLINE, DROPPED -> mark(group, ReplicaState.BOOTSTRAP);
            case DRAINING ->
                context.keeps(Safeguard.DRAINING_IS_FINAL)
                        ? drain(group, isWanted, () -> areTooFew(group, isWanted))
                        : done();
        };
    }

    private CompletableFuture<Boolean> towardsDraining(int group) {
        return book.state(group) == ReplicaState.MEMBER ? leave(group) : done();
    }

    private CompletableFuture<Boolean> towardsOffline(int group, BooleanSupplier isWanted) {
        return switch (book.state(group)) {
            case OFFLINE, DROPPED -> done();
            case MEMBER -> leave(group);
            case BOOTSTRAP -> giveUp(group);
            case DRAINING -> drain(group, isWanted, () -> CompletableFuture.completedFuture(false));
        };
    }

    private CompletableFuture<Boolean> towardsDropped(int group, BooleanSupplier isWanted) {
        if (book.state(group) != ReplicaState.OFFLINE) {
            return towardsOffline(group, isWanted);
        }
        return delete(group, isWanted)
                .thenCompose(nothing -> book.mark(group).claim() == null
                        ? book.set(group, null)
                        : CompletableFuture.completedFuture(ReplicaBook.nothing()))
                .thenApply(nothing -> true);
    }

    /**
     * Begins to leave, for good, if two other members stay. While it asks this node does not say that it stays: so of three
     * at most one begins.
     */
    private CompletableFuture<Boolean> leave(int group) {
        if (!context.keeps(Safeguard.LEAVE_ONE_BY_ONE)) {
            return mark(group, ReplicaState.DRAINING);
        }
        leaving.add(group);
        return members.of(group).thenCompose(found -> {
            if (found.staying().size() < MEMBERS_THAT_STAY) {
                leaving.remove(group);
                return CompletableFuture.failedFuture(new VarveException(
                                ErrorCode.NOT_READY,
                                "group " + group + " would have only "
                                        + found.staying().size() + " members without this node: " + found.staying())
                        .withHint("it leaves when two others are members"));
            }
            return mark(group, ReplicaState.DRAINING).whenComplete((nothing, failure) -> leaving.remove(group));
        });
    }

    /** Whether so few members stay that a drain may never end, and this one is still asked back. */
    private CompletableFuture<Boolean> areTooFew(int group, BooleanSupplier isWanted) {
        return members.of(group)
                .thenApply(found -> isWanted.getAsBoolean() && found.staying().size() < MEMBERS_THAT_STAY);
    }

    /**
     * Leaves, or is called back. Whoever is called back is a member again at once, not one that bootstraps: others rely on
     * its copies, and a bootstrap may be given up without a drain. It has missed what was written meanwhile, as after an
     * absence, and fetches it.
     */
    private CompletableFuture<Boolean> drain(
            int group, BooleanSupplier isWanted, Supplier<CompletableFuture<Boolean>> isCalledBack) {
        Drain drain = context.keeps(Safeguard.DRAINING_IS_FINAL)
                ? new Drain(context, members, group)
                : drains.computeIfAbsent(group, any -> new Drain(context, members, any));
        return drain.run(isWanted, isCalledBack).thenCompose(isSeen -> {
            drains.remove(group);
            return isSeen
                    ? mark(group, ReplicaState.OFFLINE)
                    : mark(group, ReplicaState.MEMBER).whenComplete((nothing, failure) -> reconcileSoon(group));
        });
    }

    /** Ends a bootstrap; nothing was promised of it, unless it may be the first of all. */
    private CompletableFuture<Boolean> giveUp(int group) {
        UUID claim = book.mark(group).claim();
        if (claim == null) {
            return mark(group, ReplicaState.OFFLINE);
        }
        return birth.decide(group, claim)
                .thenCompose(isFirst -> isFirst
                        ? mark(group, ReplicaState.MEMBER)
                        : book.set(group, Mark.OFFLINE).thenApply(nothing -> false));
    }

    private CompletableFuture<Void> delete(int group, BooleanSupplier isWanted) {
        BitSet all = new BitSet(GroupDigest.BUCKETS);
        all.set(0, GroupDigest.BUCKETS);
        return context.disk()
                .list(group, all, Optional.empty(), context.settings().pageChunks())
                .thenCompose(page -> {
                    if (page.isEmpty()) {
                        return CompletableFuture.completedFuture(ReplicaBook.nothing());
                    }
                    if (!isWanted.getAsBoolean()) {
                        return CompletableFuture.failedFuture(Superseded.of(group));
                    }
                    return context.disk()
                            .delete(page.stream().map(ChunkFact::id).toList())
                            .thenCompose(count -> delete(group, isWanted));
                });
    }

    // What other nodes ask.

    Standing standing(int group) {
        ReplicaState state = book.state(group);
        boolean stays = state == ReplicaState.MEMBER && !leaving.contains(group) && !book.isInDoubt(group);
        return new Standing(state, stays);
    }

    CompletableFuture<GroupDigest> digest(int group) {
        return context.disk().digest(group);
    }

    CompletableFuture<List<ChunkFact>> list(int group, BitSet buckets, Optional<ChunkId> after, int most) {
        return context.disk().list(group, buckets, after, most);
    }

    /** Another node wants to rely on chunks here: they are read, and those that are missing or damaged are fetched. */
    CompletableFuture<Seen> see(int group, List<ChunkFact> chunks, String source) {
        ReplicaBook.Held since = book.held(group);
        CompletableFuture<List<ChunkFact>> found = context.keeps(Safeguard.SEEN_MEANS_READ)
                ? context.disk().verify(chunks)
                : context.disk().find(chunks.stream().map(ChunkFact::id).toList());
        return found.thenApply(good -> {
            ReplicaBook.Held now = book.held(group);
            boolean isRelied = now.state() == ReplicaState.MEMBER
                    || (now.state() == ReplicaState.DRAINING && !context.keeps(Safeguard.DRAINING_DOES_NOT_COUNT));
            Set<ChunkId> here = new HashSet<>();
            good.forEach(chunk -> here.add(chunk.id()));
            if (ReplicaBook.accepts(now) && here.size() < chunks.size() && !source.equals(context.self())) {
                want(new Wanted(
                        group,
                        chunks.stream()
                                .filter(chunk -> !here.contains(chunk.id()))
                                .toList(),
                        source));
            }
            return new Seen(isRelied && now.term() == since.term(), List.copyOf(here));
        });
    }

    private void want(Wanted more) {
        if (wanted.size() < MOST_WANTED / Math.max(1, more.chunks.size())) {
            wanted.add(more);
        }
        take();
    }

    private void take() {
        Wanted next = isTaking || isClosed ? null : wanted.poll();
        if (next == null) {
            return;
        }
        isTaking = true;
        List<ChunkId> ids = next.chunks.stream().map(ChunkFact::id).toList();
        CompletableFuture<?> taken = comparison
                .take(next.source, next.group, next.chunks)
                .thenCompose(result -> context.disk().find(ids))
                .thenCompose(here -> mend(here));
        var _ = taken.whenComplete((nothing, failure) -> {
            isTaking = false;
            context.loop().execute(this::take);
        });
    }

    /** Those of the chunks that are here and cannot be read. */
    private CompletableFuture<?> mend(List<ChunkFact> chunks) {
        return context.disk().verify(chunks).thenCompose(good -> {
            List<ChunkFact> bad = new ArrayList<>(chunks);
            bad.removeAll(good);
            return Futures.each(bad, this::heal);
        });
    }

    // What the node does on its own.

    /** Compares a group with its other members soon. */
    void reconcileSoon(int group) {
        due.add(group);
        reconcileNext();
    }

    private void reconcileAll() {
        if (isClosed) {
            return;
        }
        book.clearDoubt();
        due.addAll(book.groups(ReplicaState.MEMBER));
        reconcileNext();
        healAll();
        context.loop().then(context.pause(context.settings().reconcilePause()), over -> reconcileAll());
    }

    private void reconcileNext() {
        Integer group = isClosed
                ? null
                : due.stream()
                        .filter(any -> !comparing.contains(any))
                        .findFirst()
                        .orElse(null);
        if (group == null || comparing.size() >= context.settings().copies()) {
            return;
        }
        due.remove(group);
        if (book.state(group) != ReplicaState.MEMBER) {
            reconcileNext();
            return;
        }
        comparing.add(group);
        List<String> others = others(group);
        int[] lacking = new int[1];
        var _ = Futures.each(
                        others,
                        node -> comparison.with(node, group).handle((result, failure) -> {
                            lacking[0] += result == null ? 0 : result.missing() - result.copied();
                            return node;
                        }))
                .whenComplete((nothing, failure) -> {
                    comparing.remove(group);
                    missing.put(group, lacking[0]);
                    context.loop().execute(this::reconcileNext);
                });
        reconcileNext();
    }

    private List<String> others(int group) {
        ClusterView view = context.view().get();
        return view.holders(group).stream()
                .filter(node -> !node.equals(context.self()) && view.isLive(node))
                .toList();
    }

    /** Replaces what is damaged here by what others have. */
    void healAll() {
        if (isHealing || isClosed) {
            return;
        }
        isHealing = true;
        var _ = context.disk()
                .damaged()
                .thenCompose(damaged -> Futures.each(damaged, this::heal))
                .whenComplete((nothing, failure) -> isHealing = false);
    }

    private CompletableFuture<ChunkFact> heal(ChunkFact chunk) {
        Set<String> nodes = new LinkedHashSet<>(others(chunk.id().group()));
        nodes.addAll(context.view().get().live());
        nodes.remove(context.self());
        return heal(chunk, List.copyOf(nodes), 0);
    }

    private CompletableFuture<ChunkFact> heal(ChunkFact chunk, List<String> nodes, int at) {
        if (at == nodes.size()) {
            context.counters().unhealed.increment();
            tell(chunk);
            return CompletableFuture.completedFuture(chunk);
        }
        return context.copy(nodes.get(at), chunk).thenCompose(copied -> {
            if (copied == Copied.DONE) {
                context.counters().healed.increment();
                told.remove(chunk.id());
                return CompletableFuture.completedFuture(chunk);
            }
            return heal(chunk, nodes, at + 1);
        });
    }

    private void tell(ChunkFact chunk) {
        if (told.size() < MOST_TOLD && told.add(chunk.id())) {
            context.alarms()
                    .raise(
                            ReplicaAlarms.LOST,
                            chunk.id().group(),
                            context.self(),
                            "chunk " + chunk.id() + " of " + chunk.length()
                                    + " bytes is damaged here and no node gave it whole");
        }
    }

    /** Chunks of a group that the last comparison found missing here and did not get. */
    int missing(int group) {
        return missing.getOrDefault(group, 0);
    }

    /** Whether a group is being copied, compared or let go. */
    @Nullable
    ReplicaState goal(int group) {
        Change change = changes.get(group);
        return change == null ? null : change.to;
    }

    Collection<Integer> groups() {
        return book.groups();
    }
}
