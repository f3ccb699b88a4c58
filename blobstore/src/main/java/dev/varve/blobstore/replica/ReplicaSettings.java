package dev.varve.blobstore.replica;

import java.time.Duration;

/**
 * How fast replicas are copied and compared.
 *
 * @param reconcilePause between two comparisons of a group with its other members
 * @param retryPause before something is tried again that others must do first
 * @param bytesPerSecond that this node copies at most
 * @param copies under way at once
 * @param pageChunks that are listed or shown at once
 */
public record ReplicaSettings(
        Duration reconcilePause, Duration retryPause, long bytesPerSecond, int copies, int pageChunks) {
    public static final ReplicaSettings DEFAULT =
            new ReplicaSettings(Duration.ofMinutes(2), Duration.ofSeconds(1), 64L << 20, 4, 500);

    public ReplicaSettings {
        if (reconcilePause.isNegative()
                || retryPause.isNegative()
                || retryPause.isZero()
                || bytesPerSecond < 1
                || copies < 1
                || pageChunks < 1) {
            throw new IllegalArgumentException("pauses, rates and counts must be positive: " + reconcilePause + ", "
                    + retryPause + ", " + bytesPerSecond + ", " + copies + ", " + pageChunks);
        }
    }

    public ReplicaSettings withBytesPerSecond(long bytes) {
        return new ReplicaSettings(reconcilePause, retryPause, bytes, copies, pageChunks);
    }

    public ReplicaSettings withPauses(Duration reconcile, Duration retry) {
        return new ReplicaSettings(reconcile, retry, bytesPerSecond, copies, pageChunks);
    }
}
