package dev.varve.ingest;

import dev.varve.model.Schema;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.locks.ReentrantLock;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.types.pojo.Field;
import org.apache.arrow.vector.util.TransferPair;
import org.jspecify.annotations.Nullable;

/**
 * The rows of one dataset that are not yet in files: its memtable.
 *
 * <p>A list of batches in order of log position. Rows of small appends are collected in a growing <em>tail</em>; a view
 * gets the tail's rows so far as a batch that shares its memory, for what has been written there never changes. Batches
 * below the log position of a snapshot are in its files, so that a snapshot and the rows at or above its position are
 * always a whole, whatever a flush is doing. A flush freezes the tail so that no batch is on both sides; where another
 * process has flushed, a batch may be, and is cut.
 *
 * <p>Threads: any; every method holds the lock for a short time and never during I/O. Only the applying thread adds.
 */
final class LiveRows {
    /** Smaller batches are copied into the tail. */
    static final int SMALL_ROWS = 8_192;

    static final int BATCH_ROWS = 65_536;

    private final UUID dataset;
    private final BufferAllocator memory;
    private final MemoryGate gate;
    private final InstantSource clock;
    private final ReentrantLock lock = new ReentrantLock();
    private final List<LiveBatch> batches = new ArrayList<>();
    private @Nullable VectorSchemaRoot tail;
    private @Nullable LiveBatch tailView;
    private int tailRows;
    private long tailFirst;
    private long tailLast;
    private long tailCharge;
    /** Position below which rows are no longer here, for a snapshot has them. */
    private long dropped;

    private long rows;
    private long bytes;
    private long oldestMillis;
    private boolean discarded;

    /**
     * The oldest rows, held for a flush.
     *
     * @param first position of the first of them
     * @param end position after the last of them
     */
    record Frozen(List<LiveBatch> batches, long first, long end) {
        void release() {
            batches.forEach(LiveBatch::release);
        }
    }

    /** @param gate knows the bytes that are held, until they are released here */
    LiveRows(UUID dataset, BufferAllocator memory, MemoryGate gate, InstantSource clock) {
        this.dataset = dataset;
        this.memory = memory;
        this.gate = gate;
        this.clock = clock;
    }

    /** The id of the dataset. */
    UUID dataset() {
        return dataset;
    }

    /** Takes over the rows of the log's batch at a position above all before, and the bytes held for them. */
    void add(VectorSchemaRoot added, long position, long charge) {
        LogRecord.stamp(added, position);
        lock.lock();
        try {
            if (discarded || position < dropped) {
                added.close();
                gate.release(charge);
                return;
            }
            if (rows == 0) {
                oldestMillis = clock.millis();
            }
            int count = added.getRowCount();
            if (count < SMALL_ROWS) {
                addToTail(added, position);
                tailCharge += charge;
                added.close();
            } else {
                sealTail();
                addWhole(added, position, charge);
            }
            rows += count;
            bytes += charge;
        } finally {
            lock.unlock();
        }
    }

    private void addWhole(VectorSchemaRoot added, long position, long charge) {
        int count = added.getRowCount();
        if (count <= BATCH_ROWS) {
            batches.add(new LiveBatch(added, position, position, charge));
            return;
        }
        for (int from = 0; from < count; from += BATCH_ROWS) {
            VectorSchemaRoot part = slice(added, from, Math.min(BATCH_ROWS, count - from));
            // all of them go at once
            batches.add(new LiveBatch(part, position, position, from == 0 ? charge : 0));
        }
        added.close();
    }

    private void addToTail(VectorSchemaRoot added, long position) {
        int count = added.getRowCount();
        if (tail != null && (tailRows + count > BATCH_ROWS || !tail.getSchema().equals(added.getSchema()))) {
            sealTail();
        }
        VectorSchemaRoot target = tail;
        if (target == null) {
            target = VectorSchemaRoot.create(added.getSchema(), memory);
            for (FieldVector vector : target.getFieldVectors()) {
                vector.setInitialCapacity(Math.max(256, count));
                vector.allocateNew();
            }
            tail = target;
            tailFirst = position;
        }
        for (int c = 0; c < target.getFieldVectors().size(); c++) {
            FieldVector to = target.getVector(c);
            FieldVector from = added.getVector(c);
            for (int i = 0; i < count; i++) {
                to.copyFromSafe(i, tailRows + i, from);
            }
        }
        tailRows += count;
        tailLast = position;
        dropTailView();
    }

    private void dropTailView() {
        if (tailView != null) {
            tailView.release();
            tailView = null;
        }
    }

    /** The tail's rows so far, held by this; null when there are none. */
    private @Nullable LiveBatch tailSoFar() {
        if (tail != null && tailView == null) {
            tail.setRowCount(tailRows);
            tailView = new LiveBatch(slice(tail, 0, tailRows), tailFirst, tailLast, tailCharge);
        }
        return tailView;
    }

    private void sealTail() {
        LiveBatch sealed = tailSoFar();
        if (sealed != null && tail != null) {
            batches.add(sealed);
            tailView = null;
            tail.close();
            tail = null;
            tailRows = 0;
            tailCharge = 0;
        }
    }

    private VectorSchemaRoot slice(VectorSchemaRoot source, int from, int count) {
        List<FieldVector> vectors = new ArrayList<>();
        for (FieldVector vector : source.getFieldVectors()) {
            TransferPair pair = vector.getTransferPair(memory);
            pair.splitAndTransfer(from, count);
            vectors.add((FieldVector) pair.getTo());
        }
        return new VectorSchemaRoot(source.getSchema().getFields(), vectors, count);
    }

