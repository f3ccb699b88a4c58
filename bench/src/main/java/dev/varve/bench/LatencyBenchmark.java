package dev.varve.bench;

import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.arrow.memory.BufferAllocator;

/** Small questions over HTTP, one after the other. Run: {@code ./varve bench latency}. */
final class LatencyBenchmark implements Benchmark {
    private static final int UNMEASURED = 300;
    private static final int ROUNDS = 300;
    private static final double STATION_DAY_MILLIS = 10;

    @Override
    public void run(Workspace workspace, BufferAllocator memory, Report report) throws Exception {
        String arrival = "read_parquet('" + workspace.arrivalFiles() + "')";
        try (NodeProcess node = Lake.serve(workspace, memory);
                DuckDb duckdb = new DuckDb("", memory)) {
            List<Samples> one = Samples.inTurn(
                    UNMEASURED, ROUNDS, () -> node.sql("select 1", "json"), () -> duckdb.rows("select 1"));
            both(report, "select 1", one, STATION_DAY_MILLIS);
            AtomicInteger ours = new AtomicInteger();
            AtomicInteger theirs = new AtomicInteger();
            List<Samples> stationDay = Samples.inTurn(
                    UNMEASURED,
                    ROUNDS,
                    () -> node.sql(question(Lake.DATASET, workspace, ours.getAndIncrement()), "json"),
                    () -> duckdb.rows(question(arrival, workspace, theirs.getAndIncrement())));
            both(report, "one station, one day", stationDay, STATION_DAY_MILLIS);
        }
    }

    /** Another station and day each time, so that no answer can be remembered. */
    private static String question(String relation, Workspace workspace, int number) {
        long days = Math.max(1, workspace.rows() / ((long) StationNetwork.STATIONS * StationNetwork.STEPS_PER_DAY));
        long day = number * 7L % days;
        String start = java.time.Instant.ofEpochSecond(StationNetwork.START_MICROS / 1_000_000 + day * 86_400)
                .toString();
        String end = java.time.Instant.ofEpochSecond(StationNetwork.START_MICROS / 1_000_000 + (day + 1) * 86_400)
                .toString();
        return "SELECT time, temperature, humidity, pressure, wind_speed FROM %s WHERE station = '%s' AND time >= '%s' AND time < '%s' ORDER BY time"
                .formatted(
                        relation,
                        workspace.network().fixedStation(number * 97),
                        start.replace("Z", ""),
                        end.replace("Z", ""));
    }

    private static void both(Report report, String what, List<Samples> times, double mostMillis) {
        Samples ours = times.getFirst();
        Samples theirs = times.getLast();
        report.timeWithin(what + " over HTTP, p50", ours.medianMillis(), theirs.medianMillis(), mostMillis);
        report.timeWithin(what + " over HTTP, p99", ours.millisAt(0.99), theirs.millisAt(0.99), 10 * mostMillis);
    }
}
