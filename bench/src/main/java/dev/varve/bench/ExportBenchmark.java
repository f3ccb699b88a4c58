package dev.varve.bench;

import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.arrow.flight.FlightClient;
import org.apache.arrow.flight.FlightStream;
import org.apache.arrow.flight.Location;
import org.apache.arrow.flight.Ticket;
import org.apache.arrow.memory.BufferAllocator;

/**
 * All rows over Arrow Flight into this process, against DuckDB exporting Arrow from the same files inside this process.
 * Also the most memory the node held meanwhile. The first export counts, for a user rarely asks twice. Run: {@code ./varve bench export}.
 */
final class ExportBenchmark implements Benchmark {
    private static final String COLUMNS = "time, lat, lon, station, temperature, humidity, pressure, wind_speed";
    private static final double LEAST_ROWS_PER_SECOND = 5_000_000;
    private static final long MOST_RESIDENT_BYTES = 1_500_000_000;

    @Override
    public void run(Workspace workspace, BufferAllocator memory, Report report) throws Exception {
        Lake.ensureLoaded(workspace, memory);
        String files = Lake.files(workspace);
        try (NodeProcess node = Lake.serve(workspace, memory);
                DuckDb duckdb = new DuckDb("", memory)) {
            AtomicLong most = new AtomicLong();
            AtomicBoolean done = new AtomicBoolean();
            Thread watcher = Thread.ofVirtual().start(() -> watch(node, most, done));
            Export ours = () -> export(node, memory);
            double first = rate(workspace.rows(), ours);
            double second = rate(workspace.rows(), ours);
            done.set(true);
            watcher.join();
            Export theirs = () -> duckdb.rows("SELECT " + COLUMNS + " FROM " + files);
            report.rates(
                    "export of all rows into Arrow, first of a fresh node",
                    first,
                    rate(workspace.rows(), theirs),
                    LEAST_ROWS_PER_SECOND);
            report.rates("the same again", second, rate(workspace.rows(), theirs), LEAST_ROWS_PER_SECOND);
            report.within(
                    "most memory the node held during the export",
                    most.get() / 1_000_000 + " MB",
                    MOST_RESIDENT_BYTES / 1_000_000 + " MB",
                    most.get() <= MOST_RESIDENT_BYTES);
        }
    }

    @SuppressWarnings("try") // Closing a Flight client may be interrupted; then so is this run.
    private static long export(NodeProcess node, BufferAllocator memory) throws Exception {
        Location location = Location.forGrpcInsecure("127.0.0.1", node.flightPort());
        Ticket ticket = new Ticket(("SELECT " + COLUMNS + " FROM " + Lake.DATASET).getBytes(StandardCharsets.UTF_8));
        try (FlightClient client = FlightClient.builder(memory, location).build();
                FlightStream stream = client.getStream(ticket)) {
            long rows = 0;
            while (stream.next()) {
                rows += stream.getRoot().getRowCount();
            }
            return rows;
        }
    }

    private interface Export {
        long rows() throws Exception;
    }

    private static double rate(long rows, Export export) throws Exception {
        long start = System.nanoTime();
        long found = export.rows();
        if (found != rows) {
            throw new IllegalStateException("exported " + found + " rows, not " + rows);
        }
        return rows / ((System.nanoTime() - start) / 1e9);
    }

    private static void watch(NodeProcess node, AtomicLong most, AtomicBoolean done) {
        try {
            while (!done.get()) {
                most.accumulateAndGet(node.residentBytes(), Math::max);
                Thread.sleep(50);
            }
        } catch (java.io.IOException | InterruptedException gone) {
            Thread.currentThread().interrupt();
        }
    }
}