    /**
     * The rows that a snapshot lacks, held for the caller; null when some are no longer here or have newer columns, for there
     * is a newer snapshot, or no such dataset any more.
     *
     * @param position of the snapshot in the log
     */
    @Nullable
    List<LiveBatch> above(Schema schema, long position) {
        lock.lock();
        try {
            if (discarded || dropped > position) {
                return null;
            }
            dropBelow(position);
            if (!adapt(schema)) {
                return null;
            }
            List<LiveBatch> held = new ArrayList<>();
            batches.forEach(batch -> held.add(batch.retain()));
            LiveBatch last = tailSoFar();
            if (last != null) {
                held.add(last.retain());
            }
            return held;
        } finally {
            lock.unlock();
        }
    }

    /** Gives batches from before a column was added that column, all null; false if some have columns that are newer. */
    private boolean adapt(Schema schema) {
        org.apache.arrow.vector.types.pojo.Schema wanted = StoredFields.all(schema);
        if (tail != null && !tail.getSchema().equals(wanted)) {
            sealTail();
        }
        for (int i = 0; i < batches.size(); i++) {
            LiveBatch batch = batches.get(i);
            if (batch.rows().getSchema().equals(wanted)) {
                continue;
            }
            if (!wanted.getFields().containsAll(batch.rows().getSchema().getFields())) {
                return false;
            }
            batches.set(
                    i,
                    new LiveBatch(
                            widen(batch.rows(), wanted), batch.firstPosition(), batch.lastPosition(), batch.charge()));
            batch.release();
        }
        return true;
    }

    private VectorSchemaRoot widen(VectorSchemaRoot source, org.apache.arrow.vector.types.pojo.Schema wanted) {
        int count = source.getRowCount();
        List<FieldVector> vectors = new ArrayList<>();
        for (Field field : wanted.getFields()) {
            FieldVector present = source.getVector(field.getName());
            if (present == null) {
                FieldVector missing = field.createVector(memory);
                missing.setInitialCapacity(count);
                missing.allocateNew();
                missing.setValueCount(count);
                vectors.add(missing);
            } else {
                TransferPair pair = present.getTransferPair(memory);
                pair.splitAndTransfer(0, count);
                vectors.add((FieldVector) pair.getTo());
            }
        }
        return new VectorSchemaRoot(wanted.getFields(), vectors, count);
    }

    /**
     * Holds all rows for a flush; they stay visible. Null when there are none, or some have columns that the schema lacks.
     *
     * @param appliedEnd a position below which every batch of the log has been applied
     */
    @Nullable
    Frozen freeze(Schema schema, long appliedEnd) {
        lock.lock();
        try {
            sealTail();
            if (!adapt(schema) || batches.isEmpty()) {
                return null;
            }
            batches.forEach(LiveBatch::retain);
            long end = Math.max(appliedEnd, batches.getLast().lastPosition() + 1);
            return new Frozen(List.copyOf(batches), batches.getFirst().firstPosition(), end);
        } finally {
            lock.unlock();
        }
    }

    /** Lets go of rows that a committed snapshot has in its files: those below its position in the log. */
    void dropBelow(long position) {
        lock.lock();
        try {
            if (discarded || position <= dropped) {
                return;
            }
            dropped = position;
            if (tail != null && tailFirst < position) {
                sealTail();
            }
            long before = bytes;
            while (!batches.isEmpty() && batches.getFirst().firstPosition() < position) {
                LiveBatch first = batches.removeFirst();
                int gone = first.firstRowAt(position);
                int left = first.rows().getRowCount() - gone;
                long charge = left == 0 ? 0 : first.charge() * left / (left + gone);
                rows -= gone;
                bytes -= first.charge() - charge;
                if (left > 0) {
                    VectorSchemaRoot rest = slice(first.rows(), gone, left);
                    batches.addFirst(new LiveBatch(rest, position, first.lastPosition(), charge));
                }
                first.release();
            }
            if (before != bytes) {
                oldestMillis = clock.millis();
                gate.release(before - bytes);
            }
        } finally {
            lock.unlock();
        }
    }

    /** Lets go of everything, for good. */
    void discard() {
        lock.lock();
        try {
            if (discarded) {
                return;
            }
            discarded = true;
            sealTail();
            batches.forEach(LiveBatch::release);
            batches.clear();
            gate.release(bytes);
            rows = 0;
            bytes = 0;
        } finally {
            lock.unlock();
        }
    }

    /** The first log position that is only here; {@code Long.MAX_VALUE} when there are no rows. */
    long firstPosition() {
        lock.lock();
        try {
            return !batches.isEmpty() ? batches.getFirst().firstPosition() : tail != null ? tailFirst : Long.MAX_VALUE;
        } finally {
            lock.unlock();
        }
    }

    long rows() {
        lock.lock();
        try {
            return rows;
        } finally {
            lock.unlock();
        }
    }

    long bytes() {
        lock.lock();
        try {
            return bytes;
        } finally {
            lock.unlock();
        }
    }

    IngestStatus.Live status() {
        lock.lock();
        try {
            long first = Long.MAX_VALUE;
            long last = Long.MIN_VALUE;
            List<LiveBatch> all = new ArrayList<>(batches);
            LiveBatch newest = tailSoFar();
            if (newest != null) {
                all.add(newest);
            }
            for (LiveBatch batch : all) {
                first = Math.min(first, batch.firstMicros());
                last = Math.max(last, batch.lastMicros());
            }
            return new IngestStatus.Live(rows, bytes, first, last);
        } finally {
            lock.unlock();
        }
    }

    /** When the oldest rows came; meaningless without rows. */
    long oldestMillis() {
        lock.lock();
        try {
            return oldestMillis;
        } finally {
            lock.unlock();
        }
    }
}
