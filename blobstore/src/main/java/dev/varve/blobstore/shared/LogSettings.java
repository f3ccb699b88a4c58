package dev.varve.blobstore.shared;

import java.time.Duration;

/**
 * Limits of a log on a node.
 *
 * @param entryBytes records of an entry, but one record may be larger
 * @param ringBytes what a leader keeps of the newest entries for those who follow
 * @param queueBytes appended on this node and not yet seen; more is refused
 * @param leaderQueueBytes accepted by a leader and not yet in an entry
 * @param deliveryBytes read and not yet seen by who follows
 * @param appendTimeout after which an append is given up
 * @param endTimeout after which it is given up to find out where the log ends
 */
public record LogSettings(
        int entryBytes,
        int ringBytes,
        int queueBytes,
        int leaderQueueBytes,
        int deliveryBytes,
        Duration appendTimeout,
        Duration endTimeout) {
    public static final LogSettings DEFAULT = new LogSettings(
            7 << 20, 4 << 20, 64 << 20, 32 << 20, 8 << 20, Duration.ofSeconds(20), Duration.ofSeconds(5));
}
