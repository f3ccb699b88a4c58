package dev.varve.bench;

import java.util.List;
import org.apache.arrow.memory.BufferAllocator;

/**
 * A box and a city within a window of two days, planning and HTTP included, against DuckDB over the same rows as plain
 * files. Run: {@code ./varve bench prune}.
 */
final class PruneBenchmark implements Benchmark {
    /** The measuring process and the node start cold; a compiler needs some hundred rounds, see LatencyBenchmark. */
    private static final Rounds MANY = new Rounds(100, 31);

    /** A round takes DuckDB most of a second here, and the node is warm by then. */
    private static final Rounds FEW = new Rounds(15, 15);

    private record Rounds(int unmeasured, int measured) {}

    private record Area(String name, double south, double north, double west, double east, double leastRatio) {
        String condition() {
            return "lat BETWEEN %s AND %s AND lon BETWEEN %s AND %s".formatted(south, north, west, east);
        }
    }

    private static final List<Area> AREAS = List.of(
            new Area("box of 5° × 7°", 45, 50, 5, 12, 2.5),
            new Area(
                    "city",
                    StationNetwork.CITY_LAT - 0.15,
                    StationNetwork.CITY_LAT + 0.15,
                    StationNetwork.CITY_LON - 0.2,
                    StationNetwork.CITY_LON + 0.2,
                    4));
    private static final double LEAST_RATIO_RANDOM = 20;
    private static final String WINDOW =
            "time >= TIMESTAMP '2025-06-10 06:00:00' AND time < TIMESTAMP '2025-06-12 06:00:00'";
    private static final String SELECT =
            "SELECT station, count(*) AS n, avg(temperature) AS a, max(wind_speed) AS w FROM %s WHERE %s AND %s GROUP BY station";

    @Override
    public void run(Workspace workspace, BufferAllocator memory, Report report) throws Exception {
        String arrival = "read_parquet('" + workspace.arrivalFiles() + "')";
        String random = "read_parquet('" + workspace.randomFiles() + "')";
        try (NodeProcess node = Lake.serve(workspace, memory);
                DuckDb duckdb = new DuckDb("", memory)) {
            for (Area area : AREAS) {
                String ours = SELECT.formatted(Lake.DATASET, area.condition(), WINDOW);
                String overArrival = SELECT.formatted(arrival, area.condition(), WINDOW);
                String overRandom = SELECT.formatted(random, area.condition(), WINDOW);
                compare(
                        area.name() + " and window, day files in order of arrival",
                        area.leastRatio(),
                        MANY,
                        node,
                        ours,
                        duckdb,
                        overArrival,
                        report);
                compare(
                        area.name() + " and window, files in random order",
                        LEAST_RATIO_RANDOM,
                        FEW,
                        node,
                        ours,
                        duckdb,
                        overRandom,
                        report);
            }
        }
    }

    private static void compare(
            String what,
            double leastRatio,
            Rounds rounds,
            NodeProcess node,
            String ours,
            DuckDb duckdb,
            String theirs,
            Report report)
            throws Exception {
        List<Samples> times = Samples.inTurn(
                rounds.unmeasured(), rounds.measured(), () -> node.sql(ours, "arrow"), () -> duckdb.rows(theirs));
        report.times(what, times.getFirst().medianMillis(), times.getLast().medianMillis(), leastRatio);
    }
}
