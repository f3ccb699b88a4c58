package dev.varve.blobstore.chunk;

/**
 * What a chunk store holds and did since it was opened.
 *
 * @param liveBytes of records that are wanted, in segments
 * @param deadBytes of segments, which compaction can free
 * @param fileBytes of plain files
 * @param damagedSegments kept aside, neither written nor compacted
 * @param damages found and not yet gone
 * @param appends chunks packed
 * @param fsyncs of segments; fewer than appends, thanks to group commit
 */
public record ChunkStoreStatus(
        DiskIdentity identity,
        int segments,
        long chunks,
        long liveBytes,
        long deadBytes,
        long fileBytes,
        int damagedSegments,
        int damages,
        long usableBytes,
        long appends,
        long appendedBytes,
        long fsyncs,
        long reads,
        long readBytes,
        long deletes,
        long compactions,
        long scrubbedBytes,
        long scrubRounds) {}
