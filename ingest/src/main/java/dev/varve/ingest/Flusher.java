package dev.varve.ingest;

import dev.varve.blobstore.BlobStore;
import dev.varve.blobstore.CommitLog;
import dev.varve.catalog.Catalog;
import dev.varve.catalog.DataFile;
import dev.varve.catalog.Dataset;
import dev.varve.catalog.Snapshot;
import dev.varve.ingest.parquet.RowSource;
import dev.varve.model.ErrorCode;
import dev.varve.model.TimeGrain;
import dev.varve.model.VarveException;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.jspecify.annotations.Nullable;

/**
 * Writes memtables to files: freeze, sort, write, commit, let go, remember keys, cut the log, in that order.
 *
 * <p>After a crash anywhere before the commit the rows come back from the log, and files no snapshot names are garbage;
 * anywhere after it, replay passes over batches below the snapshot's log position. One flush at a time: {@code flushing}
 * is held throughout, by whatever thread flushes, and nothing a reader or an append needs is.
 */
final class Flusher {
    private static final int MOST_FILES = 400;
    /** So many time buckets get a file each, however few rows they have: rows of the day, and some of the night before. */
    private static final int FEW_FILES = 4;

    private static final long FIRST_BACK_OFF_MILLIS = 1_000;
    private static final long MOST_BACK_OFF_MILLIS = 60_000;

    private final IngestConfig config;
    private final CommitLog log;
    private final Catalog catalog;
    private final BlobStore blobs;
    private final MemTables tables;
    private final MemoryGate gate;
    private final KeyWindow keys;
    private final InstantSource clock;
    private final FaultPoint faults;
    private final FileWriting files;
    private final ReentrantLock flushing = new ReentrantLock();
    private final AtomicLong flushes = new AtomicLong();
    private final AtomicLong failures = new AtomicLong();
    private volatile @Nullable String lastError;
    private volatile long nextTryMillis = Long.MIN_VALUE;
    private long backOffMillis = FIRST_BACK_OFF_MILLIS;

    /** Steps of a flush, for tests that stop there. */
    interface FaultPoint {
        FaultPoint NONE = step -> {};

        void reached(String step);
    }

    Flusher(
            IngestConfig config,
            CommitLog log,
            Catalog catalog,
            BlobStore blobs,
            MemTables tables,
            MemoryGate gate,
            KeyWindow keys,
            InstantSource clock,
            FaultPoint faults) {
        this.config = config;
        this.log = log;
        this.catalog = catalog;
        this.blobs = blobs;
        this.tables = tables;
        this.gate = gate;
        this.keys = keys;
        this.clock = clock;
        this.faults = faults;
        this.files = new FileWriting(blobs, config);
    }

    FileWriting files() {
        return files;
    }

    /** The dataset that should be flushed next, or none; {@code isPressed} when an append waits for memory. */
    Optional<LiveRows> due(boolean isPressed) {
        long now = clock.millis();
        if (now < nextTryMillis) {
            return Optional.empty();
        }
        boolean isFull = isPressed || gate.used() > config.memtableMaxBytes();
        return tables.all().stream()
                .filter(live -> live.rows() > 0)
                .filter(live -> isFull || isDue(live, now))
                .max(Comparator.comparingLong(LiveRows::bytes));
    }

    boolean isDue(LiveRows live, long nowMillis) {
        long rows = live.rows();
        return rows > 0
                && (rows >= config.flushMaxRows()
                        || live.bytes() >= config.flushMaxBytes()
                        || nowMillis - live.oldestMillis()
                                >= config.flushMaxAge().toMillis());
    }

    /**
     * Writes a memtable's rows to files.
     *
     * @param appliedEnd below it every batch of the log has been applied
     * @param cut whether to cut the log afterwards
     * @return false when there were none
     */
    boolean flush(LiveRows live, LongSupplier appliedEnd, LogCut cut) {
        flushing.lock();
        try {
            if (!tables.isPresent(live)) {
                gate.release(tables.discard(live));
                return true;
            }
            boolean isDone = write(live, appliedEnd.getAsLong());
            if (isDone && cut == LogCut.AFTERWARDS) {
                cutLog(appliedEnd.getAsLong());
            }
            backOffMillis = FIRST_BACK_OFF_MILLIS;
            nextTryMillis = Long.MIN_VALUE;
            lastError = null;
            return isDone;
        } catch (RuntimeException e) {
            failures.incrementAndGet();
            lastError = String.valueOf(e.getMessage());
            nextTryMillis = clock.millis() + backOffMillis;
            backOffMillis = Math.min(MOST_BACK_OFF_MILLIS, backOffMillis * 2);
            throw e;
        } finally {
            flushing.unlock();
        }
    }

    /** Whether a flush cuts the log. */
    enum LogCut {
        AFTERWARDS,
        NEVER
    }

