package dev.varve.blobstore;

import dev.varve.blobstore.chunk.ChunkId;
import dev.varve.blobstore.meta.MetaOp;
import dev.varve.blobstore.meta.MetaReads;
import dev.varve.blobstore.meta.MetaState;
import dev.varve.blobstore.meta.RowHash;
import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What is known of buckets and objects by all nodes of a cluster: each has the rows of all shards, made by following a log
 * for each shard. A node whose rows are damaged throws them away and loads them again.
 */
final class SharedShards implements Shards {
    private static final Logger LOG = LoggerFactory.getLogger(SharedShards.class);
    private static final Duration MOST_WAIT = Duration.ofSeconds(60);
    private static final Duration MEND_PAUSE = Duration.ofMinutes(10);
    /** A write lasts through so many raises of its shard's floor. */
    private static final int RAISES = 2;

    private final SharedRows.Opening opening;
    private final Duration grace;
    private final InstantSource clock;
    private final Alarms alarms;
    private final CheckpointWriter writer;
    private final List<StoreStatus.Damage> mendedBefore = new ArrayList<>();

    /** Exchanged as a whole when it is damaged; guarded by this when written. */
    private volatile SharedRows rows;

    private boolean closed;

    private volatile @Nullable Instant lastMended;

    /** Floors that this node has heard of and since when; guarded by themselves. */
    private final long[] floors = new long[MetaState.SHARDS];

    private final Instant[] floorsSince = new Instant[MetaState.SHARDS];

    private SharedShards(
            SharedRows.Opening opening, Duration grace, InstantSource clock, Alarms alarms, CheckpointWriter writer) {
        this.opening = opening;
        this.grace = grace;
        this.clock = clock;
        this.alarms = alarms;
        this.writer = writer;
        this.rows = SharedRows.open(opening, mendedBefore::add);
        Arrays.fill(floorsSince, clock.instant());
        Arrays.fill(floors, -1);
    }

    /**
     * Begins to follow the logs of all shards.
     *
     * @param grace between two raises of a floor
     */
    static SharedShards open(SharedRows.Opening opening, Duration grace, InstantSource clock) {
        return new SharedShards(opening, grace, clock, opening.alarms(), new CheckpointWriter(opening.chunks()));
    }

    // -- operations

    @Override
    @SuppressWarnings("unchecked") // each kind of operation answers what its type says
    public <A> CompletableFuture<A> submit(MetaOp<A> op) {
        return (CompletableFuture<A>) rows.shard(MetaState.shardOf(op)).submit(op);
    }

    @Override
    public <A> A call(MetaOp<A> op) {
        return await(
                submit(op),
                ErrorCode.UNKNOWN_OUTCOME,
                "it is not known within " + MOST_WAIT.toSeconds() + " s whether the change takes effect");
    }

