package dev.varve.ingest;

import dev.varve.blobstore.SharedLog;
import dev.varve.catalog.Dataset;
import dev.varve.ingest.decode.RowError;
import dev.varve.model.Column;
import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.jspecify.annotations.Nullable;

/**
 * Cuts batches into records, each for one shard and not too large for it, appends them all and tells when all are durable.
 *
 * <p>A record's idempotency key is the batch's with the shard and a number, its digest that of the whole batch: a batch that
 * is sent again completes what is missing of it. Whether a record is the first of its key is decided where it is applied.
 * Thread-safe.
 */
final class SharedAppender implements AutoCloseable {
    /** Of the values in a record, so that with all else it stays below what a log takes. */
    private static final long MOST_VALUE_BYTES = 4L << 20;

    private static final long LONGEST_STOP_SECONDS = 20;
    private static final long PAUSE_NANOS = 2_000_000;

    private final List<RowShard> shards;
    private final MemoryGate gate;
    private final BufferAllocator memory;
    private final AtomicLong reserved;
    private final InstantSource clock;
    private final int mostInFlight;
    private final Duration maxWait;
    private final Semaphore places;
    private final Set<OwnRecord> inFlight = ConcurrentHashMap.newKeySet();
    private final Executor telling =
            task -> Thread.ofVirtual().name("ingest-ack").start(task);
    private final LongAdder accepted = new LongAdder();
    private final LongAdder rejected = new LongAdder();
    private volatile boolean isClosed;

    /** A batch to append. */
    private record Batch(
            Dataset dataset,
            List<Column> columns,
            @Nullable String key,
            long digest,
            long recordedAtMicros,
            long acceptedRows,
            long rejectedRows) {}

    /** A record with its bytes. */
    private record Part(RowShard shard, OwnRecord own, ByteBuffer bytes) {}

    /** What became of a record; {@code failure} null if it is durable. */
    private record Outcome(
            long position,
            long accepted,
            long rejected,
            boolean isDuplicate,
            @Nullable VarveException failure) {}

    SharedAppender(
            IngestConfig config,
            List<RowShard> shards,
            MemoryGate gate,
            BufferAllocator memory,
            AtomicLong reserved,
            InstantSource clock) {
        this.shards = shards;
        this.gate = gate;
        this.memory = memory;
        this.reserved = reserved;
        this.clock = clock;
        this.mostInFlight = config.inFlight();
        this.maxWait = config.memtableMaxWait();
        this.places = new Semaphore(mostInFlight);
    }

    CompletableFuture<Ack> append(
            Dataset dataset,
            List<Column> columns,
            VectorSchemaRoot rows,
            long acceptedRows,
            List<RowError> errors,
            long rejectedRows,
            @Nullable String key) {
        shards.forEach(RowShard::checkWhole);
        Instant now = clock.instant();
        Batch batch = new Batch(
                dataset,
                columns,
                key,
                key == null ? 0 : RowDigest.of(rows),
                ChronoUnit.MICROS.between(Instant.EPOCH, now),
                acceptedRows,
                rejectedRows);
        if (key != null) {
            for (RowShard shard : shards) {
                ShardKeys.Entry known = shard.keys().find(keyOf(batch, shard, 0));
                if (known != null && known.digest() != batch.digest()) {
                    throw conflict();
                }
            }
        }
        // what is in the batch, and as much again for a moment
        long estimate = charge(rows);
        gate.reserve(estimate);
        reserved.addAndGet(estimate);
        List<Part> parts;
        try {
            parts = parts(batch, rows);
        } finally {
            reserved.addAndGet(-estimate);
            gate.release(estimate);
        }
        List<CompletableFuture<Outcome>> outcomes = new ArrayList<>();
        parts.forEach(part -> outcomes.add(send(part, batch)));
        return CompletableFuture.allOf(outcomes.toArray(CompletableFuture<?>[]::new))
                .thenApplyAsync(
                        nothing -> ack(
                                outcomes.stream().map(CompletableFuture::join).toList(), errors),
                        telling);
    }

    private static KeyHash keyOf(Batch batch, RowShard shard, int number) {
        return KeyHash.of(batch.dataset().id(), batch.key() + "/" + shard.number() + "/" + number);
    }

    private static VarveException conflict() {
        return new VarveException(ErrorCode.IDEMPOTENCY_CONFLICT, "this idempotency key came before with other rows")
                .withHint("use a new key for new rows, and the same key only to send the same rows again");
    }

    private static long charge(VectorSchemaRoot rows) {
        long bytes = 2L * Long.BYTES * rows.getRowCount();
        for (FieldVector vector : rows.getFieldVectors()) {
            bytes += vector.getBufferSize();
        }
        return bytes;
    }

