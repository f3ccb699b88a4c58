package dev.varve.ingest;

import dev.varve.blobstore.CommitLog;
import dev.varve.blobstore.CommitLog.Outcome;
import dev.varve.catalog.Dataset;
import dev.varve.ingest.decode.RowError;
import dev.varve.model.Column;
import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.ReentrantLock;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.jspecify.annotations.Nullable;

/**
 * Puts batches into the log and, once durable, into the memtables, in the order of their positions.
 *
 * <p>The caller's thread encodes and enqueues; {@code order} is held only while the log takes the batch over, so that the
 * queue is in the order of the log. One applying thread takes the queue's head, waits until it is durable, adds it to its
 * memtable and tells the caller, on another thread.
 */
final class Appender implements AutoCloseable {
    /** What a record needs beyond its vectors: the header, padding, the vectors' own objects. */
    private static final long OVERHEAD_BYTES = 4_096;

    private static final long SYSTEM_BYTES = 2 * Long.BYTES;

    private sealed interface Step {}

    /** The last one. */
    private record End() implements Step {}

    /** A batch on its way. */
    private record Pending(
            LiveRows live,
            LogRecord record,
            ArrowBuf bytes,
            VectorSchemaRoot rows,
            long charge,
            CompletableFuture<Outcome> outcome,
            CompletableFuture<Ack> done,
            List<RowError> errors)
            implements Step {}

    private final CommitLog log;
    private final MemTables tables;
    private final MemoryGate gate;
    private final KeyWindow keys;
    private final BufferAllocator memory;
    private final InstantSource clock;
    private final Runnable applied;
    private final Executor telling =
            task -> Thread.ofVirtual().name("ingest-ack").start(task);
    private final ReentrantLock order = new ReentrantLock();
    private final Semaphore places;
    private final BlockingQueue<Step> queue;
    private final Thread applying;
    private final LongAdder accepted = new LongAdder();
    private final LongAdder rejected = new LongAdder();
    private volatile long appliedEnd;
    private volatile @Nullable VarveException broken;
    private volatile boolean closed;

    Appender(
            IngestConfig config,
            CommitLog log,
            MemTables tables,
            MemoryGate gate,
            KeyWindow keys,
            BufferAllocator memory,
            InstantSource clock,
            Runnable applied) {
        this.log = log;
        this.tables = tables;
        this.gate = gate;
        this.keys = keys;
        this.memory = memory;
        this.clock = clock;
        this.applied = applied;
        this.places = new Semaphore(config.inFlight());
        this.queue = new ArrayBlockingQueue<>(config.inFlight() + 1);
        this.appliedEnd = log.end();
        this.applying = Thread.ofPlatform().daemon().name("varve-ingest-apply").start(this::apply);
    }

    /** Below it every batch of the log is in a memtable or a snapshot. */
    long appliedEnd() {
        return appliedEnd;
    }

    /**
     * Appends a canonical batch of at least one row with its cells.
     *
     * @param columns of the batch: time, lat, lon, cell, then own ones
     * @param acceptedRows rows the caller sent and that are accepted, those replaced within the batch included
     */
    CompletableFuture<Ack> append(
            Dataset dataset,
            List<Column> columns,
            VectorSchemaRoot rows,
            long acceptedRows,
            List<RowError> errors,
            long rejectedRows,
            @Nullable String idempotencyKey) {
        VarveException failure = broken;
        if (failure != null) {
            throw failure;
        }
        KeyHash key = idempotencyKey == null ? null : KeyHash.of(dataset.id(), idempotencyKey);
        long digest = key == null ? 0 : RowDigest.of(rows);
        if (key != null) {
            switch (keys.claim(key, digest)) {
                case KeyWindow.Claim.Known(KeyWindow.Entry entry) -> {
                    return CompletableFuture.completedFuture(duplicate(entry, errors));
                }
                case KeyWindow.Claim.Waiting(CompletableFuture<KeyWindow.Entry> first) -> {
                    return first.thenApply(entry -> duplicate(entry, errors));
                }
                case KeyWindow.Claim.First() -> {}
            }
        }
        try {
            Instant now = clock.instant();
            LogRecord record = LogRecord.of(
                    dataset.id(),
                    key,
                    digest,
                    ChronoUnit.MICROS.between(Instant.EPOCH, now),
                    acceptedRows,
                    rejectedRows,
                    rows.getRowCount(),
                    columns);
            return enqueue(dataset, record, rows, errors);
        } catch (RuntimeException | Error e) {
            if (key != null) {
                keys.failed(key, e);
            }
            throw e;
        }
    }

    private static Ack duplicate(KeyWindow.Entry entry, List<RowError> errors) {
        return new Ack(entry.accepted(), entry.rejected(), entry.position(), true, errors);
    }

