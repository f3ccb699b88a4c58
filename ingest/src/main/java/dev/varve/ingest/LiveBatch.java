package dev.varve.ingest;

import dev.varve.model.Schema;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.arrow.memory.ArrowBuf;
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
    private final AtomicInteger holders = new AtomicInteger(1);
    private long firstMicros = Long.MAX_VALUE;
    private long lastMicros = Long.MIN_VALUE;

    /** Takes the rows over, for one holder. */
    LiveBatch(VectorSchemaRoot rows, long firstPosition, long lastPosition) {
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
