package dev.varve.blobstore.replica;

import java.time.Duration;

/**
 * How chunks are written to and read from several nodes.
 *
 * @param leastCopies fsynced, before a chunk counts as written
 * @param copies fsynced, after which nobody waits any more
 * @param tries of writing a chunk, each in another group
 * @param straggler how long at least the last copy is waited for, once there are enough
 * @param giveUp after which a try with too few copies ends
 * @param readTimeout of one answer
 * @param bytesWriting of chunks that are being written; more wait
 * @param bytesToPeer under way to one node; it is left out above that
 * @param activeGroups that chunks are written to in turn
 * @param groupBytes written before other groups take turns
 * @param cacheBytes of copies of remote files
 * @param cacheGrace for which such a copy is left where it is after it was last given out
 */
public record ReplicationSettings(
        int leastCopies,
        int copies,
        int tries,
        Duration straggler,
        Duration giveUp,
        Duration readTimeout,
        long bytesWriting,
        long bytesToPeer,
        int activeGroups,
        long groupBytes,
        long cacheBytes,
        Duration cacheGrace) {
    public static final ReplicationSettings DEFAULT = new ReplicationSettings(
            2,
            3,
            3,
            Duration.ofMillis(50),
            Duration.ofSeconds(2),
            Duration.ofSeconds(10),
            48L << 20,
            64L << 20,
            4,
            64L << 20,
            10L << 30,
            Duration.ofMinutes(10));

    public ReplicationSettings {
        if (leastCopies < 1 || copies < leastCopies || tries < 1 || activeGroups < 1) {
            throw new IllegalArgumentException("copies, tries and groups must be positive: " + leastCopies + ", "
                    + copies + ", " + tries + ", " + activeGroups);
        }
        if (bytesWriting < 1 || bytesToPeer < 1 || groupBytes < 1 || cacheBytes < 0) {
            throw new IllegalArgumentException(
                    "not a size: " + bytesWriting + ", " + bytesToPeer + ", " + groupBytes + ", " + cacheBytes);
        }
    }

    public ReplicationSettings withLeastCopies(int count) {
        return withCopies(count, Math.max(copies, count));
    }

    public ReplicationSettings withCopies(int least, int all) {
        return new ReplicationSettings(
                least,
                all,
                tries,
                straggler,
                giveUp,
                readTimeout,
                bytesWriting,
                bytesToPeer,
                activeGroups,
                groupBytes,
                cacheBytes,
                cacheGrace);
    }

    public ReplicationSettings withTimes(Duration newStraggler, Duration newGiveUp, Duration newReadTimeout) {
        return new ReplicationSettings(
                leastCopies,
                copies,
                tries,
                newStraggler,
                newGiveUp,
                newReadTimeout,
                bytesWriting,
                bytesToPeer,
                activeGroups,
                groupBytes,
                cacheBytes,
                cacheGrace);
    }

    public ReplicationSettings withBytes(long writing, long toPeer) {
        return new ReplicationSettings(
                leastCopies,
                copies,
                tries,
                straggler,
                giveUp,
                readTimeout,
                writing,
                toPeer,
                activeGroups,
                groupBytes,
                cacheBytes,
                cacheGrace);
    }

    public ReplicationSettings withCache(long bytes, Duration grace) {
        return new ReplicationSettings(
                leastCopies,
                copies,
                tries,
                straggler,
                giveUp,
                readTimeout,
                bytesWriting,
                bytesToPeer,
                activeGroups,
                groupBytes,
                bytes,
                grace);
    }
}