    private CompletableFuture<Ack> enqueue(
            Dataset dataset, LogRecord record, VectorSchemaRoot rows, List<RowError> errors) {
        long charge = charge(rows);
        gate.reserve(charge);
        boolean isHandedOver = false;
        try {
            ArrowBuf bytes = record.encode(inOrder(record.columns(), rows), memory);
            VectorSchemaRoot stored = null;
            try {
                stored = record.load(bytes, memory);
                ByteBuffer batch = bytes.nioBuffer(0, Math.toIntExact(bytes.writerIndex()));
                Pending pending = handOver(tables.of(dataset), record, bytes, stored, charge, errors, batch);
                isHandedOver = true;
                return pending.done();
            } finally {
                if (!isHandedOver) {
                    bytes.close();
                    if (stored != null) {
                        stored.close();
                    }
                }
            }
        } finally {
            if (!isHandedOver) {
                gate.release(charge);
            }
        }
    }

    private Pending handOver(
            LiveRows live,
            LogRecord record,
            ArrowBuf bytes,
            VectorSchemaRoot stored,
            long charge,
            List<RowError> errors,
            ByteBuffer batch) {
        places.acquireUninterruptibly();
        order.lock();
        try {
            if (closed) {
                throw new VarveException(ErrorCode.NOT_READY, "the node is closing")
                        .withHint("send the rows again, with the same idempotency key, when it is back");
            }
            CompletableFuture<Outcome> outcome = log.append(batch, CommitLog.ANYWHERE);
            Pending pending =
                    new Pending(live, record, bytes, stored, charge, outcome, new CompletableFuture<>(), errors);
            queue.add(pending);
            return pending;
        } catch (RuntimeException e) {
            places.release();
            throw e;
        } finally {
            order.unlock();
        }
    }

    private static long charge(VectorSchemaRoot rows) {
        long bytes = OVERHEAD_BYTES + SYSTEM_BYTES * rows.getRowCount();
        if (rows.getRowCount() < LiveRows.SMALL_ROWS) {
            bytes -= OVERHEAD_BYTES / 2;
        }
        for (FieldVector vector : rows.getFieldVectors()) {
            bytes += vector.getBufferSize();
        }
        return bytes;
    }

    private static List<FieldVector> inOrder(List<Column> columns, VectorSchemaRoot rows) {
        List<FieldVector> vectors = new ArrayList<>(columns.size());
        for (Column column : columns) {
            vectors.add(rows.getVector(column.name()));
        }
        return vectors;
    }

    private void apply() {
        while (true) {
            try {
                switch (queue.take()) {
                    case Pending head -> apply(head);
                    case End() -> {
                        return;
                    }
                }
            } catch (InterruptedException e) {
                throw new IllegalStateException("nobody interrupts the applying thread", e);
            }
        }
    }

    private void apply(Pending head) {
        RuntimeException failure = null;
        long position = -1;
        try {
            switch (head.outcome().join()) {
                case Outcome.Appended(long at) -> position = at;
                case Outcome.Fenced(long end) ->
                    failure = breakDown(new VarveException(
                                    ErrorCode.STORAGE, "another writer has taken over the commit log at " + end)
                            .withHint(
                                    "send the rows again, with the same idempotency key, to the node that writes now"));
                case Outcome.Unknown(Throwable cause) ->
                    failure = breakDown(new VarveException(
                                    ErrorCode.STORAGE,
                                    "nobody knows whether the rows are durable: " + cause.getMessage(),
                                    cause)
                            .withHint("restart the node and send the rows again with the same idempotency key"));
            }
        } catch (CompletionException e) {
            // the log says that nothing was written
            failure = e.getCause() instanceof RuntimeException cause ? cause : e;
        }
        LogRecord record = head.record();
        KeyHash key = record.key();
        if (failure == null) {
            try {
                head.live().add(head.rows(), position, head.charge());
                appliedEnd = position + 1;
            } catch (RuntimeException e) {
                failure = breakDown(new VarveException(
                        ErrorCode.STORAGE, "rows are durable but do not fit into memory: " + e.getMessage(), e));
            }
        } else {
            head.rows().close();
            gate.release(head.charge());
        }
        head.bytes().close();
        places.release();
        if (failure == null) {
            accepted.add(record.accepted());
            rejected.add(record.rejected());
            if (key != null) {
                keys.applied(new KeyWindow.Entry(
                        key, record.digest(), position, record.accepted(), record.rejected(), clock.millis()));
            }
            Ack ack = new Ack(record.accepted(), record.rejected(), position, false, head.errors());
            head.done().completeAsync(() -> ack, telling);
            applied.run();
        } else {
            RuntimeException told = failure;
            if (key != null) {
                keys.failed(key, told);
            }
            telling.execute(() -> head.done().completeExceptionally(told));
        }
    }

    private VarveException breakDown(VarveException failure) {
        if (broken == null) {
            broken = failure;
        }
        return failure;
    }

    long accepted() {
        return accepted.sum();
    }

    long rejected() {
        return rejected.sum();
    }

    void countRejected(long rows) {
        rejected.add(rows);
    }

    /** Takes no more batches, and waits until those on their way are applied. */
    @Override
    public void close() {
        order.lock();
        try {
            if (closed) {
                return;
            }
            closed = true;
        } finally {
            order.unlock();
        }
        try {
            queue.put(new End());
            applying.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new VarveException(ErrorCode.INTERNAL, "interrupted while closing", e);
        }
    }
}