    /** The records of a batch; the first has what is not of rows. Memory is taken for them. */
    private List<Part> parts(Batch batch, VectorSchemaRoot rows) {
        int[] targets = RowRouting.shards(batch.dataset().schema(), rows, shards.size());
        List<Part> parts = new ArrayList<>();
        long[] left = {batch.acceptedRows() - rows.getRowCount(), batch.rejectedRows()};
        try {
            for (RowShard shard : shards) {
                int[] ofShard = RowRouting.rowsOf(targets, shard.number());
                int number = 0;
                for (int[] ofRecord : cut(rows, ofShard)) {
                    number = add(parts, batch, shard, rows, ofRecord, number, left);
                }
            }
            return parts;
        } catch (RuntimeException | Error e) {
            parts.forEach(part -> giveUp(part.own()));
            throw e;
        }
    }

    /**
     * Rows of records: by their values alone, not by columns that are all null, for a batch that is sent again after a column
     * was added has to be cut likewise.
     */
    private static List<int[]> cut(VectorSchemaRoot rows, int[] chosen) {
        if (chosen.length == 0) {
            return List.of();
        }
        long bytes = 0;
        for (FieldVector vector : rows.getFieldVectors()) {
            bytes += vector.getNullCount() == rows.getRowCount() ? 0 : vector.getBufferSize();
        }
        long ofChosen = bytes * chosen.length / rows.getRowCount();
        int pieces = (int) Math.min(chosen.length, 1 + ofChosen / MOST_VALUE_BYTES);
        List<int[]> cut = new ArrayList<>();
        for (int i = 0; i < pieces; i++) {
            int from = (int) ((long) chosen.length * i / pieces);
            int to = (int) ((long) chosen.length * (i + 1) / pieces);
            cut.add(IntStream.range(from, to).map(row -> chosen[row]).toArray());
        }
        return cut;
    }

    /** Adds a record, or several if one is too large; returns the number of the next one of the shard. */
    private int add(
            List<Part> parts,
            Batch batch,
            RowShard shard,
            VectorSchemaRoot rows,
            int[] chosen,
            int number,
            long[] left) {
        boolean isAll = chosen.length == rows.getRowCount();
        VectorSchemaRoot picked = isAll ? rows : RowRouting.pick(rows, chosen, memory);
        try {
            LogRecord record = LogRecord.of(
                    batch.dataset().id(),
                    batch.key() == null ? null : keyOf(batch, shard, number),
                    batch.digest(),
                    batch.recordedAtMicros(),
                    chosen.length + left[0],
                    left[1],
                    chosen.length,
                    batch.columns());
            List<FieldVector> vectors = batch.columns().stream()
                    .map(column -> picked.getVector(column.name()))
                    .toList();
            try (ArrowBuf encoded = record.encode(vectors, memory)) {
                if (encoded.writerIndex() <= SharedLog.MAX_RECORD_BYTES) {
                    parts.add(part(shard, record, encoded));
                    left[0] = 0;
                    left[1] = 0;
                    return number + 1;
                }
            }
        } finally {
            if (!isAll) {
                picked.close();
            }
        }
        if (chosen.length == 1) {
            throw new VarveException(
                    ErrorCode.TOO_LARGE, "a row has more than " + SharedLog.MAX_RECORD_BYTES + " bytes");
        }
        int middle = chosen.length / 2;
        int next = add(parts, batch, shard, rows, java.util.Arrays.copyOf(chosen, middle), number, left);
        return add(parts, batch, shard, rows, java.util.Arrays.copyOfRange(chosen, middle, chosen.length), next, left);
    }

    private Part part(RowShard shard, LogRecord record, ArrowBuf encoded) {
        int length = Math.toIntExact(encoded.writerIndex());
        // a copy, for nobody knows how long a log that has failed still reads it
        byte[] bytes = new byte[length];
        encoded.getBytes(0, bytes);
        long charge = RowShard.charge(record, length);
        OwnRecord own = new OwnRecord(record, record.load(encoded, memory), charge);
        gate.take(charge);
        reserved.addAndGet(charge);
        inFlight.add(own);
        return new Part(shard, own, ByteBuffer.wrap(bytes).asReadOnlyBuffer());
    }

