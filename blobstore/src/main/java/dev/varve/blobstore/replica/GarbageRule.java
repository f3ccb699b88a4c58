package dev.varve.blobstore.replica;

import java.util.function.LongPredicate;

/**
 * When a chunk that no row of this node's metadata refers to never will be referred to again.
 *
 * <p>Object data, born at an epoch that is not negative: once every shard has a floor above it, since no shard commits a
 * reference to a chunk born below its floor (the model is {@code GcFloorModelTest}). It does no harm if this node's metadata
 * are old: floor and rows are then old together. Chunks of logs and checkpoints, born at a negative epoch: once their log
 * begins behind them.
 *
 * @param floor the smallest of all shards, as this node has applied them
 * @param isBeforeStart of a negative birth, whether its log begins behind that position
 */
record GarbageRule(long floor, LongPredicate isBeforeStart) {
    /** Whether a chunk is garbage unless a row refers to it. */
    boolean isCandidate(long birth) {
        return birth >= 0 ? birth < floor : isBeforeStart.test(birth);
    }
}
