package dev.varve.ingest;

import dev.varve.blobstore.BlobStore;
import dev.varve.blobstore.CommitLog;
import dev.varve.blobstore.SharedLog;
import dev.varve.catalog.Catalog;
import dev.varve.catalog.Dataset;
import dev.varve.ingest.decode.CheckedRows;
import dev.varve.ingest.decode.DecodeLimits;
import dev.varve.ingest.decode.Mapping;
import dev.varve.ingest.decode.RowChecker;
import dev.varve.ingest.decode.RowError;
import dev.varve.model.DatasetName;
import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import java.io.InputStream;
import java.time.InstantSource;
import java.util.BitSet;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.vector.BigIntVector;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.dictionary.DictionaryProvider;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes rows in, keeps them durable and visible, and turns them into files.
 *
 * <p>Threads: {@link #append} validates and encodes on the caller's thread. The log writes and fsyncs on its own. One
 * applying thread ({@link Appender}) moves durable batches into memtables in the order of the log and so decides what is
 * visible. Flushes run on one maintenance thread of ingest's own; flushes and compactions on whoever calls {@link #flush},
 * {@link #flushDue} or {@link #compactOnce}. Each dataset's memtable ({@link LiveRows}) has a lock that is held for
 * moments; no lock that an append or a view needs is held during I/O.
 *
 * <p>Limits: bytes in memory ({@link MemoryGate}), batches on their way into the log, keys remembered. An append waits
 * while there is no room, and is refused with OVERLOADED in the end.
 */
public final class Ingest implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Ingest.class);
    private static final long IDLE_SECONDS = 1;
    private static final int KEY_CHARACTERS = 200;
    private static final DictionaryProvider NO_DICTIONARIES = new DictionaryProvider.MapDictionaryProvider();

    private final IngestConfig config;
    private final Catalog catalog;
    private final BufferAllocator memory;
    private final MemoryGate gate;
    private final Intake intake;
    private final Kind kind;
    private final Compactor compactor;
    private final Loader loader;
    private final Cells cells = new Cells();
    private final ReentrantLock waking = new ReentrantLock();
    private final Condition woken = waking.newCondition();
    private final AtomicBoolean pressed = new AtomicBoolean();
    private final @Nullable Thread maintenance;
    private volatile boolean closed;

    /** Opens ingest and replays the log; the log, the catalog, the blobs and the memory stay the caller's to close. */
    public static Ingest open(
            IngestConfig config,
            CommitLog log,
            Catalog catalog,
            BlobStore blobs,
            BufferAllocator memory,
            InstantSource clock) {
        return open(config, log, catalog, blobs, memory, clock, Flusher.FaultPoint.NONE);
    }

    static Ingest open(
            IngestConfig config,
            CommitLog log,
            Catalog catalog,
            BlobStore blobs,
            BufferAllocator memory,
            InstantSource clock,
            Flusher.FaultPoint faults) {
        return open(
                config,
                catalog,
                blobs,
                memory,
                clock,
                Kind.LOCAL,
                (own, gate, applied) ->
                        new LocalIntake(config, log, catalog, blobs, own, clock, faults, gate, applied));
    }

    /**
     * Opens ingest on one of several nodes, each of which follows all the logs and may take rows for any of them; the log of
     * a dataset's shard {@code i} is {@code logs.get(i)}, on all nodes and for good. Logs, catalog, blobs and memory stay the
     * caller's to close, the logs after this. What fails because the store is not ready may be tried again.
     *
     * @param catalog one that looks what others have changed
     */
    public static Ingest openShared(
            IngestConfig config,
            List<SharedLog> logs,
            Catalog catalog,
            BlobStore blobs,
            BufferAllocator memory,
            InstantSource clock) {
        return openShared(config, logs, catalog, blobs, memory, clock, Flusher.FaultPoint.NONE);
    }

    static Ingest openShared(
            IngestConfig config,
            List<SharedLog> logs,
            Catalog catalog,
            BlobStore blobs,
            BufferAllocator memory,
            InstantSource clock,
            Flusher.FaultPoint faults) {
        return open(
                config,
                catalog,
                blobs,
                memory,
                clock,
                Kind.SHARED,
                (own, gate, applied) ->
                        new SharedIntake(config, logs, catalog, blobs, own, clock, faults, gate, applied));
    }

    private static Ingest open(
            IngestConfig config,
            Catalog catalog,
            BlobStore blobs,
            BufferAllocator memory,
            InstantSource clock,
            Kind kind,
            Opening opening) {
        BufferAllocator own = memory.newChildAllocator("ingest", 0, Long.MAX_VALUE);
        try {
            return new Ingest(config, catalog, blobs, own, clock, kind, opening);
        } catch (RuntimeException e) {
            own.close();
            throw e;
        }
    }

    /** Whose rows are in memory. */
    private enum Kind {
        /** Those of this node, which nobody else writes to files. */
        LOCAL,
        /** Those of all nodes, on all nodes. */
        SHARED
    }

    /** Makes the way of rows into files. */
    private interface Opening {
        Intake open(BufferAllocator memory, MemoryGate gate, Runnable applied);
    }

    private Ingest(
            IngestConfig config,
            Catalog catalog,
            BlobStore blobs,
            BufferAllocator memory,
            InstantSource clock,
            Kind kind,
            Opening opening) {
        this.config = config;
        this.catalog = catalog;
        this.memory = memory;
        this.kind = kind;
        gate = new MemoryGate(2 * config.memtableMaxBytes(), config.memtableMaxWait(), this::press);
        intake = opening.open(memory, gate, this::applied);
        compactor =
                new Compactor(config, catalog, blobs, new FileWriting(blobs, config), memory, clock, intake::compacts);
        loader = new Loader(config, memory, this::appendCanonical);
        maintenance = config.background() == IngestConfig.Background.OWN_THREAD
                ? Thread.ofPlatform().daemon().name("varve-ingest-flush").start(this::maintain)
                : null;
    }

    /**
     * Appends one typed batch: columns by name in any order, {@code time} required, {@code lat} and {@code lon} optional,
     * never {@code cell}, {@code recorded_at} or {@code version}.
     *
     * <p>Waits while too much is in memory. The batch must stay as it is until the future completes, which happens when
     * its rows are durable and visible. With {@link OnError#REJECT_BATCH} and a bad row nothing is written: the answer
     * has no accepted rows and every bad one as rejected.
     */
    public CompletableFuture<Ack> append(
            DatasetName dataset, VectorSchemaRoot rows, @Nullable String idempotencyKey, OnError onError) {
        checkKey(idempotencyKey);
        Dataset target = require(dataset);
        try (CheckedRows checked = RowChecker.check(
                rows, NO_DICTIONARIES, Mapping.DEFAULT, target.schema(), memory, DecodeLimits.DEFAULT, 1)) {
            List<RowError> errors = checked.errors();
            boolean isRefused = onError == OnError.REJECT_BATCH && !errors.isEmpty();
            if (isRefused || checked.batch().getRowCount() == 0) {
                intake.countRejected(errors.size());
                return CompletableFuture.completedFuture(new Ack(0, errors.size(), -1, false, errors));
            }
            return appendCanonical(target, checked.batch(), errors, idempotencyKey);
        }
    }

    /**
     * Decodes a whole body and appends it in batches of at most 65,536 rows; returns when all rows are durable.
     *
     * <p>After a failure some batches may be durable; the same body with the same idempotency key goes on from there. With
     * {@link OnError#REJECT_BATCH} the whole body is decoded before anything is written, and with a bad row nothing is:
     * the answer has no accepted rows and every bad one as rejected. The stream stays the caller's.
     */
    public LoadReport load(LoadRequest request, InputStream body) {
        checkKey(request.idempotencyKey());
        return loader.load(require(request.dataset()), request, body);
    }

    /** Says what {@link #load} would do, and for a dataset that is not there which one could take the body. */
    public Proposal infer(LoadRequest request, InputStream body) {
        return loader.infer(catalog.find(request.dataset()), request, body);
    }

    private static void checkKey(@Nullable String key) {
        if (key != null && (key.isEmpty() || key.length() > KEY_CHARACTERS)) {
            throw new VarveException(
                    ErrorCode.BAD_REQUEST,
                    "an idempotency key has 1 to " + KEY_CHARACTERS + " characters, not " + key.length());
        }
    }

    private CompletableFuture<Ack> appendCanonical(
            Dataset target, VectorSchemaRoot batch, List<RowError> errors, @Nullable String key) {
        BitSet superseded = target.schema().isKeyed()
                ? RowKeys.superseded(List.of(batch), target.schema().key())
                : new BitSet();
        if (superseded.isEmpty()) {
            return appendLatest(target, batch, batch.getRowCount(), errors, key);
        }
        // of rows with one key and time only the last, for they would have the same version
        try (VectorSchemaRoot latest = RowKeys.without(batch, superseded, memory)) {
            return appendLatest(target, latest, batch.getRowCount(), errors, key);
        }
    }

    private CompletableFuture<Ack> appendLatest(
            Dataset target, VectorSchemaRoot batch, int accepted, List<RowError> errors, @Nullable String key) {
        try (BigIntVector cell = cells.of(batch, target.schema().h3Resolution(), memory)) {
            return intake.append(
                    target,
                    StoredFields.logged(target.schema()),
                    Cells.with(batch, cell),
                    accepted,
                    errors,
                    errors.size(),
                    key);
        }
    }

    private Dataset require(DatasetName name) {
        if (closed) {
            throw new VarveException(ErrorCode.NOT_READY, "the node is closing");
        }
        return intake.dataset(name);
    }

    /** The newest snapshot and the acknowledged rows that are not in it. */
    public LiveView view(DatasetName dataset) {
        return intake.view(dataset);
    }

    /** Writes the dataset's rows in memory to files; returns when they are committed. */
    public void flush(DatasetName dataset) {
        intake.flush(dataset);
    }

    public void flushAll() {
        intake.flushAll();
    }

    /**
     * Reads the log again. If it is damaged, all rows in memory are written to files, which makes what is damaged unneeded;
     * throws {@code CORRUPT} if it is still there. Logs that several nodes share are left to those who keep them.
     */
    public void verifyLog() {
        intake.verifyLog();
    }

    /** Flushes the dataset that needs it most; false when none does. */
    public boolean flushDue() {
        return intake.flushDue(pressed.getAndSet(false));
    }

    /** Merges some files of one dataset; false when none need it. */
    public boolean compactOnce() {
        try {
            return compactor.compactOnce();
        } catch (VarveException e) {
            boolean isOvertaken = e.code() == ErrorCode.CONFLICT || e.code() == ErrorCode.DATASET_NOT_FOUND;
            if (kind == Kind.SHARED && isOvertaken) {
                LOG.info("left a compaction to another node: {}", e.getMessage());
                return true;
            }
            throw e;
        }
    }

    /** Called by who has to wait for memory. */
    private void press() {
        pressed.set(true);
        wake();
    }

    /** Called after each batch that became visible. */
    private void applied() {
        if (maintenance != null && gate.used() > Math.min(config.flushMaxBytes(), config.memtableMaxBytes())) {
            wake();
        }
    }

    private void wake() {
        waking.lock();
        try {
            woken.signalAll();
        } finally {
            waking.unlock();
        }
    }

    private void maintain() {
        while (!closed) {
            try {
                intake.tidy();
                if (flushDue()) {
                    continue;
                }
            } catch (RuntimeException e) {
                // the rows stay in memory and in the log; the flusher backs off
                LOG.warn("flush failed and will be tried again: {}", e.getMessage(), e);
            }
            waking.lock();
            try {
                if (!closed && !pressed.get()) {
                    woken.await(IDLE_SECONDS, TimeUnit.SECONDS);
                } else if (!closed) {
                    woken.await(10, TimeUnit.MILLISECONDS);
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            } finally {
                waking.unlock();
            }
        }
    }

    public IngestStatus status() {
        return intake.status(compactor.compactions());
    }

    /**
     * Takes no more rows, writes those in memory to files, unless other nodes have them as well, and lets go of everything.
     */
    @Override
    public void close() {
        close(kind == Kind.LOCAL ? AtClose.FLUSH : AtClose.LEAVE);
    }

    /** What becomes of rows in memory. */
    enum AtClose {
        FLUSH,
        /** They are in the log. */
        LEAVE
    }

    void close(AtClose rows) {
        if (closed) {
            return;
        }
        closed = true;
        try {
            intake.stop();
            wake();
            if (maintenance != null) {
                maintenance.join();
            }
            if (rows == AtClose.FLUSH) {
                flushAll();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (VarveException e) {
            LOG.warn("rows in memory could not be written to files; they are in the log: {}", e.getMessage(), e);
        } finally {
            intake.release();
            memory.close();
        }
    }
}
