package dev.varve.ingest;

import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.jspecify.annotations.Nullable;

/** A record of this node on its way through a shared log, with its rows: whoever takes them first has them. Thread-safe. */
final class OwnRecord {
    private final LogRecord record;
    private final VectorSchemaRoot rows;
    private final long charge;
    private final AtomicBoolean isTaken = new AtomicBoolean();
    private volatile @Nullable Result result;

    /**
     * What became of it.
     *
     * @param first the record that had come with the key before; null if there was none
     */
    record Result(long position, ShardKeys.@Nullable Entry first) {}

    /** @param charge bytes that are held for the rows, and are taken with them */
    OwnRecord(LogRecord record, VectorSchemaRoot rows, long charge) {
        this.record = record;
        this.rows = rows;
        this.charge = charge;
    }

    LogRecord record() {
        return record;
    }

    VectorSchemaRoot rows() {
        return rows;
    }

    long charge() {
        return charge;
    }

    /** Whether the caller now has the rows, to keep or to close. */
    boolean take() {
        return isTaken.compareAndSet(false, true);
    }

    void set(Result value) {
        result = value;
    }

    @Nullable
    Result result() {
        return result;
    }
}