    private CompletableFuture<Outcome> send(Part part, Batch batch) {
        OwnRecord own = part.own();
        KeyHash key = own.record().key();
        ShardKeys.Entry known = key == null ? null : part.shard().keys().find(key);
        if (known != null) {
            giveUp(own);
            return CompletableFuture.completedFuture(repeated(known, batch));
        }
        places.acquireUninterruptibly();
        CompletableFuture<Long> appended;
        try {
            if (isClosed) {
                throw new VarveException(ErrorCode.NOT_READY, "the node is closing")
                        .withHint("send the rows again, with the same idempotency key, to another node");
            }
            appended = inOrder(part);
        } catch (RuntimeException e) {
            appended = CompletableFuture.failedFuture(e);
        }
        return appended.handle((position, failure) -> {
            places.release();
            giveUp(own);
            return failure == null ? outcome(part, batch, position) : failed(failure);
        });
    }

    /** Appends; waits here while the log takes no more, so that a caller's later batches do not get ahead. */
    private CompletableFuture<Long> inOrder(Part part) {
        long deadline = System.nanoTime() + maxWait.toNanos();
        while (true) {
            CompletableFuture<Long> appended = part.shard().log().append(part.bytes(), part.own());
            boolean isFull = appended.isCompletedExceptionally()
                    && appended.exceptionNow() instanceof VarveException failure
                    && failure.code() == ErrorCode.OVERLOADED;
            if (!isFull || isClosed || System.nanoTime() - deadline > 0) {
                return appended;
            }
            LockSupport.parkNanos(PAUSE_NANOS);
        }
    }

    private Outcome outcome(Part part, Batch batch, long position) {
        OwnRecord.Result result = part.own().result();
        LogRecord record = part.own().record();
        ShardKeys.Entry first = result == null ? null : result.first();
        if (result == null && record.key() != null) {
            // the follower had only the bytes
            ShardKeys.Entry known = part.shard().keys().find(record.key());
            first = known == null || known.position() == position ? null : known;
        }
        try {
            part.shard().checkWhole();
        } catch (VarveException e) {
            return failed(e);
        }
        return first == null
                ? new Outcome(position, record.accepted(), record.rejected(), false, null)
                : repeated(first, batch);
    }

    private static Outcome repeated(ShardKeys.Entry first, Batch batch) {
        return first.digest() == batch.digest()
                ? new Outcome(first.position(), first.accepted(), first.rejected(), true, null)
                : new Outcome(-1, 0, 0, true, conflict());
    }

    private static Outcome failed(Throwable failure) {
        Throwable cause =
                failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
        VarveException told = cause instanceof VarveException known
                ? known
                : new VarveException(
                                ErrorCode.UNKNOWN_OUTCOME, "nobody knows whether rows are durable: " + cause, cause)
                        .withHint("send the rows again with the same idempotency key");
        return new Outcome(-1, 0, 0, false, told);
    }

    /** Lets go of the rows unless the follower has them. */
    private void giveUp(OwnRecord own) {
        inFlight.remove(own);
        if (own.take()) {
            own.rows().close();
            reserved.addAndGet(-own.charge());
            gate.release(own.charge());
        }
    }

    private Ack ack(List<Outcome> outcomes, List<RowError> errors) {
        long position = -1;
        long acceptedRows = 0;
        long rejectedRows = 0;
        long newRows = 0;
        boolean isDuplicate = true;
        List<VarveException> failures = new ArrayList<>();
        for (Outcome outcome : outcomes) {
            VarveException failure = outcome.failure();
            if (failure != null) {
                failures.add(failure);
                continue;
            }
            position = Math.max(position, outcome.position());
            acceptedRows += outcome.accepted();
            rejectedRows += outcome.rejected();
            isDuplicate &= outcome.isDuplicate();
            if (!outcome.isDuplicate()) {
                newRows += outcome.accepted();
                rejected.add(outcome.rejected());
            }
        }
        accepted.add(newRows);
        if (failures.isEmpty()) {
            return new Ack(acceptedRows, rejectedRows, position, isDuplicate, errors);
        }
        Set<ErrorCode> codes = new HashSet<>();
        failures.forEach(failure -> codes.add(failure.code()));
        if (failures.size() == outcomes.size() && codes.size() == 1) {
            throw failures.getFirst();
        }
        for (VarveException failure : failures) {
            if (failure.code() == ErrorCode.IDEMPOTENCY_CONFLICT) {
                throw failure;
            }
        }
        throw new VarveException(
                        ErrorCode.UNKNOWN_OUTCOME,
                        "of " + outcomes.size() + " parts of the rows " + (outcomes.size() - failures.size())
                                + " are durable: " + failures.getFirst().getMessage(),
                        failures.getFirst())
                .withHint("send all rows again with the same idempotency key");
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

    /** Takes no more batches, and waits a while for those on their way. */
    @Override
    public void close() {
        isClosed = true;
        try {
            if (places.tryAcquire(mostInFlight, LONGEST_STOP_SECONDS, TimeUnit.SECONDS)) {
                places.release(mostInFlight);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        inFlight.forEach(this::giveUp);
    }
}
