package dev.varve.sdk;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.apache.arrow.memory.BufferAllocator;
import org.jspecify.annotations.Nullable;

/**
 * Adds rows to one dataset, without allocating per row.
 *
 * <pre>{@code
 * try (RowWriter w = varve.writer("air")) {
 *     Column station = w.column("station");
 *     Column temp = w.column("temp");
 *     w.time(micros).at(lat, lon).set(station, "KJFK").set(temp, 21.4).add();
 * }
 * }</pre>
 *
 * <p>Rows are collected in Arrow vectors and sent when {@code batchRows} or {@code batchBytes} are reached, {@code
 * linger} after the first row of a batch, or by {@link #flush}. Up to {@code inFlight} batches are under way; then
 * {@link #add} waits, or with {@code buffer=fail} the next row throws {@code BUFFER_FULL} before it is begun and may be
 * tried again later. Each batch is repeated under the key {@code <writerId>-<sequence>} until the node has answered, so
 * that it is stored once. A batch that fails for good makes every later {@link #flush} and {@link #close} fail, and
 * {@link #add} as soon as the next batch would be sent: nothing is ever acknowledged that is not durable.
 *
 * <p>Threads: one thread at a time adds rows, flushes and closes. The linger timer touches the batch only between rows,
 * guarded by {@code gate}. The listener for rejected rows is called on sending threads, perhaps several at a time.
 */
public final class RowWriter implements AutoCloseable {
    private static final int FREE = 0;
    private static final int TAKEN = 1;

    private final String writerId;
    private final RowSender sender;
    private final Options options;
    private final BufferAllocator memory;
    private final List<Column> columns;
    private final Consumer<RowWriter> closed;

    /** TAKEN while a row is being built or a batch is being handed over. */
    private final AtomicInteger gate = new AtomicInteger(FREE);

    private final Queue<RowBatch> spare = new ArrayDeque<>();
    private RowBatch batch;
    private boolean inRow;
    private boolean timeSet;
    private boolean isClosed;
    private long sequence;
    private long rowsSent;
    private long openedNanos;
    private CompletableFuture<Ack> tail = CompletableFuture.completedFuture(Ack.NONE);

    RowWriter(
            DatasetDescription dataset,
            String writerId,
            RowSender sender,
            Options options,
            BufferAllocator parent,
            Consumer<RowWriter> closed) {
        this.writerId = writerId;
        this.sender = sender;
        this.options = options;
        this.closed = closed;
        this.columns = columnsOf(dataset);
        this.memory = parent.newChildAllocator("writer " + writerId, 0, Long.MAX_VALUE);
        this.batch = new RowBatch(columns, options.batchRows(), memory);
    }

    private List<Column> columnsOf(DatasetDescription dataset) {
        List<Column> found = new ArrayList<>();
        found.add(new Column("time", Column.Type.TIMESTAMP, RowBatch.TIME, this));
        found.add(new Column("lat", Column.Type.DOUBLE, RowBatch.LAT, this));
        found.add(new Column("lon", Column.Type.DOUBLE, RowBatch.LON, this));
        for (ColumnSpec column : dataset.columns()) {
            if ("own".equals(column.role())) {
                Column.Type type = Column.Type.valueOf(column.type().toUpperCase(Locale.ROOT));
                found.add(new Column(column.name(), type, found.size(), this));
            }
        }
        return List.copyOf(found);
    }

    /** The handle of an own column. */
    public Column column(String name) {
        for (Column column : columns.subList(RowBatch.LON + 1, columns.size())) {
            if (column.name().equalsIgnoreCase(name)) {
                return column;
            }
        }
        List<String> names = columns.stream().map(Column::name).toList();
        throw new IllegalArgumentException("the dataset has no column '" + name + "' to set; nearest is '"
                + Options.nearest(name, names) + "' of " + names + " (time and place have their own methods)");
    }

    /** Tells of each row that the node refuses, numbered over all rows added here; at most 100 a batch are named. */
    public RowWriter onRejected(Consumer<RowError> listener) {
        sender.onRejected(listener);
        return this;
    }

