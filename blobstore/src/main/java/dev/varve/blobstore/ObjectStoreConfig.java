package dev.varve.blobstore;

import java.time.Duration;
import java.util.UUID;

/**
 * Sizes and times of a local object store.
 *
 * @param clusterId that its disk belongs to
 * @param nodeId that writes to it
 * @param inlineBytes objects up to this size are kept with what is known of them
 * @param chunkBytes at which other objects are cut
 * @param bufferBytes memory for bytes on their way to the disk; when it is used up, chunks become smaller
 * @param grace how long chunks of deleted objects stay, for readers that are not known to the store
 * @param scrubBytesPerSecond how fast everything is read again to find damage
 */
public record ObjectStoreConfig(
        UUID clusterId,
        int nodeId,
        int inlineBytes,
        int chunkBytes,
        long bufferBytes,
        Duration grace,
        long scrubBytesPerSecond) {
    /** A node that belongs to no cluster. */
    public static final ObjectStoreConfig DEFAULT = new ObjectStoreConfig(
            new UUID(0, 0),
            0,
            4 << 10,
            8 << 20,
            Math.clamp(Runtime.getRuntime().maxMemory() / 8, 32L << 20, 256L << 20),
            Duration.ofHours(1),
            16L << 20);

    public ObjectStoreConfig {
        if (inlineBytes < 0 || chunkBytes < 1 || bufferBytes < 0 || scrubBytesPerSecond < 1 || grace.isNegative()) {
            throw new IllegalArgumentException("sizes and times must not be negative: " + inlineBytes + ", "
                    + chunkBytes + ", " + bufferBytes + ", " + scrubBytesPerSecond + ", " + grace);
        }
    }

    public ObjectStoreConfig withGrace(Duration changed) {
        return new ObjectStoreConfig(
                clusterId, nodeId, inlineBytes, chunkBytes, bufferBytes, changed, scrubBytesPerSecond);
    }

    public ObjectStoreConfig withChunkBytes(int changed) {
        return new ObjectStoreConfig(clusterId, nodeId, inlineBytes, changed, bufferBytes, grace, scrubBytesPerSecond);
    }

    public ObjectStoreConfig withInlineBytes(int changed) {
        return new ObjectStoreConfig(clusterId, nodeId, changed, chunkBytes, bufferBytes, grace, scrubBytesPerSecond);
    }
}
