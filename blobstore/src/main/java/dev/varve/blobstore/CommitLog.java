package dev.varve.blobstore;

import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;

/**
 * An ordered, durable sequence of batches with one writer at a time.
 *
 * <p>Positions count from 0 and have no gaps. A batch is acknowledged only after it is durable on as many disks as the
 * implementation promises. An operation that answered {@link Outcome.Fenced} never takes effect.
 */
public interface CommitLog extends AutoCloseable {
    /** Expected position that means: wherever the end is. */
    long ANYWHERE = -1;

    /** What became of an append. */
    sealed interface Outcome {
        /** The batch is durable at {@code position}. */
        record Appended(long position) implements Outcome {}

        /** The log ends at {@code end}, not where the caller expected, or has another writer; nothing was written. */
        record Fenced(long end) implements Outcome {}

        /** The batch may or may not be in the log; only reopening the log tells. */
        record Unknown(Throwable cause) implements Outcome {}
    }

    /** Receives batches in order of position; the buffer is read-only and valid during the call only. */
    interface Reader {
        void batch(long position, ByteBuffer bytes);
    }

    /**
     * Appends a batch; the future completes after it is durable. Many appends may be in flight; they take effect in the
     * order of the calls. The bytes are not read after the future completes.
     *
     * @param expected the position this batch must get, or {@link #ANYWHERE}
     */
    CompletableFuture<Outcome> append(ByteBuffer batch, long expected);

    /** The position after the last durable batch. */
    long end();

    /** The first position that can still be read. */
    long start();

    /** Reads durable batches from {@code from} (at least {@link #start()}) to the end as it was at the call. */
    void read(long from, Reader reader);

    /**
     * Reads all that is durable again; throws {@code CORRUPT} if it is not what was written. What is damaged is forgotten
     * by the next {@link #truncateBefore} whose position is behind it, also if it would have been kept longer.
     */
    void verify();

    /** Forgets batches below {@code position}; an implementation may keep some longer. */
    void truncateBefore(long position);

    @Override
    void close();
}
