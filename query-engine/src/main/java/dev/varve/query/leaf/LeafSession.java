package dev.varve.query.leaf;

import dev.varve.model.Column;
import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import dev.varve.query.plan.LeafInput;
import dev.varve.query.plan.PlannedQuery;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import java.util.function.Supplier;
import org.apache.arrow.c.ArrowArrayStream;
import org.apache.arrow.c.Data;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.ipc.ArrowReader;
import org.duckdb.DuckDBChunkedResult;
import org.duckdb.DuckDBConnection;
import org.duckdb.DuckDBPreparedStatement;
import org.jspecify.annotations.Nullable;

/**
 * What one running query holds: a slot, a connection, its live streams, its memory and its deadline.
 *
 * <p>Used by one thread at a time; {@link #stop} by any.
 */
final class LeafSession implements AutoCloseable {
    private static final int REPEAT_MILLIS = 20;

    private final LeafEngine engine;
    private final LeafLimits limits;
    private final PlannedQuery query;
    private final List<LeafInput> inputs;
    private final Function<String, Path> files;
    private final DuckDBConnection connection;
    private final BufferAllocator memory;
    private final List<AutoCloseable> streams = new ArrayList<>();
    private final AtomicReference<@Nullable ErrorCode> stopped = new AtomicReference<>();
    private final ScheduledFuture<?> deadline;
    private @Nullable ScheduledFuture<?> interrupts;
    private boolean closed;

    /** The slot is already taken; it is given back on close. */
    LeafSession(
            LeafEngine engine,
            PlannedQuery query,
            List<LeafInput> inputs,
            Function<String, Path> files,
            LeafLimits limits,
            long remainingNanos)
            throws SQLException {
        this.engine = engine;
        this.query = query;
        this.inputs = inputs;
        this.files = files;
        this.limits = limits;
        connection = engine.connect();
        memory = engine.memory().newChildAllocator("query", 0, Long.MAX_VALUE);
        engine.regions().open(query.regions());
        deadline = engine.timer().schedule(() -> stop(ErrorCode.TIMEOUT), remainingNanos, TimeUnit.NANOSECONDS);
        limits.stop().onCancel(() -> stop(ErrorCode.CANCELLED));
    }

    BufferAllocator memory() {
        return memory;
    }

    DuckDBConnection connection() {
        return connection;
    }

    <T> T offVirtual(Supplier<T> work) {
        return engine.offVirtual(work);
    }

    String select() throws SQLException {
        return sql().select(query, inputs, limits.rows());
    }

    String copy(Path target) throws SQLException {
        return sql().copy(query, inputs, limits.rows(), target.toString());
    }

    private LeafSql sql() {
        return new LeafSql(
                blob -> files.apply(blob).toString(),
                paths -> engine.fileColumns().of(paths, connection),
                new LeafSql.Streams() {
                    @Override
                    public String register(List<Column> columns, boolean numbered, List<VectorSchemaRoot> batches) {
                        return LeafSession.this.register(new LiveStream(memory, columns, numbered, batches));
                    }

                    @Override
                    public String register(List<ByteBuffer> computed) {
                        return LeafSession.this.register(new ComputedStream(memory, computed));
                    }
                });
    }

    private String register(ArrowReader reader) {
        String name = "stream " + streams.size();
        streams.add(reader);
        ArrowArrayStream stream = ArrowArrayStream.allocateNew(memory);
        streams.add(stream);
        Data.exportArrayStream(memory, reader, stream);
        connection.registerArrowStream(name, stream);
        return name;
    }

    /** Interrupts what runs, again and again until the session is closed, for an interrupt between two calls is lost. */
    synchronized void stop(ErrorCode reason) {
        if (!closed && stopped.compareAndSet(null, reason)) {
            interrupts = engine.timer()
                    .scheduleWithFixedDelay(
                            () -> Interruption.interrupt(connection), 0, REPEAT_MILLIS, TimeUnit.MILLISECONDS);
        }
    }

    void checkStopped() {
        ErrorCode reason = stopped.get();
        if (reason != null) {
            throw stoppedBy(reason);
        }
    }

    private VarveException stoppedBy(ErrorCode reason) {
        return reason == ErrorCode.TIMEOUT
                ? new VarveException(
                                ErrorCode.TIMEOUT,
                                "the query ran longer than its limit of "
                                        + limits.timeout().toMillis() + " ms")
                        .withHint("raise the timeout, or narrow the time range or region")
                : new VarveException(ErrorCode.CANCELLED, "the query was cancelled");
    }

    /** The error for the caller, whatever went wrong. */
    VarveException failure(Throwable cause) {
        ErrorCode reason = stopped.get();
        if (reason != null) {
            return stoppedBy(reason);
        }
        return Failures.translate(Failures.isLost(cause) ? found(cause) : cause, engine.isAlone());
    }

    /** The driver loses the error of a streamed query that fails before its first batch, so the query fails again here. */
    private Throwable found(Throwable lost) {
        try (DuckDBPreparedStatement statement = connection.prepare(select());
                DuckDBChunkedResult result = statement.query()) {
            while (result.nextChunk()) {
                checkStopped();
            }
            return lost;
        } catch (SQLException | RuntimeException e) {
            ErrorCode reason = stopped.get();
            return reason == null ? e : stoppedBy(reason);
        }
    }

    @Override
    public void close() {
        synchronized (this) {
            if (closed) {
                return;
            }
            closed = true;
            if (interrupts != null) {
                interrupts.cancel(false);
            }
        }
        limits.stop().forget();
        deadline.cancel(false);
        try {
            connection.close();
            for (AutoCloseable stream : streams.reversed()) {
                stream.close();
            }
            memory.close();
        } catch (SQLException | IOException e) {
            throw new IllegalStateException("a query's connection does not close", e);
        } catch (RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw new IllegalStateException(e);
        } finally {
            engine.regions().close(query.regions());
            engine.release();
        }
    }
}
