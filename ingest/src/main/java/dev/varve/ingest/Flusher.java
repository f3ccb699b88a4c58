package dev.varve.ingest;

import dev.varve.blobstore.BlobStore;
import dev.varve.blobstore.CommitLog;
import dev.varve.catalog.Catalog;
import dev.varve.catalog.DataFile;
import dev.varve.catalog.Dataset;
import dev.varve.catalog.Snapshot;
import dev.varve.model.DatasetName;
import dev.varve.model.ErrorCode;
import dev.varve.model.TimeGrain;
import dev.varve.model.VarveException;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Writes memtables to files: freeze, sort, write, commit, let go, remember keys, cut the log, in that order.
 *
 * <p>After a crash anywhere before the commit the rows come back from the log, and files no snapshot names are garbage;
 * anywhere after it, replay passes over batches below the snapshot's log position. One flush at a time: {@code flushing}
 * is held throughout, by whatever thread flushes, and nothing a reader or an append needs is.
 */
final class Flusher {
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
    private final RunFiles runs;
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
        this.runs = new RunFiles(config, files, faults);
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
            Optional<Dataset> dataset = tables.dataset(live);
            if (dataset.isEmpty()) {
                tables.discard(live);
                return true;
            }
            boolean isDone = write(live, dataset.get().name(), appliedEnd.getAsLong());
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

    private boolean write(LiveRows live, DatasetName name, long appliedEnd) {
        Snapshot snapshot = catalog.snapshot(name);
        // perhaps a flush was committed although it failed
        live.dropBelow(snapshot.logPosition());
        LiveRows.Frozen frozen = live.freeze(snapshot.schema(), appliedEnd);
        if (frozen == null) {
            return false;
        }
        List<DataFile> written = new ArrayList<>();
        try {
            faults.reached("frozen");
            TimeGrain grain = runs.write(snapshot, frozen, written);
            faults.reached("written");
            catalog.append(name, written, frozen.end(), grain);
            faults.reached("committed");
        } catch (VarveException e) {
            if (e.code() == ErrorCode.DATASET_NOT_FOUND && tables.dataset(live).isEmpty()) {
                files.discard(written);
                tables.discard(live);
                return true;
            }
            // whether a failed commit took place is not certain, so its files stay until they are found to be garbage
            throw e;
        } finally {
            frozen.release();
        }
        live.dropBelow(frozen.end());
        flushes.incrementAndGet();
        return true;
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
            if (tables.dataset(live).isEmpty()) {
                tables.discard(live);
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