    /** Begins or dates the row, in microseconds since 1970-01-01T00:00:00Z. */
    public RowWriter time(long micros) {
        begin();
        batch.time(micros);
        timeSet = true;
        return this;
    }

    public RowWriter time(Instant instant) {
        return time(ChronoUnit.MICROS.between(Instant.EPOCH, instant));
    }

    /** Latitude first, then longitude, in degrees. A row without a place is allowed. */
    public RowWriter at(double lat, double lon) {
        begin();
        batch.at(lat, lon);
        return this;
    }

    /** For a float or double column; NaN is stored as null. */
    public RowWriter set(Column column, double value) {
        begin(column);
        batch.set(column, value);
        return this;
    }

    /** For an int, long, float or double column, a timestamp (microseconds since 1970) or a date (days since 1970). */
    public RowWriter set(Column column, long value) {
        begin(column);
        batch.set(column, value);
        return this;
    }

    public RowWriter set(Column column, int value) {
        return set(column, (long) value);
    }

    public RowWriter set(Column column, boolean value) {
        begin(column);
        batch.set(column, value);
        return this;
    }

    /** For a string column; null stores null. */
    public RowWriter set(Column column, @Nullable CharSequence value) {
        begin(column);
        if (value == null) {
            batch.setNull(column);
        } else {
            batch.set(column, value);
        }
        return this;
    }

    /** For a binary column; the bytes are copied. */
    public RowWriter set(Column column, byte[] value) {
        begin(column);
        batch.set(column, value);
        return this;
    }

    public RowWriter setNull(Column column) {
        begin(column);
        batch.setNull(column);
        return this;
    }

    /** Ends the row; columns that were not set are null. */
    public void add() {
        if (!inRow || !timeSet) {
            throw new IllegalStateException("a row needs a time: call time(micros) before add()");
        }
        batch.endRow();
        inRow = false;
        timeSet = false;
        if (batch.rows() == 1) {
            openedNanos = System.nanoTime();
        }
        try {
            if (isFull() && (sender.tryAcquire() || mayWait())) {
                seal();
            }
        } finally {
            gate.set(FREE);
        }
    }

    /** Takes back a row that was begun and not added. */
    public void discard() {
        if (inRow) {
            batch.discardRow();
            inRow = false;
            timeSet = false;
            gate.set(FREE);
        }
    }

    private void begin(Column column) {
        if (!column.belongsTo(this)) {
            throw new IllegalArgumentException("column '" + column + "' is a handle of another writer");
        }
        begin();
    }

    private void begin() {
        if (inRow) {
            return;
        }
        if (isClosed) {
            throw new IllegalStateException("the writer is closed");
        }
        takeGate();
        try {
            if (isFull()) {
                makeRoom();
            }
            inRow = true;
        } finally {
            if (!inRow) {
                gate.set(FREE);
            }
        }
    }

    private void takeGate() {
        while (!gate.compareAndSet(FREE, TAKEN)) {
            Thread.onSpinWait();
        }
    }

    private boolean isFull() {
        return batch.rows() >= options.batchRows() || batch.bytes() >= options.batchBytes();
    }

    /** Waits for a permit where the writer may wait. */
    private boolean mayWait() {
        if (options.buffer() == Options.WhenFull.FAIL) {
            return false;
        }
        sender.acquire();
        return true;
    }

    /** The full batch could not be sent when its last row was added. */
    private void makeRoom() {
        throwFailure();
        if (!sender.tryAcquire() && !mayWait()) {
            throw new VarveClientException(
                    "BUFFER_FULL",
                    sender.inFlight() + " batches are under way and the next is full with " + batch.rows() + " rows",
                    "add the row again later, or connect with buffer=block or a larger inFlight");
        }
        seal();
    }

