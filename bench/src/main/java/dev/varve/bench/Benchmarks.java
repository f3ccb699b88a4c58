package dev.varve.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.apache.arrow.memory.RootAllocator;

/**
 * Runs benchmarks by name: {@code ./varve bench all --rows 50400000}.
 *
 * <p>Options: {@code --rows N} (default 50,400,000), {@code --seed S}, {@code --dir FOLDER} for the data (default {@code
 * .varve/bench}), {@code --results FILE} writes the table as Markdown.
 */
public final class Benchmarks {
    private static final long DEFAULT_ROWS = 50_400_000;

    private static final Map<String, Benchmark> BY_NAME = new LinkedHashMap<>();

    static {
        BY_NAME.put("ingest", new IngestBenchmark());
        BY_NAME.put("aggregate", new AggregateBenchmark());
        BY_NAME.put("runs", new RunsBenchmark());
        BY_NAME.put("prune", new PruneBenchmark());
        BY_NAME.put("export", new ExportBenchmark());
        BY_NAME.put("latency", new LatencyBenchmark());
        BY_NAME.put("startup", new StartupBenchmark());
    }

    private Benchmarks() {}

    public static void main(String[] arguments) throws Exception {
        List<String> names = new ArrayList<>();
        long rows = DEFAULT_ROWS;
        long seed = 1;
        Path folder = Path.of(".varve", "bench");
        Path results = null;
        for (int i = 0; i < arguments.length; i++) {
            switch (arguments[i]) {
                case "--rows" ->
                    rows = Long.parseLong(arguments[++i].replace("_", "").replace(",", ""));
                case "--seed" -> seed = Long.parseLong(arguments[++i]);
                case "--dir" -> folder = Path.of(arguments[++i]);
                case "--results" -> results = Path.of(arguments[++i]);
                case "all" -> names.addAll(BY_NAME.keySet());
                default -> names.add(arguments[i]);
            }
        }
        if (names.isEmpty() || !BY_NAME.keySet().containsAll(names)) {
            System.err.println("usage: varve bench NAME… [--rows N] [--seed S] [--dir FOLDER] [--results FILE]");
            System.err.println("names: all, " + String.join(", ", BY_NAME.keySet()));
            System.exit(2);
        }
        Report report = new Report(System.out);
        try (RootAllocator memory = new RootAllocator()) {
            Workspace workspace = new Workspace(folder.toAbsolutePath(), rows, seed, memory);
            for (String name : names) {
                System.err.println("benchmark " + name);
                Objects.requireNonNull(BY_NAME.get(name)).run(workspace, memory, report);
            }
        }
        if (results != null) {
            Files.writeString(results, page(rows, seed, report), StandardCharsets.UTF_8);
        }
    }

    private static String page(long rows, long seed, Report report) throws IOException, InterruptedException {
        return """
                # Results

                `./varve bench all --rows %d --seed %d`, %s, commit %s.

                Machine: %s, %d cores, JDK %s. Everything fits the page cache.
                Durability of Varve's ingest: every batch fsynced in the log before it is acknowledged (group commit);
                DuckDB commits one transaction a batch to its own log, also fsynced.
                Times are medians, the two systems measured in turn in the same run; Varve's include HTTP or Flight
                and planning, DuckDB's run in the measuring process.

                %s""".formatted(
                        rows,
                        seed,
                        LocalDate.now(ZoneOffset.UTC),
                        output("git", "rev-parse", "--short", "HEAD"),
                        cpu(),
                        Runtime.getRuntime().availableProcessors(),
                        Runtime.version(),
                        report.markdown());
    }

    private static String cpu() throws IOException {
        Path info = Path.of("/proc/cpuinfo");
        if (!Files.exists(info)) {
            return System.getProperty("os.arch");
        }
        return Files.readAllLines(info).stream()
                .filter(line -> line.startsWith("model name"))
                .map(line -> line.substring(line.indexOf(':') + 1).strip())
                .findFirst()
                .orElse(System.getProperty("os.arch"));
    }

    private static String output(String... command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).start();
        String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
        return process.waitFor(10, TimeUnit.SECONDS) && process.exitValue() == 0 ? text : "unknown";
    }
}
