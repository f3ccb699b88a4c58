package dev.varve.blobstore;

import java.util.List;

/**
 * How a local store is.
 *
 * @param chunks on the disk
 * @param liveBytes of chunks in segments that are wanted
 * @param deadBytes of segments, which compaction can free
 * @param fileBytes of chunks that are plain files
 * @param usableBytes that can still be written
 * @param scrubbedBytes read again since the start to find damage
 * @param scrubRounds how often everything has been read again since the start
 * @param damages what is on the disk and is not what had been written; it is never given out
 * @param mended what was missing or damaged and could be made again from the rest, since the start
 */
public record StoreStatus(
        long chunks,
        long liveBytes,
        long deadBytes,
        long fileBytes,
        long usableBytes,
        long scrubbedBytes,
        long scrubRounds,
        List<Damage> damages,
        List<Damage> mended) {
    /** Where a file of the store is damaged. */
    public record Damage(String file, long offset, String reason) {}

    public StoreStatus {
        damages = List.copyOf(damages);
        mended = List.copyOf(mended);
    }
}
