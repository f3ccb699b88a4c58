package dev.varve.blobstore.replica;

import java.util.concurrent.atomic.LongAdder;

/** What the life of replicas did since the start. Thread-safe. */
final class ReplicaCounters {
    final LongAdder copiedChunks = new LongAdder();
    final LongAdder copiedBytes = new LongAdder();
    final LongAdder failedCopies = new LongAdder();
    final LongAdder divergences = new LongAdder();
    final LongAdder healed = new LongAdder();
    final LongAdder unhealed = new LongAdder();
    final LongAdder comparisons = new LongAdder();
    final LongAdder collected = new LongAdder();
}
