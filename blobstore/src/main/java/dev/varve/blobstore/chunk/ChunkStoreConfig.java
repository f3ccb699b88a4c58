package dev.varve.blobstore.chunk;

import java.nio.file.Path;
import java.util.UUID;

/**
 * Where a chunk store lies, whose it is, and its sizes.
 *
 * @param nodeId of the node that writes here, 0 to 65535; part of each chunk id
 * @param lanes segments that are written at the same time, each by a thread of its own
 * @param segmentBytes a segment that has reached this size is followed by a new one
 * @param reservePercent of the disk that chunks leave free for deletes and logs, but at most {@code reserveBytes}
 * @param queueBytes payloads waiting per lane; above it {@link ChunkStore#append} waits
 * @param groupBytes payloads written with one fsync, unless one alone is larger
 * @param compactPercent a segment of which less is live is compacted
 * @param scrubBytesPerSecond read by one {@link ChunkStore#scrub()}, which is to be called once a second
 * @param indexCacheBytes memory for blocks of the index
 */
public record ChunkStoreConfig(
        Path directory,
        UUID clusterId,
        int nodeId,
        int lanes,
        long segmentBytes,
        int reservePercent,
        long reserveBytes,
        long queueBytes,
        long groupBytes,
        int compactPercent,
        long scrubBytesPerSecond,
        long indexCacheBytes) {
    public ChunkStoreConfig {
        if (nodeId < 0 || nodeId > 0xFFFF) {
            throw new IllegalArgumentException("node id " + nodeId + " is not in 0..65535");
        }
        if (lanes < 1 || lanes > ChunkStore.GROUPS || segmentBytes < 1 || queueBytes < 1 || groupBytes < 1) {
            throw new IllegalArgumentException("lanes and sizes must be positive: " + lanes + ", " + segmentBytes + ", "
                    + queueBytes + ", " + groupBytes);
        }
        if (reservePercent < 0 || reservePercent > 100 || compactPercent < 0 || compactPercent > 100) {
            throw new IllegalArgumentException("not a percentage: " + reservePercent + ", " + compactPercent);
        }
        if (reserveBytes < 0 || scrubBytesPerSecond < 1 || indexCacheBytes < 0) {
            throw new IllegalArgumentException(
                    "not a size: " + reserveBytes + ", " + scrubBytesPerSecond + ", " + indexCacheBytes);
        }
    }

    /** With all defaults. */
    public static ChunkStoreConfig of(Path directory, UUID clusterId, int nodeId) {
        return new ChunkStoreConfig(
                directory,
                clusterId,
                nodeId,
                2,
                256L << 20,
                5,
                1L << 30,
                64L << 20,
                16L << 20,
                60,
                16L << 20,
                16L << 20);
    }

    public ChunkStoreConfig withSegmentBytes(long bytes) {
        return new ChunkStoreConfig(
                directory,
                clusterId,
                nodeId,
                lanes,
                bytes,
                reservePercent,
                reserveBytes,
                queueBytes,
                groupBytes,
                compactPercent,
                scrubBytesPerSecond,
                indexCacheBytes);
    }

    public ChunkStoreConfig withLanes(int count) {
        return new ChunkStoreConfig(
                directory,
                clusterId,
                nodeId,
                count,
                segmentBytes,
                reservePercent,
                reserveBytes,
                queueBytes,
                groupBytes,
                compactPercent,
                scrubBytesPerSecond,
                indexCacheBytes);
    }

    public ChunkStoreConfig withReserveBytes(long bytes) {
        return new ChunkStoreConfig(
                directory,
                clusterId,
                nodeId,
                lanes,
                segmentBytes,
                reservePercent,
                bytes,
                queueBytes,
                groupBytes,
                compactPercent,
                scrubBytesPerSecond,
                indexCacheBytes);
    }

    public ChunkStoreConfig withScrubBytesPerSecond(long bytes) {
        return new ChunkStoreConfig(
                directory,
                clusterId,
                nodeId,
                lanes,
                segmentBytes,
                reservePercent,
                reserveBytes,
                queueBytes,
                groupBytes,
                compactPercent,
                bytes,
                indexCacheBytes);
    }
}
