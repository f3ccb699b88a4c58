package dev.varve.blobstore.shared;

import java.nio.ByteBuffer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Takes a log's records to whoever follows it, in order. Called on the loop; must not wait. */
public interface Delivery {
    /**
     * Records of one entry.
     *
     * @param first position of the first of them
     * @param time of the leader, milliseconds since 1970
     * @param bytes read-only
     * @param own what each was appended with on this node, else null; empty if all are
     */
    record Batch(long first, long time, long trusted, List<ByteBuffer> bytes, List<@Nullable Object> own) {}

    /**
     * The next records.
     *
     * @param seen to be run on the loop when they have been seen
     */
    void records(Batch batch, Runnable seen);

    /** Everything below the position is to be had elsewhere only. */
    void skip(long position, ByteBuffer manifest, Runnable seen);
}
