package dev.varve.ingest;

import dev.varve.catalog.Dataset;
import dev.varve.catalog.Snapshot;
import dev.varve.model.Schema;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
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
 * below the log position of a snapshot are in its files, so that a snapshot and the batches at or above its position are
 * always a whole, whatever a flush is doing; a flush freezes the tail so that no batch is on both sides.
 *
 * <p>Threads: any; every method holds the lock for a short time and never during I/O. Only the applying thread adds.
 */
final class LiveRows {
    /** Smaller batches are copied into the tail. */
    static final int SMALL_ROWS = 8_192;

    static final int BATCH_ROWS = 65_536;

    private final Dataset dataset;
    private final BufferAllocator memory;
    private final ReentrantLock lock = new ReentrantLock();
    private final List<LiveBatch> batches = new ArrayList<>();
    private @Nullable VectorSchemaRoot tail;
    private @Nullable LiveBatch tailView;
    private int tailRows;
    private long tailFirst;
    private long tailLast;
    private long rows;
    private long bytes;
    private long oldestMillis;
    private boolean discarded;
    /** What the last flush froze, while nobody knows whether its commit took place. */
    private @Nullable Frozen attempted;

    /**
     * The oldest rows, held for a flush.
     *
     * @param end position after the last of them
     */
    record Frozen(List<LiveBatch> batches, long rows, long bytes, long end) {
        void release() {
            batches.forEach(LiveBatch::release);
        }
    }

    LiveRows(Dataset dataset, BufferAllocator memory) {
        this.dataset = dataset;
        this.memory = memory;
    }

    Dataset dataset() {
        return dataset;
    }

    /** Takes over the rows of the log's batch at a position above all before; false when the dataset is gone. */
    boolean add(VectorSchemaRoot added, long position, long charge, long nowMillis) {
        LogRecord.stamp(added, position);
        lock.lock();
        try {
            if (discarded) {
                added.close();
                return false;
            }
            if (rows == 0) {
                oldestMillis = nowMillis;
            }
            int count = added.getRowCount();
            if (count < SMALL_ROWS) {
                addToTail(added, position);
                added.close();
            } else {
                sealTail();
                addWhole(added, position);
            }
            rows += count;
            bytes += charge;
            return true;
        } finally {
            lock.unlock();
        }
    }

    private void addWhole(VectorSchemaRoot added, long position) {
        int count = added.getRowCount();
        if (count <= BATCH_ROWS) {
            batches.add(new LiveBatch(added, position, position));
            return;
        }
        for (int from = 0; from < count; from += BATCH_ROWS) {
            VectorSchemaRoot part = slice(added, from, Math.min(BATCH_ROWS, count - from));
            batches.add(new LiveBatch(part, position, position));
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
            tailView = new LiveBatch(slice(tail, 0, tailRows), tailFirst, tailLast);
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

    /** The snapshot, as it is now, and the rows above it; null when the dataset is gone. */
    @Nullable
    LiveView view(Supplier<Snapshot> newest) {
        lock.lock();
        try {
            if (discarded) {
                return null;
            }
            Snapshot snapshot = newest.get();
            if (!snapshot.dataset().id().equals(dataset.id())) {
                return null;
            }
            adapt(snapshot.schema());
            List<LiveBatch> held = new ArrayList<>();
            for (LiveBatch batch : batches) {
                if (batch.firstPosition() >= snapshot.logPosition()) {
                    held.add(batch.retain());
                }
            }
            LiveBatch last = tailSoFar();
            if (last != null) {
                held.add(last.retain());
            }
            return new HeldView(snapshot, held);
        } finally {
            lock.unlock();
        }
    }

    /** Gives batches from before a column was added that column, all null. */
    private void adapt(Schema schema) {
        org.apache.arrow.vector.types.pojo.Schema wanted = StoredFields.all(schema);
        if (tail != null && !tail.getSchema().equals(wanted)) {
            sealTail();
        }
        for (int i = 0; i < batches.size(); i++) {
            LiveBatch batch = batches.get(i);
            if (!batch.rows().getSchema().equals(wanted)) {
                batches.set(i, new LiveBatch(widen(batch.rows(), wanted), batch.firstPosition(), batch.lastPosition()));
                batch.release();
            }
        }
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
     * Holds all rows for a flush; they stay visible. Null when there are none.
     *
     * @param appliedEnd a position below which every batch of the log has been applied
     */
    @Nullable
    Frozen freeze(Schema schema, long appliedEnd) {
        lock.lock();
        try {
            sealTail();
            adapt(schema);
            if (batches.isEmpty()) {
                return null;
            }
            batches.forEach(LiveBatch::retain);
            long end = Math.max(appliedEnd, batches.getLast().lastPosition() + 1);
            attempted = new Frozen(List.copyOf(batches), rows, bytes, end);
            return attempted;
        } finally {
            lock.unlock();
        }
    }

    /** Lets go of the rows of a flush that was committed although it failed; returns the bytes that were held. */
    long reconcile(Snapshot snapshot, long nowMillis) {
        lock.lock();
        try {
            Frozen last = attempted;
            if (last == null || snapshot.logPosition() < last.end()) {
                return 0;
            }
            flushed(last, nowMillis);
            return last.bytes();
        } finally {
            lock.unlock();
        }
    }

    /** Lets go of rows that a committed snapshot has in its files. */
    void flushed(Frozen frozen, long nowMillis) {
        lock.lock();
        try {
            if (discarded) {
                return;
            }
            long end = frozen.end();
            while (!batches.isEmpty() && batches.getFirst().lastPosition() < end) {
                batches.removeFirst().release();
            }
            rows -= frozen.rows();
            bytes -= frozen.bytes();
            oldestMillis = nowMillis;
            attempted = null;
        } finally {
            lock.unlock();
        }
    }

    /** Lets go of everything, for good; returns the bytes that were held. */
    long discard() {
        lock.lock();
        try {
            if (discarded) {
                return 0;
            }
            discarded = true;
            sealTail();
            batches.forEach(LiveBatch::release);
            batches.clear();
            long held = bytes;
            rows = 0;
            bytes = 0;
            return held;
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

    /** A snapshot with the batches above it, held until closed. */
    private static final class HeldView implements LiveView {
        private final Snapshot snapshot;
        private final List<LiveBatch> held;
        private final List<VectorSchemaRoot> rows;
        private boolean closed;

        HeldView(Snapshot snapshot, List<LiveBatch> held) {
            this.snapshot = snapshot;
            this.held = held;
            this.rows = held.stream().map(LiveBatch::rows).toList();
        }

        @Override
        public Snapshot snapshot() {
            return snapshot;
        }

        @Override
        public List<VectorSchemaRoot> batches() {
            return rows;
        }

        @Override
        public synchronized void close() {
            if (!closed) {
                closed = true;
                held.forEach(LiveBatch::release);
            }
        }
    }
}
