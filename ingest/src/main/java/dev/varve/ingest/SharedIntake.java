package dev.varve.ingest;

import dev.varve.blobstore.BlobStore;
import dev.varve.blobstore.SharedLog;
import dev.varve.catalog.Catalog;
import dev.varve.catalog.Dataset;
import dev.varve.catalog.Snapshot;
import dev.varve.ingest.decode.RowError;
import dev.varve.model.Column;
import dev.varve.model.DatasetName;
import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.jspecify.annotations.Nullable;

/**
 * Rows of a cluster: each goes to one of several shared logs ({@link RowRouting}), every node follows them all and so has
 * all rows that are not in files, and whoever leads a shard writes its rows to files ({@link SharedFlusher}).
 *
 * <p>A view first waits until this node has seen what was acknowledged anywhere, then takes the newest snapshot and the rows
 * above its position in each shard. Nobody is in the way of a view: if rows go into files meanwhile, it takes the snapshot
 * that has them.
 */
final class SharedIntake implements Intake {
    private static final int MOST_TRIES = 20;
    private static final long LONGEST_CATCH_UP_SECONDS = 30;

    private final Catalog catalog;
    private final MemoryGate gate;
    private final List<RowShard> shards = new ArrayList<>();
    private final SharedFlusher flusher;
    private final SharedAppender appender;

    /**
     * Begins to follow the logs. If it fails it has not begun, and may be tried again.
     *
     * @param applied called after each record of any node that was seen
     */
    SharedIntake(
            IngestConfig config,
            List<SharedLog> logs,
            Catalog catalog,
            BlobStore blobs,
            BufferAllocator memory,
            InstantSource clock,
            Flusher.FaultPoint faults,
            MemoryGate gate,
            Runnable applied) {
        if (logs.isEmpty()) {
            throw new IllegalArgumentException("rows need a log");
        }
        this.catalog = catalog;
        this.gate = gate;
        AtomicLong reserved = new AtomicLong();
        for (int i = 0; i < logs.size(); i++) {
            MemTables tables = new MemTables(catalog, memory, gate, clock);
            ShardKeys keys = new ShardKeys(config, i);
            shards.add(new RowShard(i, logs.get(i), blobs, tables, keys, gate, memory, reserved, applied));
        }
        flusher = new SharedFlusher(config, shards, catalog, blobs, gate, clock, faults);
        appender = new SharedAppender(config, shards, gate, memory, reserved, clock);
        shards.forEach(RowShard::restore);
        shards.forEach(RowShard::follow);
    }

    @Override
    public Dataset dataset(DatasetName name) {
        return catalog.fresh(name).dataset();
    }

    @Override
    public CompletableFuture<Ack> append(
            Dataset dataset,
            List<Column> columns,
            VectorSchemaRoot rows,
            long acceptedRows,
            List<RowError> errors,
            long rejectedRows,
            @Nullable String idempotencyKey) {
        return appender.append(dataset, columns, rows, acceptedRows, errors, rejectedRows, idempotencyKey);
    }

    @Override
    public void countRejected(long rows) {
        appender.countRejected(rows);
    }

    @Override
    public LiveView view(DatasetName name) {
        CompletableFuture<Void> caughtUp = catchUp();
        // meanwhile
        long skips = skips();
        Snapshot snapshot = catalog.fresh(name);
        await(caughtUp);
        for (int attempt = 0; attempt < MOST_TRIES; attempt++) {
            List<LiveBatch> above = above(snapshot);
            if (above != null) {
                if (skips == skips() && isCurrent(snapshot)) {
                    return new HeldView(snapshot, above);
                }
                above.forEach(LiveBatch::release);
            }
            skips = skips();
            snapshot = catalog.fresh(name);
        }
        throw new VarveException(
                        ErrorCode.OVERLOADED, "rows of " + name + " go into files faster than they can be read")
                .withHint("try again");
    }

    private long skips() {
        return shards.stream().mapToLong(RowShard::skips).sum();
    }

