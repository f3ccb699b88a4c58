package dev.varve.bench;

import java.util.List;
import java.util.Map;
import org.apache.arrow.memory.BufferAllocator;

/**
 * Aggregates over all rows of a keyed dataset as it is before compaction, its runs overlapping where one flush ended and the
 * next began, against DuckDB over the compacted files and the compacted lake. Run: {@code ./varve bench runs}.
 */
final class RunsBenchmark implements Benchmark {
    private static final int UNMEASURED = 2;
    private static final int ROUNDS = 7;
    private static final double MOST_TIMES_COMPACTED = 1.3;

    @Override
    public void run(Workspace workspace, BufferAllocator memory, Report report) throws Exception {
        Lake.ensureLoaded(workspace, memory);
        String files = Lake.files(workspace);
        try (NodeProcess runs = Lake.serveRuns(workspace);
                NodeProcess compacted = Lake.serve(workspace, memory);
                DuckDb duckdb = new DuckDb("", memory)) {
            for (Map.Entry<String, List<String>> query : AggregateBenchmark.QUERIES.entrySet()) {
                String ours = query.getValue().getFirst().formatted(Lake.DATASET);
                String theirs = query.getValue().getLast().formatted(files);
                List<Samples> times = Samples.inTurn(
                        UNMEASURED,
                        ROUNDS,
                        () -> runs.sql(ours, "arrow"),
                        () -> compacted.sql(ours, "arrow"),
                        () -> duckdb.rows(theirs));
                double ourMillis = times.get(0).medianMillis();
                double compactedMillis = times.get(1).medianMillis();
                report.timeWithin(
                        "not compacted, all rows: %s (compacted %.0f ms)".formatted(query.getKey(), compactedMillis),
                        ourMillis,
                        times.get(2).medianMillis(),
                        MOST_TIMES_COMPACTED * compactedMillis);
            }
        }
    }
}
