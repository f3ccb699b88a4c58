package dev.varve.ingest;

import dev.varve.blobstore.BlobStore;
import dev.varve.blobstore.CommitLog;
import dev.varve.catalog.Catalog;
import dev.varve.catalog.Dataset;
import dev.varve.ingest.decode.RowError;
import dev.varve.model.Column;
import dev.varve.model.DatasetName;
import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Rows of a single node, which alone writes its log and its catalog. */
final class LocalIntake implements Intake {
    private static final Logger LOG = LoggerFactory.getLogger(LocalIntake.class);

    private final CommitLog log;
    private final Catalog catalog;
    private final MemoryGate gate;
    private final MemTables tables;
    private final Flusher flusher;
    private final Appender appender;

    /**
     * Replays the log.
     *
     * @param applied called after each batch that became visible
     */
    LocalIntake(
            IngestConfig config,
            CommitLog log,
            Catalog catalog,
            BlobStore blobs,
            BufferAllocator memory,
            InstantSource clock,
            Flusher.FaultPoint faults,
            MemoryGate gate,
            Runnable applied) {
        this.log = log;
        this.catalog = catalog;
        this.gate = gate;
        tables = new MemTables(catalog, memory, gate, clock);
        KeyWindow keys = new KeyWindow(config, clock);
        flusher = new Flusher(config, log, catalog, blobs, tables, gate, keys, clock, faults);
        try {
            keys.restore(blobs);
            new Replay(config, log, catalog, tables, gate, keys, flusher, memory, clock).run();
        } catch (RuntimeException e) {
            tables.discardAll();
            throw e;
        }
        appender = new Appender(config, log, tables, gate, keys, memory, clock, applied);
    }

    @Override
    public Dataset dataset(DatasetName name) {
        return catalog.snapshot(name).dataset();
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
    public LiveView view(DatasetName dataset) {
        return tables.view(dataset);
    }

    @Override
    public void flush(DatasetName dataset) {
        LiveRows live = tables.find(catalog.snapshot(dataset).dataset().id());
        if (live != null) {
            flusher.flush(live, appender::appliedEnd, Flusher.LogCut.AFTERWARDS);
        }
    }

    @Override
    public void flushAll() {
        for (LiveRows live : tables.all()) {
            flusher.flush(live, appender::appliedEnd, Flusher.LogCut.AFTERWARDS);
        }
    }

    @Override
    public boolean flushDue(boolean isPressed) {
        Optional<LiveRows> due = flusher.due(isPressed);
        return due.isPresent() && flusher.flush(due.get(), appender::appliedEnd, Flusher.LogCut.AFTERWARDS);
    }

    @Override
    public void tidy() {
        flusher.dropMissing();
    }

    @Override
    public boolean compacts(Dataset dataset) {
        return true;
    }

    @Override
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

    @Override
    public IngestStatus status(long compactions) {
        Map<DatasetName, IngestStatus.Live> live = new HashMap<>();
        for (LiveRows table : tables.all()) {
            if (table.rows() > 0) {
                tables.dataset(table).ifPresent(dataset -> live.put(dataset.name(), table.status()));
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
                compactions,
                flusher.lastError());
    }

    @Override
    public void stop() {
        appender.close();
    }

    @Override
    public void release() {
        tables.discardAll();
    }
}
