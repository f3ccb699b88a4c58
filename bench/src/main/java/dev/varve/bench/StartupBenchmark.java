package dev.varve.bench;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.arrow.memory.BufferAllocator;

/**
 * From the start of the process to the first answer that it is ready, on the loaded lake; the peer is a process that
 * opens DuckDB and counts the rows of the same files. Run: {@code ./varve bench startup}.
 */
final class StartupBenchmark implements Benchmark {
    private static final int ROUNDS = 5;
    private static final double MOST_MILLIS = 2_000;

    @Override
    public void run(Workspace workspace, BufferAllocator memory, Report report) throws Exception {
        Lake.ensureLoaded(workspace, memory);
        List<Long> ours = new ArrayList<>();
        List<Long> theirs = new ArrayList<>();
        for (int round = 0; round < ROUNDS; round++) {
            try (NodeProcess node = NodeProcess.start(workspace.lake(), Map.of())) {
                ours.add((long) (node.startMillis() * 1e6));
            }
            theirs.add(peer(workspace));
        }
        report.timeWithin(
                "start to ready, whole lake",
                samples(ours).medianMillis(),
                samples(theirs).medianMillis(),
                MOST_MILLIS);
    }

    private static long peer(Workspace workspace) throws Exception {
        long start = System.nanoTime();
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "--enable-native-access=ALL-UNNAMED",
                        "-cp",
                        System.getProperty("java.class.path"),
                        CountRows.class.getName(),
                        workspace.lake().toString())
                .inheritIO()
                .start();
        if (process.waitFor() != 0) {
            throw new IllegalStateException("the peer failed");
        }
        return System.nanoTime() - start;
    }

    private static Samples samples(List<Long> nanos) {
        return new Samples(nanos.stream().mapToLong(Long::longValue).toArray());
    }

    /** The peer's process. */
    static final class CountRows {
        private CountRows() {}

        public static void main(String[] arguments) throws Exception {
            try (java.sql.Connection connection = java.sql.DriverManager.getConnection("jdbc:duckdb:");
                    java.sql.Statement statement = connection.createStatement()) {
                statement.execute("SELECT count(*) FROM read_parquet('" + arguments[0] + "/**/*.parquet')");
            }
        }
    }
}
