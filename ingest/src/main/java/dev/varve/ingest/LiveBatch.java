package dev.varve.ingest;

import dev.varve.model.Schema;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.vector.BigIntVector;
import org.apache.arrow.vector.TimeStampMicroVector;
import org.apache.arrow.vector.VectorSchemaRoot;

/**
 * Rows in memory that no longer change, in stored order; closed with the last who holds them.
 *
 * @see LiveRows
 */
final class LiveBatch {
    private final VectorSchemaRoot rows;
    private final long firstPosition;
    private final long lastPosition;
    private final long charge;
    private final AtomicInteger holders = new AtomicInteger(1);
    private long firstMicros = Long.MAX_VALUE;
    private long lastMicros = Long.MIN_VALUE;

    /**
     * Takes the rows over, for one holder.
     *
     * @param charge bytes that are held for them
     */
    LiveBatch(VectorSchemaRoot rows, long firstPosition, long lastPosition, long charge) {
        this.charge = charge;
        this.rows = rows;
        this.firstPosition = firstPosition;
        this.lastPosition = lastPosition;
        ArrowBuf times = ((TimeStampMicroVector) rows.getVector(Schema.TIME.name())).getDataBuffer();
        for (int i = 0; i < rows.getRowCount(); i++) {
            long micros = times.getLong((long) i << 3);
            firstMicros = Math.min(firstMicros, micros);
            lastMicros = Math.max(lastMicros, micros);
        }
    }

    long firstMicros() {
        return firstMicros;
    }

    long lastMicros() {
        return lastMicros;
    }

    VectorSchemaRoot rows() {
        return rows;
    }

    long firstPosition() {
        return firstPosition;
    }

    long lastPosition() {
        return lastPosition;
    }

    long charge() {
        return charge;
    }

    /** The first row that came at or above a position of the log, or the number of rows. */
    int firstRowAt(long position) {
        BigIntVector version = (BigIntVector) rows.getVector(Schema.VERSION.name());
        int low = 0;
        int high = rows.getRowCount();
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (version.get(middle) < position) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }

    /** Only while someone holds it. */
    LiveBatch retain() {
        holders.incrementAndGet();
        return this;
    }

    void release() {
        if (holders.decrementAndGet() == 0) {
            rows.close();
        }
    }
}
