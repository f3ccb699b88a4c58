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
 * Runs benchmarks by name: {@code ./varve bench all --rows 50400000}, {@code ./varve bench store}.
 *
 * <p>Options: {@code --rows N} (default 50,400,000), {@code --seed S}, {@code --dir FOLDER} for the data (default {@code
 * .varve/bench}), {@code --results FILE} writes the tables as Markdown and keeps the other section of the page. Of the store
 * only: {@code --size full|small}, and {@code --no-peer} to leave s3proxy out.
 */
public final class Benchmarks {
    private static final long DEFAULT_ROWS = 50_400_000;

    private static final String STORE = "store";
    private static final String STORE_TITLE = "## Store\n";

    private static final Map<String, Benchmark> BY_NAME = new LinkedHashMap<>();

    static {
        BY_NAME.put("ingest", new IngestBenchmark());
        BY_NAME.put("aggregate", new AggregateBenchmark());
        BY_NAME.put("runs", new RunsBenchmark());
        BY_NAME.put("prune", new PruneBenchmark());
        BY_NAME.put("export", new ExportBenchmark());
        BY_NAME.put("latency", new LatencyBenchmark());
        BY_NAME.put("startup", new StartupBenchmark());
        BY_NAME.put("placement", new PlacementBenchmark());
        BY_NAME.put("peers", new PeersBenchmark());
        BY_NAME.put(STORE, new StoreBenchmark());
    }

    private Benchmarks() {}

    public static void main(String[] arguments) throws Exception {
        List<String> names = new ArrayList<>();
        long rows = DEFAULT_ROWS;
        long seed = 1;
        Path folder = Path.of(".varve", "bench");
        Path results = null;
        StoreSize storeSize = StoreSize.FULL;
        boolean hasPeer = true;
        for (int i = 0; i < arguments.length; i++) {
            switch (arguments[i]) {
                case "--rows" ->
                    rows = Long.parseLong(arguments[++i].replace("_", "").replace(",", ""));
                case "--seed" -> seed = Long.parseLong(arguments[++i]);
                case "--dir" -> folder = Path.of(arguments[++i]);
                case "--results" -> results = Path.of(arguments[++i]);
                case "--size" -> storeSize = StoreSize.of(arguments[++i]);
                case "--no-peer" -> hasPeer = false;
                case "all" ->
                    // The store has its own table, which is measured on its own.
                    BY_NAME.keySet().stream()
                            .filter(name -> !name.equals(STORE))
                            .forEach(names::add);
                default -> names.add(arguments[i]);
            }
        }
        if (names.isEmpty() || !BY_NAME.keySet().containsAll(names)) {
            System.err.println("usage: varve bench NAME… [--rows N] [--seed S] [--dir FOLDER] [--results FILE]"
                    + " [--size full|small] [--no-peer]");
            System.err.println("names: all, " + String.join(", ", BY_NAME.keySet()));
            System.exit(2);
        }
        Report report = new Report(System.out);
        try (RootAllocator memory = new RootAllocator()) {
            Workspace workspace = new Workspace(folder.toAbsolutePath(), rows, seed, storeSize, hasPeer, memory);
            for (String name : names) {
                System.err.println("benchmark " + name);
                Objects.requireNonNull(BY_NAME.get(name)).run(workspace, memory, report);
            }
        }
        if (results != null) {
            write(results, rows, seed, storeSize, report);
        }
    }

    /** Replaces the sections that were measured and leaves the other as it is. */
    private static void write(Path results, long rows, long seed, StoreSize storeSize, Report report)
            throws IOException, InterruptedException {
        String before = Files.exists(results) ? Files.readString(results) : "";
        int at = before.indexOf(STORE_TITLE);
        String lake = report.isEmpty() ? (at < 0 ? before : before.substring(0, at)) : page(rows, seed, report);
        String store = report.store().isEmpty()
                ? (at < 0 ? "" : before.substring(at))
                : storeSection(seed, storeSize, report.store());
        Files.writeString(results, store.isEmpty() ? lake : lake.stripTrailing() + "\n\n" + store);
    }

    private static String storeSection(long seed, StoreSize size, StoreTable table)
            throws IOException, InterruptedException {
        return STORE_TITLE
                + """

                `./varve bench store --size %s --seed %d`, %s, commit %s.

                Machine: %s, %d cores, JDK %s; node, peer and client share them.
                One client of raw sockets drives both servers in turn with the same bytes, signed (SigV4, path style); its own hashing
                is done beforehand. Rates are medians over rounds, ratios the median of the ratios within each round, since the disk's
                speed changes from moment to moment.
                Durability: Varve answers when data and metadata are fsynced; the raw disk's rows call fdatasync; s3proxy
                (`filesystem-nio2`, one file an object) calls no fsync: what it acknowledged is lost in a power cut. After each of its
                turns the file system is synced, untimed, so that its dirty pages burden nobody else.

                %s""".formatted(
                                size.name(),
                                seed,
                                LocalDate.now(ZoneOffset.UTC),
                                output("git", "rev-parse", "--short", "HEAD"),
                                cpu(),
                                Runtime.getRuntime().availableProcessors(),
                                Runtime.version(),
                                table.markdown());
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