    /** Whether it is still the dataset of that name: rows of one that is dropped go. */
    private boolean isCurrent(Snapshot snapshot) {
        Dataset dataset = snapshot.dataset();
        return catalog.snapshot(dataset.name()).dataset().id().equals(dataset.id());
    }

    private @Nullable List<LiveBatch> above(Snapshot snapshot) {
        List<LiveBatch> all = new ArrayList<>();
        for (RowShard shard : shards) {
            shard.checkWhole();
            LiveRows live = shard.tables().find(snapshot.dataset().id());
            if (live == null) {
                // a dataset that never had rows in memory has none that its snapshot lacks
                continue;
            }
            List<LiveBatch> above = live.above(snapshot.schema(), snapshot.logPosition(shard.number()));
            if (above == null) {
                all.forEach(LiveBatch::release);
                return null;
            }
            all.addAll(above);
        }
        return all;
    }

    private CompletableFuture<Void> catchUp() {
        return CompletableFuture.allOf(
                shards.stream().map(shard -> shard.log().caughtUp()).toArray(CompletableFuture<?>[]::new));
    }

    private static void await(CompletableFuture<Void> caughtUp) {
        try {
            caughtUp.orTimeout(LONGEST_CATCH_UP_SECONDS, TimeUnit.SECONDS).join();
        } catch (CompletionException e) {
            if (e.getCause() instanceof VarveException known) {
                throw new VarveException(known.code(), String.valueOf(known.getMessage()), known)
                        .withHint("ask again, or ask another node");
            }
            throw new VarveException(ErrorCode.NOT_READY, "this node does not know the newest rows: " + e.getCause(), e)
                    .withHint("ask again, or ask another node");
        }
    }

    /** Of all shards, whoever leads them. */
    @Override
    public void flush(DatasetName name) {
        CompletableFuture<Void> caughtUp = catchUp();
        UUID dataset = catalog.fresh(name).dataset().id();
        await(caughtUp);
        for (RowShard shard : shards) {
            LiveRows live = shard.tables().find(dataset);
            if (live != null) {
                flusher.flush(shard, live);
            }
        }
    }

    @Override
    public void flushAll() {
        for (RowShard shard : shards) {
            for (LiveRows live : shard.tables().all()) {
                flusher.flush(shard, live);
            }
        }
    }

    @Override
    public boolean flushDue(boolean isPressed) {
        return flusher.flushDue(isPressed);
    }

    @Override
    public void tidy() {
        flusher.tidy();
    }

    /** That of the node that leads the dataset's shard: they are spread over all. */
    @Override
    public boolean compacts(Dataset dataset) {
        return shards.get(Math.floorMod(dataset.id().hashCode(), shards.size()))
                .log()
                .leads();
    }

    @Override
    public void verifyLog() {
        // the store looks after its chunks
    }

    @Override
    public IngestStatus status(long compactions) {
        Map<UUID, IngestStatus.Live> byId = new HashMap<>();
        long start = 0;
        long end = 0;
        for (RowShard shard : shards) {
            start += shard.log().start().orElse(shard.appliedEnd());
            end += shard.appliedEnd();
            for (LiveRows table : shard.tables().all()) {
                if (table.rows() > 0) {
                    byId.merge(table.dataset(), table.status(), IngestStatus.Live::and);
                }
            }
        }
        Map<DatasetName, IngestStatus.Live> live = new HashMap<>();
        flusher.names(byId.keySet()).forEach((id, name) -> live.put(name, Objects.requireNonNull(byId.get(id))));
        return new IngestStatus(
                live,
                gate.used(),
                start,
                end,
                appender.accepted(),
                appender.rejected(),
                flusher.flushes(),
                flusher.failures(),
                compactions,
                flusher.lastError());
    }

    @Override
    public void stop() {
        gate.open();
        appender.close();
        shards.forEach(RowShard::close);
    }

    @Override
    public void release() {
        shards.forEach(shard -> shard.tables().discardAll());
    }
}