    private boolean write(LiveRows live, long appliedEnd) {
        Snapshot snapshot = catalog.snapshot(live.dataset().name());
        gate.release(live.reconcile(snapshot, clock.millis()));
        LiveRows.Frozen frozen = live.freeze(snapshot.schema(), appliedEnd);
        if (frozen == null) {
            return false;
        }
        List<DataFile> written = new ArrayList<>();
        try {
            faults.reached("frozen");
            List<VectorSchemaRoot> batches =
                    frozen.batches().stream().map(LiveBatch::rows).toList();
            TimeGrain grain = writeFiles(snapshot, batches, frozen.end(), written);
            faults.reached("written");
            catalog.append(live.dataset().name(), written, frozen.end(), grain);
            faults.reached("committed");
        } catch (VarveException e) {
            if (e.code() == ErrorCode.DATASET_NOT_FOUND && !tables.isPresent(live)) {
                files.discard(written);
                gate.release(tables.discard(live));
                return true;
            }
            // whether a failed commit took place is not certain, so its files stay until they are found to be garbage
            throw e;
        } finally {
            frozen.release();
        }
        live.flushed(frozen, clock.millis());
        gate.release(frozen.bytes());
        flushes.incrementAndGet();
        return true;
    }

    private TimeGrain writeFiles(Snapshot snapshot, List<VectorSchemaRoot> batches, long run, List<DataFile> written) {
        Dataset dataset = snapshot.dataset();
        BitSet superseded = snapshot.schema().isKeyed()
                ? RowKeys.superseded(batches, snapshot.schema().key())
                : new BitSet();
        RowOrder order = RowOrder.of(batches, superseded);
        TimeGrain grain = grain(snapshot, order);
        TimeCut cut = cut(order, grain);
        List<int[]> rowsOfParts = split(order, cut);
        RowSource source = new RowSource(files.layout(dataset, 1), batches);
        for (int part = 0; part < rowsOfParts.size(); part++) {
            int[] rows = rowsOfParts.get(part);
            TimeBucket bucket = cut.parts().get(part).bucket();
            try (FileWriting.NewFile file = files.create(dataset, files.layout(dataset, rows.length), run, bucket)) {
                file.write(source, rows, rows.length);
                written.add(file.finish());
            }
            faults.reached("file");
        }
        return grain;
    }

    private TimeCut cut(RowOrder order, TimeGrain grain) {
        long first = Long.MAX_VALUE;
        long last = Long.MIN_VALUE;
        for (long micros : order.micros()) {
            first = Math.min(first, micros);
            last = Math.max(last, micros);
        }
        DayCounts days = new DayCounts(first, last);
        for (long micros : order.micros()) {
            days.add(micros);
        }
        return TimeCut.of(days, new TimeCut.Worth(grain, config.fileMinRows()), FEW_FILES, MOST_FILES);
    }

    private static TimeGrain grain(Snapshot snapshot, RowOrder order) {
        if (snapshot.id() == 0 && snapshot.grain() != null) {
            return snapshot.grain();
        }
        long first = Long.MAX_VALUE;
        long last = Long.MIN_VALUE;
        for (long micros : order.micros()) {
            first = Math.min(first, micros);
            last = Math.max(last, micros);
        }
        for (DataFile file : snapshot.files()) {
            first = Math.min(first, file.firstMicros());
            last = Math.max(last, file.lastMicros());
        }
        return GrainChoice.choose(snapshot.grain(), snapshot.rows() + order.rows().length, first, last);
    }

    /** Row numbers by part, each in order. */
    private static List<int[]> split(RowOrder order, TimeCut cut) {
        int[] rows = order.rows();
        if (cut.parts().size() == 1) {
            return List.of(rows);
        }
        List<int[]> split = new ArrayList<>();
        cut.parts().forEach(part -> split.add(new int[Math.toIntExact(part.rows())]));
        int[] filled = new int[split.size()];
        for (int i = 0; i < rows.length; i++) {
            int part = cut.partOf(order.micros()[i]);
            split.get(part)[filled[part]++] = rows[i];
        }
        return split;
    }

    /** Lets the log forget what is in files. */
    void cutLog(LongSupplier appliedEnd) {
        flushing.lock();
        try {
            cutLog(appliedEnd.getAsLong());
        } finally {
            flushing.unlock();
        }
    }

    private void cutLog(long appliedEnd) {
        long needed = tables.firstPosition(appliedEnd);
        keys.checkpoint(blobs, needed);
        faults.reached("remembered");
        log.truncateBefore(needed);
        faults.reached("cut");
    }

    /** Lets go of the rows of datasets that are no more. */
    void dropMissing() {
        for (LiveRows live : tables.all()) {
            if (!tables.isPresent(live)) {
                gate.release(tables.discard(live));
            }
        }
    }

    long flushes() {
        return flushes.get();
    }

    long failures() {
        return failures.get();
    }

    @Nullable
    String lastError() {
        return lastError;
    }
}