    /** Hands the batch to a sending thread; the caller holds the gate and a permit. */
    private void seal() {
        if (tail.isCompletedExceptionally()) {
            sender.release();
            throwFailure();
        }
        RowBatch full = batch;
        long before = rowsSent;
        int rows = full.rows();
        String key = writerId + "-" + sequence;
        batch = take();
        sequence++;
        rowsSent += rows;
        CompletableFuture<LoadReport> settled = sender.send(() -> body(full, key, before));
        tail = tail.thenCombine(settled, (ack, report) -> ack.plus(checked(report, rows)));
    }

    /** Copies the batch to the heap and gives its vectors back; runs on the sending thread. */
    private RowSender.Body body(RowBatch full, String key, long rowsBefore) {
        try {
            return new RowSender.Body(ArrowBody.CONTENT_TYPE, "", key, ArrowBody.of(full.sealed()), rowsBefore);
        } finally {
            giveBack(full);
        }
    }

    /** A report must account for each row sent; one for a repeated batch may leave the counts out. */
    static LoadReport checked(LoadReport report, long rows) {
        long told = report.accepted() + report.rejected();
        if (told == rows) {
            return report;
        }
        if (report.duplicate() && told == 0) {
            return new LoadReport(rows, 0, report.position(), true, List.of(), false);
        }
        throw new VarveClientException(
                "STREAM_BROKEN",
                "the node accounts for " + told + " rows of a batch of " + rows,
                "the rows may not be stored");
    }

    private RowBatch take() {
        RowBatch again;
        synchronized (spare) {
            again = spare.poll();
        }
        return again == null ? new RowBatch(columns, options.batchRows(), memory) : again;
    }

    private void giveBack(RowBatch used) {
        used.reset();
        synchronized (spare) {
            spare.add(used);
        }
    }

    /** Called by the timer: sends a batch that has waited for {@code linger}, if no row is being built. */
    void sendIfDue(long nowNanos) {
        if (!gate.compareAndSet(FREE, TAKEN)) {
            return;
        }
        try {
            boolean due = !isClosed
                    && batch.rows() > 0
                    && nowNanos - openedNanos >= options.linger().toNanos();
            if (due && !tail.isCompletedExceptionally() && sender.tryAcquire()) {
                seal();
            }
        } finally {
            gate.set(FREE);
        }
    }

    /**
     * Sends what is collected. The future completes when every row added so far is durable or refused, and fails if any
     * batch has failed for good.
     */
    public CompletableFuture<Ack> flush() {
        if (inRow) {
            throw new IllegalStateException("a row was begun and not added: call add() or discard() before flush()");
        }
        takeGate();
        try {
            if (batch.rows() > 0 && !tail.isCompletedExceptionally()) {
                sender.acquire();
                seal();
            }
            return tail.copy();
        } finally {
            gate.set(FREE);
        }
    }

    /** {@link #flush}, waited for; throws the first failure. */
    public Ack flushAndWait() {
        return await(flush());
    }

    private void throwFailure() {
        if (tail.isCompletedExceptionally()) {
            await(tail);
        }
    }

    /** The value, or the failure as this thread's own exception. */
    static Ack await(CompletableFuture<Ack> future) {
        try {
            return future.join();
        } catch (CompletionException e) {
            if (e.getCause() instanceof VarveClientException failure) {
                throw failure.rethrown();
            }
            throw e;
        }
    }

    /**
     * Sends what is left, waits for all answers and throws the first failure, so that a return means that all rows are
     * durable or were reported as rejected.
     */
    @Override
    public void close() {
        if (isClosed) {
            return;
        }
        boolean unfinished = inRow;
        discard();
        CompletableFuture<Ack> last;
        try {
            last = flush();
        } catch (VarveClientException e) {
            last = CompletableFuture.failedFuture(e);
        }
        sender.awaitIdle();
        takeGate();
        isClosed = true;
        gate.set(FREE);
        closed.accept(this);
        batch.close();
        spare.forEach(RowBatch::close);
        memory.close();
        await(last);
        if (unfinished) {
            throw new VarveClientException(
                    "ROW_UNFINISHED", "the last row was begun and not added, so it is not stored", "call add()");
        }
    }
}
