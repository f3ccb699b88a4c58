package dev.varve.query;

import dev.varve.catalog.DataFile;
import dev.varve.query.OpenLeaves.OpenLeaf;
import dev.varve.query.leaf.Cancellation;
import dev.varve.query.leaf.LeafRun;
import java.time.Instant;
import java.util.List;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.types.pojo.Schema;
import org.jspecify.annotations.Nullable;

/**
 * An answer that is being computed.
 *
 * <p>For one consumer thread; {@link #close} may come from any thread, releases everything and cancels a running query.
 */
public final class Query implements AutoCloseable {
    private final QueryEngine engine;
    private final RunningQuery description;
    private final Cancellation cancellation = new Cancellation();
    private final long startNanos = System.nanoTime();
    private long plannedNanos;
    private volatile long endNanos;
    private @Nullable OpenLeaves leaves;
    private @Nullable LeafRun run;
    private boolean closed;

    Query(QueryEngine engine, RunningQuery description) {
        this.engine = engine;
        this.description = description;
    }

    public String id() {
        return description.id();
    }

    RunningQuery description() {
        return description;
    }

    Cancellation cancellation() {
        return cancellation;
    }

    Instant started() {
        return description.started();
    }

    long elapsedNanos() {
        return System.nanoTime() - startNanos;
    }

    void planned() {
        plannedNanos = elapsedNanos();
    }

    void reads(OpenLeaves opened) {
        leaves = opened;
    }

    void runs(LeafRun started) {
        run = started;
    }

    private LeafRun run() {
        if (run == null) {
            throw new IllegalStateException("query " + id() + " was not started");
        }
        return run;
    }

    public Schema schema() {
        return run().schema();
    }

    /** Whether there is another batch; errors of the running query come from here. */
    public boolean next() {
        boolean more = run().next();
        if (!more && endNanos == 0) {
            endNanos = System.nanoTime();
        }
        return more;
    }

    /** Valid until {@link #next} or {@link #close}. */
    public VectorSchemaRoot batch() {
        return run().batch();
    }

    /** What was done up to now, or to the end. */
    public QueryStats stats() {
        List<OpenLeaf> open = leaves == null ? List.of() : leaves.leaves();
        long end = endNanos == 0 ? System.nanoTime() : endNanos;
        return new QueryStats(
                run == null ? 0 : run.rows(),
                plannedNanos / 1_000_000,
                (end - startNanos - plannedNanos) / 1_000_000,
                open.stream().mapToLong(leaf -> leaf.snapshot().files().size()).sum(),
                open.stream().mapToLong(leaf -> leaf.files().size()).sum(),
                open.stream().mapToLong(leaf -> leaf.snapshot().bytes()).sum(),
                open.stream()
                        .flatMap(leaf -> leaf.files().stream())
                        .mapToLong(DataFile::bytes)
                        .sum(),
                open.stream().mapToLong(OpenLeaf::liveRows).sum());
    }

    @Override
    public void close() {
        synchronized (this) {
            if (closed) {
                return;
            }
            closed = true;
        }
        try {
            if (run != null) {
                run.close();
            }
        } finally {
            try {
                if (leaves != null) {
                    leaves.close();
                }
            } finally {
                engine.ended(this);
            }
        }
    }
}
