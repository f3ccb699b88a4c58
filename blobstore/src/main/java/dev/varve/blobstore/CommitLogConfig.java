package dev.varve.blobstore;

/**
 * Sizes of a local commit log.
 *
 * @param segmentBytes a file that has reached this size is followed by a new one
 * @param queueBytes batches waiting to be written; above it {@link CommitLog#append} waits
 * @param groupBytes batches written with one fsync, unless one alone is larger
 */
public record CommitLogConfig(long segmentBytes, long queueBytes, long groupBytes) {
    public static final CommitLogConfig DEFAULT = new CommitLogConfig(64L << 20, 128L << 20, 16L << 20);

    public CommitLogConfig {
        if (segmentBytes < 1 || queueBytes < 1 || groupBytes < 1) {
            throw new IllegalArgumentException(
                    "sizes must be positive: " + segmentBytes + ", " + queueBytes + ", " + groupBytes);
        }
    }
}
