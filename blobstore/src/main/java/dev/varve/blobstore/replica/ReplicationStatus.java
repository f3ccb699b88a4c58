package dev.varve.blobstore.replica;

/**
 * What the writing and reading of chunks on several nodes did since the start.
 *
 * @param slips tries that were given up for another group
 * @param stragglers copies that were not waited for
 * @param lacking copies that were missing or bad, and reported
 * @param skippedSends copies not sent because too much was under way to the node
 * @param bytesTaken from other nodes
 * @param hedges reads that a second node was asked for
 * @param badReplicas copies that were found missing or damaged when they were read
 * @param bytesWriting of chunks that are being written now
 */
public record ReplicationStatus(
        long writes,
        long failedWrites,
        long slips,
        long stragglers,
        long lacking,
        long skippedSends,
        long bytesSent,
        long bytesTaken,
        long localReads,
        long remoteReads,
        long remoteReadBytes,
        long hedges,
        long badReplicas,
        long cacheHits,
        long cacheMisses,
        long cacheEvictions,
        long bytesWriting,
        long cachedBytes) {}
