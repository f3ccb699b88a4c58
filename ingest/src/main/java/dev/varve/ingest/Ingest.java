package dev.varve.ingest;

import dev.varve.blobstore.BlobStore;
import dev.varve.blobstore.CommitLog;
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
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
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
    private final CommitLog log;
    private final Catalog catalog;
    private final BufferAllocator memory;
    private final MemTables tables;
    private final MemoryGate gate;
    private final KeyWindow keys;
    private final Flusher flusher;
    private final Appender appender;
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
        BufferAllocator own = memory.newChildAllocator("ingest", 0, Long.MAX_VALUE);
        try {
            return new Ingest(config, log, catalog, blobs, own, clock, faults);
        } catch (RuntimeException e) {
            own.close();
            throw e;
        }
    }

    private Ingest(
            IngestConfig config,
            CommitLog log,
            Catalog catalog,
            BlobStore blobs,
            BufferAllocator memory,
            InstantSource clock,
            Flusher.FaultPoint faults) {
        this.config = config;
        this.log = log;
        this.catalog = catalog;
        this.memory = memory;
        tables = new MemTables(catalog, memory);
        gate = new MemoryGate(2 * config.memtableMaxBytes(), config.memtableMaxWait(), this::press);
        keys = new KeyWindow(config, clock);
        flusher = new Flusher(config, log, catalog, blobs, tables, gate, keys, clock, faults);
        try {
            keys.restore(blobs);
            new Replay(config, log, catalog, tables, gate, keys, flusher, memory, clock).run();
        } catch (RuntimeException e) {
            tables.all().forEach(tables::discard);
            throw e;
        }
        appender = new Appender(config, log, tables, gate, keys, memory, clock, this::applied);
        compactor = new Compactor(config, catalog, blobs, flusher.files(), memory, clock);
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
                appender.countRejected(errors.size());
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
            return appender.append(
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
        return catalog.snapshot(name).dataset();
    }

    /** The newest snapshot and the acknowledged rows that are not in it. */
    public LiveView view(DatasetName dataset) {
        return tables.view(dataset);
    }

    /** Writes the dataset's rows in memory to files; returns when they are committed. */
    public void flush(DatasetName dataset) {
        LiveRows live = tables.find(catalog.snapshot(dataset).dataset().id());
        if (live != null) {
            flusher.flush(live, appender::appliedEnd, Flusher.LogCut.AFTERWARDS);
        }
    }

    public void flushAll() {
        for (LiveRows live : tables.all()) {
            flusher.flush(live, appender::appliedEnd, Flusher.LogCut.AFTERWARDS);
        }
    }

    /**
     * Reads the log again. If it is damaged, all rows in memory are written to files, which makes what is damaged unneeded;
     * throws {@code CORRUPT} if it is still there.
     */
    public void verifyLog() {
        try {
            log.verify();
        } catch (VarveException e) {
            if (e.code() != ErrorCode.CORRUPT) {
                throw e;
            }
            LOG.warn("the log of rows is damaged; they are written to files instead", e);
            flushAll();
            flusher.cutLog(appender::appliedEnd);
            log.verify();
        }
    }

    /** Flushes the dataset that needs it most; false when none does. */
    public boolean flushDue() {
        Optional<LiveRows> due = flusher.due(pressed.getAndSet(false));
        return due.isPresent() && flusher.flush(due.get(), appender::appliedEnd, Flusher.LogCut.AFTERWARDS);
    }

    /** Merges some files of one dataset; false when none need it. */
    public boolean compactOnce() {
        return compactor.compactOnce();
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
                flusher.dropMissing();
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
        Map<DatasetName, IngestStatus.Live> live = new HashMap<>();
        for (LiveRows table : tables.all()) {
            if (table.rows() > 0 && tables.isPresent(table)) {
                live.put(table.dataset().name(), table.status());
            }
        }
        return new IngestStatus(
                live,
                gate.used(),
                log.start(),
                appender.appliedEnd(),
                appender.accepted(),
                appender.rejected(),
                flusher.flushes(),
                flusher.failures(),
                compactor.compactions(),
                flusher.lastError());
    }

    /** Takes no more rows, writes those in memory to files and lets go of everything. */
    @Override
    public void close() {
        close(AtClose.FLUSH);
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
            appender.close();
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
            tables.all().forEach(tables::discard);
            memory.close();
        }
    }
}
