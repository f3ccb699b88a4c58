package dev.varve.blobstore.replica;

import java.util.concurrent.atomic.LongAdder;

/** What the writing and reading of chunks on several nodes did since the start. Thread-safe. */
final class ReplicationCounters {
    final LongAdder writes = new LongAdder();
    final LongAdder failedWrites = new LongAdder();
    final LongAdder slips = new LongAdder();
    final LongAdder stragglers = new LongAdder();
    final LongAdder lacking = new LongAdder();
    final LongAdder skippedSends = new LongAdder();
    final LongAdder bytesSent = new LongAdder();
    final LongAdder bytesTaken = new LongAdder();
    final LongAdder localReads = new LongAdder();
    final LongAdder remoteReads = new LongAdder();
    final LongAdder remoteReadBytes = new LongAdder();
    final LongAdder hedges = new LongAdder();
    final LongAdder badReplicas = new LongAdder();
    final LongAdder cacheHits = new LongAdder();
    final LongAdder cacheMisses = new LongAdder();
    final LongAdder cacheEvictions = new LongAdder();

    ReplicationStatus status(long bytesWriting, long cachedBytes) {
        return new ReplicationStatus(
                writes.sum(),
                failedWrites.sum(),
                slips.sum(),
                stragglers.sum(),
                lacking.sum(),
                skippedSends.sum(),
                bytesSent.sum(),
                bytesTaken.sum(),
                localReads.sum(),
                remoteReads.sum(),
                remoteReadBytes.sum(),
                hedges.sum(),
                badReplicas.sum(),
                cacheHits.sum(),
                cacheMisses.sum(),
                cacheEvictions.sum(),
                bytesWriting,
                cachedBytes);
    }
}
