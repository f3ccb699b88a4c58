package dev.varve.bench;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.arrow.memory.BufferAllocator;

/** Aggregates over all rows, against DuckDB over the very files the lake wrote. Run: {@code ./varve bench aggregate}. */
final class AggregateBenchmark implements Benchmark {
    private static final int UNMEASURED = 2;
    private static final int ROUNDS = 7;
    private static final double LEAST_RATIO = 1 / 1.15;

    /** What is asked: to Varve, and to DuckDB with {@code FILES} for the relation. */
    static final Map<String, List<String>> QUERIES = new LinkedHashMap<>();

    static {
        QUERIES.put(
                "count, avg, min, max",
                same(
                        "SELECT count(*) AS n, avg(temperature) AS a, min(temperature) AS l, max(temperature) AS h FROM %s"));
        QUERIES.put(
                "by station",
                same(
                        "SELECT station, count(*) AS n, avg(temperature) AS a, max(wind_speed) AS w FROM %s GROUP BY station"));
        QUERIES.put(
                "by H3 parent",
                List.of(
                        "SELECT h3_cell_to_parent(cell, 5) AS c, count(*) AS n, avg(temperature) AS a FROM %s GROUP BY 1",
                        """
                        SELECT (cell & ~(15::BIGINT << 52)) | (5::BIGINT << 52) | ((1::BIGINT << 30) - 1) AS c,
                               count(*) AS n, avg(temperature) AS a FROM %s GROUP BY 1"""));
        QUERIES.put(
                "by day",
                same("SELECT date_trunc('day', time) AS d, count(*) AS n, avg(temperature) AS a FROM %s GROUP BY 1"));
    }

    private static List<String> same(String sql) {
        return List.of(sql, sql);
    }

    @Override
    public void run(Workspace workspace, BufferAllocator memory, Report report) throws Exception {
        Lake.ensureLoaded(workspace, memory);
        String files = Lake.files(workspace);
        try (NodeProcess node = Lake.serve(workspace, memory);
                DuckDb duckdb = new DuckDb("", memory)) {
            for (Map.Entry<String, List<String>> query : QUERIES.entrySet()) {
                String ours = query.getValue().getFirst().formatted(Lake.DATASET);
                String theirs = query.getValue().getLast().formatted(files);
                List<Samples> times =
                        Samples.inTurn(UNMEASURED, ROUNDS, () -> node.sql(ours, "arrow"), () -> duckdb.rows(theirs));
                report.times(
                        "all rows: " + query.getKey() + ", same files",
                        times.get(0).medianMillis(),
                        times.get(1).medianMillis(),
                        LEAST_RATIO);
            }
        }
    }
}
