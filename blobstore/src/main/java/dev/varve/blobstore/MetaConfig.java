package dev.varve.blobstore;

import java.time.Duration;

/**
 * Sizes of the metadata shards.
 *
 * @param log of each shard
 * @param queueBytes operations of one shard that wait to be written; above it, callers wait
 * @param batchBytes operations written as one entry of the log, unless one alone is larger
 * @param flushBytes operations after which rows are flushed and logs cut; so much is replayed after a crash
 * @param flushAge time after which the same is done
 */
record MetaConfig(CommitLogConfig log, long queueBytes, long batchBytes, long flushBytes, Duration flushAge) {
    static final MetaConfig DEFAULT = new MetaConfig(
            new CommitLogConfig(16L << 20, 64L << 20, 16L << 20), 8L << 20, 4L << 20, 64L << 20, Duration.ofMinutes(1));

    MetaConfig {
        if (queueBytes < 1 || batchBytes < 1 || flushBytes < 1 || !flushAge.isPositive()) {
            throw new IllegalArgumentException(
                    "sizes must be positive: " + queueBytes + ", " + batchBytes + ", " + flushBytes + ", " + flushAge);
        }
    }
}
