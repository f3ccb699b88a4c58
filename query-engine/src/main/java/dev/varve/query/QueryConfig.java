package dev.varve.query;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * Limits of the query engine.
 *
 * @param threads that compute, for all queries together
 * @param memoryBytes what sorts, joins, aggregates and result buffers of all queries together may hold before they spill
 * @param spillDirectory where they spill; created if absent
 * @param spillBytes how much they may spill
 * @param directories the only ones whose files queries may read, or write as exports
 * @param maxConcurrent queries that run at once; more wait
 * @param maxWait how long they wait before they are refused
 * @param cachedPlans how many plans are kept for statements that come again
 */
public record QueryConfig(
        int threads,
        long memoryBytes,
        Path spillDirectory,
        long spillBytes,
        List<Path> directories,
        int maxConcurrent,
        Duration maxWait,
        int cachedPlans) {
    public static final int DEFAULT_CACHED_PLANS = 512;

    public QueryConfig {
        directories = List.copyOf(directories);
    }

    /** For all cores of this machine. */
    public static QueryConfig defaults(Path spillDirectory, List<Path> directories) {
        int cores = Runtime.getRuntime().availableProcessors();
        return new QueryConfig(
                cores,
                1L << 30,
                spillDirectory,
                16L << 30,
                directories,
                2 * cores,
                Duration.ofSeconds(10),
                DEFAULT_CACHED_PLANS);
    }
}
