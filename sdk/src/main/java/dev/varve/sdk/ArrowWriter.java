package dev.varve.sdk;

import java.net.http.HttpRequest.BodyPublisher;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.apache.arrow.vector.VectorSchemaRoot;

/**
 * Adds whole Arrow batches to one dataset: columns by name, {@code time} required, {@code lat} and {@code lon} optional.
 *
 * <p>Batches are sent as they are, up to {@code inFlight} at a time, each under the key {@code <writerId>-<sequence>};
 * beyond that {@link #append} waits, or throws {@code BUFFER_FULL}. One thread at a time uses it.
 */
public final class ArrowWriter implements AutoCloseable {
    private final String writerId;
    private final RowSender sender;
    private final Options options;
    private long sequence;
    private long rowsSent;
    private boolean isClosed;
    private CompletableFuture<Ack> tail = CompletableFuture.completedFuture(Ack.NONE);

    ArrowWriter(String writerId, RowSender sender, Options options) {
        this.writerId = writerId;
        this.sender = sender;
        this.options = options;
    }

    /** Tells of each refused row, numbered over all rows appended here; at most 100 a batch are named. */
    public ArrowWriter onRejected(Consumer<RowError> listener) {
        sender.onRejected(listener);
        return this;
    }

    /** Copies and sends the batch, which the caller may change at once; the future tells what became of its rows. */
    public CompletableFuture<LoadReport> append(VectorSchemaRoot batch) {
        if (isClosed) {
            throw new IllegalStateException("the writer is closed");
        }
        if (!sender.tryAcquire()) {
            if (options.buffer() == Options.WhenFull.FAIL) {
                throw new VarveClientException(
                        "BUFFER_FULL",
                        sender.inFlight() + " batches are under way",
                        "append the batch again later, or connect with buffer=block");
            }
            sender.acquire();
        }
        BodyPublisher bytes;
        try {
            bytes = ArrowBody.of(batch);
        } catch (RuntimeException e) {
            sender.release();
            throw e;
        }
        long before = rowsSent;
        long rows = batch.getRowCount();
        String key = writerId + "-" + sequence;
        sequence++;
        rowsSent += rows;
        CompletableFuture<LoadReport> settled = sender.send(
                        () -> new RowSender.Body(ArrowBody.CONTENT_TYPE, "", key, bytes, before))
                .thenApply(report -> RowWriter.checked(report, rows));
        tail = tail.thenCombine(settled, Ack::plus);
        return settled;
    }

    /** Completes when every batch appended so far is settled; fails if any has failed for good. */
    public CompletableFuture<Ack> flush() {
        return tail.copy();
    }

    /** Waits for all answers and throws the first failure. */
    @Override
    public void close() {
        if (!isClosed) {
            isClosed = true;
            sender.awaitIdle();
            RowWriter.await(tail);
        }
    }
}
