package dev.varve.server.flight;

import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import dev.varve.server.metrics.Metrics;
import dev.varve.server.wire.SqlAnswer;
import dev.varve.server.wire.SqlEngine;
import dev.varve.server.wire.SqlRequest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.apache.arrow.flight.FlightProducer.ServerStreamListener;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.vector.VectorLoader;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.VectorUnloader;
import org.apache.arrow.vector.ipc.message.ArrowRecordBatch;

/**
 * Sends the answer of one {@code DoGet}.
 *
 * <p>Runs on a thread of its own, never on the call's: gRPC tells a call one thing after another, so whoever waits on the
 * call's thread is not told that the client takes more, or has gone.
 */
final class GetStream {
    private final SqlEngine engine;
    private final ServerStreamListener listener;
    private final BufferAllocator memory;
    private final Metrics.Counter rowsOut;
    private final Duration clientTimeout;
    private final String id = UUID.randomUUID().toString();
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition told = lock.newCondition();

    GetStream(
            SqlEngine engine,
            ServerStreamListener listener,
            BufferAllocator memory,
            Metrics.Counter rowsOut,
            Duration clientTimeout) {
        this.engine = engine;
        this.listener = listener;
        this.memory = memory;
        this.rowsOut = rowsOut;
        this.clientTimeout = clientTimeout;
        listener.setOnReadyHandler(this::tell);
        listener.setOnCancelHandler(() -> {
            engine.cancel(id);
            tell();
        });
    }

    void fail(Throwable failure) {
        if (!listener.isCancelled()) {
            listener.error(FlightProblem.of(failure, id));
        }
    }

    void run(byte[] ticket) {
        try {
            try (SqlAnswer answer = engine.start(SqlRequest.ofJsonOrSql(ticket), id)) {
                send(answer);
            }
            if (!listener.isCancelled()) {
                listener.completed();
            }
        } catch (Throwable failure) {
            // A call ends here.
            fail(failure);
        }
    }

    /**
     * Copies each batch out of the query's memory and lets Flight send that copy as it is: while the network takes one batch
     * the engine computes the next, and nothing of the query is held when it ends.
     */
    private void send(SqlAnswer answer) {
        try (VectorSchemaRoot root = VectorSchemaRoot.create(answer.schema(), memory)) {
            listener.setUseZeroCopy(true);
            listener.start(root);
            VectorLoader loader = new VectorLoader(root);
            while (answer.next()) {
                awaitReady();
                try (ArrowRecordBatch copy = copied(answer.batch())) {
                    loader.load(copy);
                }
                rowsOut.add(root.getRowCount());
                listener.putNext();
                root.clear();
            }
        }
    }

    private ArrowRecordBatch copied(VectorSchemaRoot batch) {
        List<ArrowBuf> copies = new ArrayList<>();
        try (ArrowRecordBatch shared = new VectorUnloader(batch).getRecordBatch()) {
            for (ArrowBuf buffer : shared.getBuffers()) {
                ArrowBuf copy = memory.buffer(buffer.readableBytes());
                copies.add(copy);
                copy.setBytes(0, buffer, buffer.readerIndex(), buffer.readableBytes());
                copy.writerIndex(buffer.readableBytes());
            }
            return new ArrowRecordBatch(shared.getLength(), shared.getNodes(), copies);
        } finally {
            copies.forEach(ArrowBuf::close);
        }
    }

    private void tell() {
        lock.lock();
        try {
            told.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private void awaitReady() {
        lock.lock();
        try {
            long leftNanos = clientTimeout.toNanos();
            while (!listener.isReady()) {
                if (listener.isCancelled()) {
                    throw new VarveException(ErrorCode.CANCELLED, "query " + id + " was cancelled by its client");
                }
                if (leftNanos <= 0) {
                    throw new VarveException(
                            ErrorCode.TIMEOUT,
                            "the client of query " + id + " took no batch for " + clientTimeout.toMillis() + " ms");
                }
                leftNanos = told.awaitNanos(leftNanos);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new VarveException(ErrorCode.CANCELLED, "the node is stopping", e);
        } finally {
            lock.unlock();
        }
    }
}
