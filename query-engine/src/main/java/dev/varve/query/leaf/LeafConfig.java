package dev.varve.query.leaf;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * Limits of the leaf engine.
 *
 * @param threads that compute, for all queries together
 * @param memoryBytes what sorts, joins, aggregates and result buffers of all queries together may hold before they spill
 * @param spillDirectory where they spill; created if absent
 * @param spillBytes how much they may spill
 * @param directories the only ones whose files may be read or written, besides the spill directory
 * @param maxConcurrent queries that run at once; more wait
 * @param maxWait how long they wait before they are refused
 * @param batchRows rows of a result batch, at most and usually
 */
public record LeafConfig(
        int threads,
        long memoryBytes,
        Path spillDirectory,
        long spillBytes,
        List<Path> directories,
        int maxConcurrent,
        Duration maxWait,
        int batchRows) {
    public static final long DEFAULT_MEMORY_BYTES = 1L << 30;
    public static final long DEFAULT_SPILL_BYTES = 16L << 30;
    public static final Duration DEFAULT_MAX_WAIT = Duration.ofSeconds(10);
    public static final int DEFAULT_BATCH_ROWS = 65_536;

    public LeafConfig {
        directories = List.copyOf(directories);
        if (threads < 1 || maxConcurrent < 1 || batchRows < 2_048 || memoryBytes < 32L << 20 || spillBytes < 0) {
            throw new IllegalArgumentException("threads=" + threads + " maxConcurrent=" + maxConcurrent + " batchRows="
                    + batchRows + " memoryBytes=" + memoryBytes + " spillBytes=" + spillBytes);
        }
    }

    /** For all cores of this machine. */
    public static LeafConfig defaults(Path spillDirectory, List<Path> directories) {
        int cores = Runtime.getRuntime().availableProcessors();
        return new LeafConfig(
                cores,
                DEFAULT_MEMORY_BYTES,
                spillDirectory,
                DEFAULT_SPILL_BYTES,
                directories,
                2 * cores,
                DEFAULT_MAX_WAIT,
                DEFAULT_BATCH_ROWS);
    }

    public LeafConfig withMemoryBytes(long bytes) {
        return new LeafConfig(
                threads, bytes, spillDirectory, spillBytes, directories, maxConcurrent, maxWait, batchRows);
    }

    public LeafConfig withMaxConcurrent(int queries, Duration wait) {
        return new LeafConfig(threads, memoryBytes, spillDirectory, spillBytes, directories, queries, wait, batchRows);
    }

    public LeafConfig withSpillBytes(long bytes) {
        return new LeafConfig(
                threads, memoryBytes, spillDirectory, bytes, directories, maxConcurrent, maxWait, batchRows);
    }
}
