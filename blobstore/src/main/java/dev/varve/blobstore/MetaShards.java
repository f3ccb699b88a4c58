package dev.varve.blobstore;

import dev.varve.blobstore.disk.Disk;
import dev.varve.blobstore.meta.MetaOp;
import dev.varve.blobstore.meta.MetaReads;
import dev.varve.blobstore.meta.MetaState;
import dev.varve.blobstore.meta.RowHash;
import dev.varve.blobstore.rocks.Flaw;
import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What is known of buckets and objects: the rows of all shards, and a commit log for each.
 *
 * <p>{@code rows/} holds the rows, {@code 00/} to {@code 15/} the logs; a shard has none before its first operation. A
 * thread of its own flushes the rows from time to time, after which the logs are cut. Thread-safe.
 */
final class MetaShards implements Shards {
    private static final Logger LOG = LoggerFactory.getLogger(MetaShards.class);
    private static final int OPENING_THREADS = 4;

    private final Path directory;
    private final MetaState state;
    private final MetaReads reads;
    private final Births births = new Births();
    private final List<MetaShard> shards = new ArrayList<>();

    private final FlushTimer flusher;

    private MetaShards(Path directory, MetaConfig config, SteadyTime time, Disk disk, MetaState state) {
        this.directory = directory;
        this.state = state;
        this.reads = state.reads();
        this.flusher = new FlushTimer(config, this::flush);
        for (int shard = 0; shard < MetaState.SHARDS; shard++) {
            Path logDirectory = directory.resolve("%02d".formatted(shard));
            shards.add(new MetaShard(shard, logDirectory, config, disk, state, time, flusher::applied));
        }
    }

    /** Opens or makes the metadata in a directory, and applies what their logs hold beyond the rows. */
    static MetaShards open(Path directory, MetaConfig config, SteadyTime time) {
        return open(directory, config, time, Disk.REAL);
    }

    static MetaShards open(Path directory, MetaConfig config, SteadyTime time, Disk disk) {
        Path rows = directory.resolve("rows");
        try {
            disk.createDirectories(rows.toAbsolutePath());
        } catch (IOException e) {
            throw Disk.failure("make " + rows, e);
        }
        MetaShards opened = new MetaShards(directory, config, time, disk, MetaState.open(rows, disk));
        try {
            opened.recover();
        } catch (RuntimeException e) {
            opened.shards.forEach(MetaShard::closeLog);
            opened.state.close();
            throw e;
        }
        opened.flusher.start();
        return opened;
    }

    private void recover() {
        try (ExecutorService opening = Executors.newFixedThreadPool(
                OPENING_THREADS, Thread.ofPlatform().daemon().factory())) {
            List<CompletableFuture<Void>> recovered = shards.stream()
                    .map(shard -> CompletableFuture.runAsync(shard::recover, opening))
                    .toList();
            recovered.forEach(MetaShards::join);
        }
        births.startAbove(highestFloor(state));
    }

    private static <T> T join(CompletableFuture<T> future) {
        try {
            return future.join();
        } catch (CompletionException e) {
            if (e.getCause() instanceof VarveException failure) {
                throw failure;
            }
            throw e;
        }
    }

    @Override
    @SuppressWarnings("unchecked") // each kind of operation answers what its type says
    public <A> CompletableFuture<A> submit(MetaOp<A> op) {
        return (CompletableFuture<A>) shards.get(MetaState.shardOf(op)).submit(op);
    }

    @Override
    public <A> A call(MetaOp<A> op) {
        return join(submit(op));
    }

    @Override
    public MetaReads reads(String bucket) {
        return reads;
    }

    @Override
    public MetaReads reads() {
        return reads;
    }

    @Override
    public MetaReads heard() {
        return reads;
    }

    @Override
    public Writing begin(String bucket) {
        return births.begin();
    }

    @Override
    public long raiseFloors() {
        long floor = births.advance();
        for (int shard = 0; shard < MetaState.SHARDS; shard++) {
            call(new MetaOp.RaiseFloor(shard, floor));
        }
        return floor;
    }

    @Override
    public boolean keeps(int shard) {
        return true;
    }

    @Override
    public boolean isShared() {
        return false;
    }

    /** The floor of a bucket's shard. */
    long gcFloor(String bucket) {
        return state.head(MetaState.shardOf(bucket)).gcFloor();
    }

    private static long highestFloor(MetaState state) {
        long highest = 0;
        for (int shard = 0; shard < MetaState.SHARDS; shard++) {
            highest = Math.max(highest, state.head(shard).gcFloor());
        }
        return highest;
    }

    /** A hash of all that a shard's operations made. */
    RowHash hash(int shard) {
        return state.head(shard).hash();
    }

    /** The hash of a shard's rows, as it was followed. */
    RowHash rowHash(int shard) {
        return state.head(shard).rows();
    }

    /** The same by reading all rows. */
    RowHash readHash(int shard) {
        return state.readHash(shard);
    }

    /** Makes the rows durable without their logs, and cuts these. */
    void flush() {
        long[] next = new long[shards.size()];
        for (int shard = 0; shard < next.length; shard++) {
            next[shard] = state.head(shard).next();
        }
        state.flush();
        for (int shard = 0; shard < next.length; shard++) {
            shards.get(shard).truncateBefore(next[shard]);
        }
    }

    @Override
    public void verify(Consumer<StoreStatus.Damage> damages, Consumer<StoreStatus.Damage> mended) {
        List<Flaw> flaws = state.findFlaws();
        for (Flaw flaw : flaws) {
            damages.accept(damage(flaw.file(), flaw.offset(), flaw.reason()));
        }
        for (MetaShard shard : shards) {
            String found = damagedLog(shard);
            if (found == null) {
                continue;
            }
            LOG.warn("a commit log is damaged and is made unneeded directory={} found={}", shard.directory(), found);
            if (flaws.isEmpty()) {
                // The second gets what was on its way at the first.
                flush();
                flush();
            }
            String left = damagedLog(shard);
            if (left == null) {
                mended.accept(damage(shard.directory(), 0, found));
            } else {
                damages.accept(damage(shard.directory(), 0, left));
            }
        }
    }

    private static @Nullable String damagedLog(MetaShard shard) {
        try {
            shard.verifyLog();
            return null;
        } catch (VarveException e) {
            if (e.code() != ErrorCode.CORRUPT) {
                throw e;
            }
            return String.valueOf(e.getMessage());
        }
    }

    private StoreStatus.Damage damage(Path file, long offset, String reason) {
        String name = file.startsWith(directory) ? directory.relativize(file).toString() : file.toString();
        return new StoreStatus.Damage("meta/" + name, offset, reason);
    }

    /** Writes a directory, which must not exist, that holds the rows as at one moment of the call. */
    void checkpoint(Path target) {
        state.checkpoint(target);
    }

    @Override
    public void close() {
        if (!flusher.stop()) {
            return;
        }
        shards.forEach(MetaShard::finish);
        try {
            flusher.await();
            flush();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (VarveException e) {
            LOG.warn("could not flush the metadata; the next start replays the logs", e);
        } finally {
            shards.forEach(MetaShard::closeLog);
            state.close();
        }
    }
}
