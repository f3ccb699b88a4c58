package dev.varve.query.leaf;

import dev.varve.model.ErrorCode;
import java.io.IOException;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.TimeStampMicroTZVector;
import org.apache.arrow.vector.TimeStampMicroVector;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.ipc.ArrowReader;
import org.apache.arrow.vector.ipc.message.ArrowFieldNode;
import org.apache.arrow.vector.types.pojo.Schema;
import org.duckdb.DuckDBPreparedStatement;
import org.duckdb.DuckDBResultSet;
import org.jspecify.annotations.Nullable;

/**
 * A running query: its batches, one at a time.
 *
 * <p>For one consumer thread; {@link #close} may come from any thread and at any time, and then stops the query.
 */
public final class LeafRun implements AutoCloseable {
    private final ReentrantLock use = new ReentrantLock();
    private final LeafSession session;
    private final DuckDBPreparedStatement statement;
    private final ResultSet result;
    private final ArrowReader reader;
    private final VectorSchemaRoot batch;
    private final List<Relabelled> relabelled = new ArrayList<>();
    private long rows;
    private boolean ended;
    private boolean closed;

    /** A timestamp column as it comes, and the same memory under its proper type. */
    private record Relabelled(TimeStampMicroVector from, TimeStampMicroTZVector to) {}

    /** Takes the session over only if it returns normally. */
    LeafRun(LeafSession session, int batchRows) {
        this.session = session;
        @Nullable DuckDBPreparedStatement opened = null;
        @Nullable ArrowReader opening = null;
        try {
            opened = session.connection().prepare(session.select());
            session.checkStopped();
            ResultSet executed = opened.executeQuery();
            opening =
                    (ArrowReader) executed.unwrap(DuckDBResultSet.class).arrowExportStream(session.memory(), batchRows);
            VectorSchemaRoot source = opening.getVectorSchemaRoot();
            statement = opened;
            result = executed;
            reader = opening;
            batch = relabel(source);
        } catch (SQLException | IOException | RuntimeException e) {
            closeQuietly(opening);
            closeQuietly(opened);
            throw session.failure(e);
        }
    }

    private VectorSchemaRoot relabel(VectorSchemaRoot source) {
        List<FieldVector> vectors = new ArrayList<>();
        for (FieldVector vector : source.getFieldVectors()) {
            if (vector instanceof TimeStampMicroVector plain) {
                TimeStampMicroTZVector instant =
                        new TimeStampMicroTZVector(plain.getName(), session.memory(), ColumnTypes.UTC);
                relabelled.add(new Relabelled(plain, instant));
                vectors.add(instant);
            } else {
                vectors.add(vector);
            }
        }
        return new VectorSchemaRoot(vectors.stream().map(FieldVector::getField).toList(), vectors, 0);
    }

    public Schema schema() {
        return batch.getSchema();
    }

    /** Rows fetched so far. */
    public long rows() {
        return rows;
    }

    /** Whether there is another batch; at the end everything but the last batch's slot is already released. */
    public boolean next() {
        use.lock();
        try {
            if (ended) {
                return false;
            }
            if (closed) {
                throw session.failure(new IllegalStateException("closed"));
            }
            return session.offVirtual(this::advance);
        } finally {
            use.unlock();
        }
    }

    private boolean advance() {
        try {
            session.checkStopped();
            for (Relabelled column : relabelled) {
                column.to().clear();
            }
            while (reader.loadNextBatch()) {
                int count = reader.getVectorSchemaRoot().getRowCount();
                if (count > 0) {
                    show(count);
                    return true;
                }
            }
            ended = true;
            release();
            return false;
        } catch (IOException | RuntimeException e) {
            RuntimeException failure = session.failure(e);
            release();
            throw failure;
        }
    }

    private void show(int count) {
        for (Relabelled column : relabelled) {
            TimeStampMicroVector from = column.from();
            List<ArrowBuf> buffers = List.of(from.getValidityBuffer(), from.getDataBuffer());
            column.to().loadFieldBuffers(new ArrowFieldNode(count, -1), buffers);
        }
        batch.setRowCount(count);
        rows += count;
    }

    /** Valid until {@link #next} or {@link #close}. */
    public VectorSchemaRoot batch() {
        return batch;
    }

    @Override
    public void close() {
        session.stop(ErrorCode.CANCELLED);
        use.lock();
        try {
            session.offVirtual(this::release);
        } finally {
            use.unlock();
        }
    }

    /** Whether it was still open. */
    private boolean release() {
        if (closed) {
            return false;
        }
        closed = true;
        relabelled.forEach(column -> column.to().close());
        closeQuietly(reader);
        closeQuietly(result);
        closeQuietly(statement);
        session.close();
        return true;
    }

    /** What fails to close here is closed with its connection. */
    private static void closeQuietly(@Nullable AutoCloseable resource) {
        if (resource != null) {
            try {
                resource.close();
            } catch (Exception e) {
                // An interrupted stream may complain once more.
            }
        }
    }
}