    private static <T> T await(CompletableFuture<T> future, ErrorCode late, String why) {
        try {
            return future.get(MOST_WAIT.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            throw e.getCause() instanceof VarveException failure
                    ? failure
                    : new VarveException(ErrorCode.INTERNAL, "the metadata failed: " + e.getCause(), e);
        } catch (TimeoutException e) {
            throw new VarveException(late, why, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new VarveException(late, "interrupted; " + why, e);
        }
    }

    // -- reads

    @Override
    public MetaReads reads(String bucket) {
        SharedRows now = rows;
        awaitAll(List.of(now.shard(MetaState.shardOf(bucket))));
        return now.reads();
    }

    @Override
    public MetaReads reads() {
        SharedRows now = rows;
        awaitAll(now.shards());
        return now.reads();
    }

    private static void awaitAll(List<SharedShard> shards) {
        List<CompletableFuture<Long>> asked =
                shards.stream().map(SharedShard::caughtUp).toList();
        for (CompletableFuture<Long> one : asked) {
            await(one, ErrorCode.NOT_READY, "this node has not caught up with the others");
        }
        shards.forEach(SharedShard::checkWorks);
    }

    @Override
    public MetaReads heard() {
        return rows.reads();
    }

    /** Whether this node has seen everything that was acknowledged anywhere before the call. */
    boolean isCaughtUp() {
        try {
            awaitAll(rows.shards());
            return true;
        } catch (VarveException e) {
            return false;
        }
    }

    Optional<RowHash> hashAt(int shard, long position) {
        return rows.shard(shard).hashAt(position);
    }

    long position(int shard) {
        return rows.state().head(shard).next();
    }

    // -- garbage

    @Override
    public Writing begin(String bucket) {
        long epoch = rows.state().head(MetaState.shardOf(bucket)).gcFloor() + RAISES;
        return new Writing() {
            @Override
            public long epoch() {
                return epoch;
            }

            @Override
            public void close() {}
        };
    }

    /** Raises floors that are not above any other and have stood for the grace, so that they rise together. */
    @Override
    public long raiseFloors() {
        Instant now = clock.instant();
        MetaState state = rows.state();
        long lowest = lowestFloor(state);
        for (int shard = 0; shard < MetaState.SHARDS; shard++) {
            long floor = state.head(shard).gcFloor();
            if (standsFor(shard, floor, now).compareTo(grace) >= 0 && floor <= lowest && keeps(shard)) {
                standsFor(shard, call(new MetaOp.RaiseFloor(shard, floor + 1)), now);
            }
        }
        return minFloor();
    }

    /** How long a shard has had a floor; as long as this is asked from time to time. */
    private Duration standsFor(int shard, long floor, Instant now) {
        synchronized (floors) {
            if (floors[shard] != floor) {
                // Of the first nothing is known but that it stood when this node began.
                floorsSince[shard] = floors[shard] < 0 ? floorsSince[shard] : now;
                floors[shard] = floor;
            }
            return Duration.between(floorsSince[shard], now);
        }
    }

    private static long lowestFloor(MetaState state) {
        long lowest = Long.MAX_VALUE;
        for (int shard = 0; shard < MetaState.SHARDS; shard++) {
            lowest = Math.min(lowest, state.head(shard).gcFloor());
        }
        return lowest;
    }

    /** The lowest floor of all shards, as far as this node has heard. */
    long minFloor() {
        return lowestFloor(rows.state());
    }

    /** What a round of collecting garbage on this node goes by. */
    Wanted wanted(Consumer<Consumer<ChunkId>> pinned) {
        SharedRows now = rows;
        // Before the floors: if rows are exchanged after this, the round is refused.
        int[] exchanges = now.exchanges();
        long floor = lowestFloor(now.state());
        return new Wanted(floor, sink -> {
            now.reads().chunks(chunk -> sink.accept(Written.id(chunk)));
            // After the rows: who opens an object pins first and then looks whether it is still there.
            pinned.accept(sink);
            if (now != rows || !Arrays.equals(exchanges, now.exchanges())) {
                throw new VarveException(
                        ErrorCode.NOT_READY, "the metadata were loaded anew while garbage was looked for");
            }
        });
    }

    @Override
    public boolean keeps(int shard) {
        return rows.shard(shard).log().leads();
    }

    @Override
    public boolean isShared() {
        return true;
    }

    // -- checkpoints

    /** Writes a checkpoint of a shard that this node leads and that is due for one; false if there is none. */
    boolean checkpointOnce() {
        boolean isDone = false;
        for (SharedShard shard : rows.shards()) {
            // Each node counts, since it may be the next to lead.
            if (shard.isCheckpointDue() && shard.log().leads() && !isDone) {
                isDone = shard.checkpoint(writer);
            }
        }
        return isDone;
    }

    /** Writes a checkpoint of each shard that this node leads; returns how many. */
    int checkpointAll() {
        int count = 0;
        for (SharedShard shard : rows.shards()) {
            count += shard.log().leads() && shard.checkpoint(writer) ? 1 : 0;
        }
        return count;
    }

    // -- damage

    @Override
    public void verify(Consumer<StoreStatus.Damage> damages, Consumer<StoreStatus.Damage> mended) {
        SharedRows now = rows;
        synchronized (mendedBefore) {
            mendedBefore.forEach(mended);
            mendedBefore.clear();
        }
        List<StoreStatus.Damage> found =
                now.state().findFlaws().stream().map(now::damage).toList();
        if (!found.isEmpty()) {
            found.forEach(exchange(now, found.toString()) ? mended : damages);
        }
    }

    /**
     * Throws this node's rows away and loads them again if a shard stands still, but not again and again; false if there was
     * nothing to do.
     */
    boolean mend() {
        SharedRows now = rows;
        boolean isSoon = lastMended != null && lastMended.plus(MEND_PAUSE).isAfter(clock.instant());
        if (isSoon || now.shards().stream().noneMatch(SharedShard::hasFailed)) {
            return false;
        }
        lastMended = clock.instant();
        return exchange(now, "a shard stands still");
    }

    /** Throws rows away and loads them again; false if they are no longer the ones in use. */
    private synchronized boolean exchange(SharedRows damaged, String why) {
        if (closed || rows != damaged) {
            return false;
        }
        LOG.error("the metadata of this node are thrown away and loaded again why={}", why);
        alarms.raise("metadata-damaged", "this node", "rows are loaded again from checkpoints and logs: " + why);
        damaged.closeDamaged();
        rows = SharedRows.open(opening, damage -> {});
        for (int shard = 0; shard < MetaState.SHARDS; shard++) {
            alarms.clear("metadata-failed", SharedShard.logName(shard));
            alarms.clear("metadata-damaged", SharedShard.logName(shard));
        }
        alarms.clear("metadata-damaged", "this node");
        return true;
    }

    /** Makes rows durable, so that a start applies only what comes after. */
    void flush() {
        rows.flush();
    }

    @Override
    public synchronized void close() {
        if (!closed) {
            closed = true;
            rows.close();
        }
    }
}
