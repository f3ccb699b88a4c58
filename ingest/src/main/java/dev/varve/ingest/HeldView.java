package dev.varve.ingest;

import dev.varve.catalog.Snapshot;
import java.util.List;
import org.apache.arrow.vector.VectorSchemaRoot;

/** A snapshot with the batches above it, held until closed. */
final class HeldView implements LiveView {
    private final Snapshot snapshot;
    private final List<LiveBatch> held;
    private final List<VectorSchemaRoot> rows;
    private boolean closed;

    /** Takes over the batches. */
    HeldView(Snapshot snapshot, List<LiveBatch> held) {
        this.snapshot = snapshot;
        this.held = List.copyOf(held);
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
