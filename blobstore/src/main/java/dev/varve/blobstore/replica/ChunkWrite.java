package dev.varve.blobstore.replica;

import dev.varve.blobstore.chunk.ChunkId;
import dev.varve.blobstore.chunk.ChunkRef;
import dev.varve.model.cluster.ClusterView;
import dev.varve.model.cluster.ReplicaState;
import dev.varve.model.host.EventLoop;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Where the copies of one chunk go: what chunks in memory and files have in common. Belongs to the loop. */
abstract class ChunkWrite implements QuorumWrite.Copies {
    /**
     * What all writes of a node share.
     *
     * @param ids new ones of this node
     */
    record Context(
            String self,
            EventLoop loop,
            Supplier<ClusterView> view,
            GroupChoice groups,
            NewId ids,
            Pace pace,
            PeerChunks peers,
            @Nullable ChunkServer local,
            Admission admission,
            ReplicationSettings settings,
            ReplicationCounters counters,
            Underreplicated lacking) {}

    /** Gives ids of this node. */
    interface NewId {
        ChunkId in(int group);
    }

    final Context context;
    private final long length;
    private int tries;

    ChunkWrite(Context context, long length) {
        this.context = context;
        this.length = length;
    }

    @Override
    public Optional<QuorumWrite.Attempt> next(Set<Integer> tried) {
        return context.groups()
                .next(tried, length)
                .map(group -> attempt(context.ids().in(group)));
    }

    final QuorumWrite.Attempt attempt(ChunkId id) {
        tries++;
        ClusterView view = context.view().get();
        return new QuorumWrite.Attempt(id, view.holders(id.group()), view.inState(id.group(), ReplicaState.BOOTSTRAP));
    }

    @Override
    public final boolean isLive(String node) {
        return node.equals(context.self()) || context.view().get().isLive(node);
    }

    @Override
    public final boolean isPrompt(String node) {
        return context.pace().isPrompt(node);
    }

    @Override
    public final CompletableFuture<Boolean> send(QuorumWrite.Attempt attempt, String node) {
        CompletableFuture<Boolean> sent = node.equals(context.self()) ? keep(attempt) : bring(attempt, node);
        CompletableFuture<Boolean> onLoop = new CompletableFuture<>();
        var _ = sent.whenComplete((counts, failure) -> context.loop().execute(() -> {
            if (failure != null) {
                onLoop.completeExceptionally(PeerChunks.cause(failure));
            } else {
                onLoop.complete(counts);
            }
        }));
        return onLoop;
    }

    /** Keeps the copy of this node. */
    abstract CompletableFuture<Boolean> keep(QuorumWrite.Attempt attempt);

    /** Brings the copy of another node. */
    abstract CompletableFuture<Boolean> bring(QuorumWrite.Attempt attempt, String node);

    /** What was written, with the id of a try. */
    abstract ChunkRef ref(QuorumWrite.Attempt attempt);

    /** Longer with each try: where all are slow it does not help to begin anew. */
    final Duration giveUp() {
        return context.settings().giveUp().multipliedBy(1L << Math.min(tries - 1, 10));
    }

    @Override
    public QuorumWrite.Patience patience() {
        Duration giveUp = giveUp();
        return new QuorumWrite.Patience(
                context.pace().straggler(context.settings().straggler(), giveUp.dividedBy(2)), giveUp);
    }

    @Override
    public final void lacks(QuorumWrite.Attempt attempt, String node) {
        context.counters().lacking.increment();
        context.lacking().lacks(node, ref(attempt));
    }

    @Override
    public final void leftBehind(int stragglers) {
        context.counters().stragglers.add(stragglers);
    }

    @Override
    public final void slipped(QuorumWrite.Attempt attempt) {
        context.counters().slips.increment();
    }
}
