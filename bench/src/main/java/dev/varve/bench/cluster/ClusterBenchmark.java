package dev.varve.bench.cluster;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * What three copies cost and how fast a cluster recovers: {@code ./varve bench cluster [--seconds T] [--megabytes N]
 * [--objects N] [--results FILE]}.
 *
 * <p>One node and three nodes, one after the other, on this machine: they share its cores and its disk, so the cost of
 * three copies is all of it, and not spread over three machines. {@code --megabytes} change while a node is away,
 * {@code --objects} are in the bucket whose shard is taken over.
 */
public final class ClusterBenchmark {
    private static final String TITLE = "## Cluster\n";

    private final List<String[]> rows = new ArrayList<>();

    private ClusterBenchmark() {}

    public static void main(String[] arguments) throws Exception {
        int seconds = 10;
        int megabytes = 512;
        int objects = 10_000;
        Path folder = Path.of(".varve", "bench-cluster");
        Path results = null;
        for (int i = 0; i < arguments.length; i++) {
            switch (arguments[i]) {
                case "--seconds" -> seconds = Integer.parseInt(arguments[++i]);
                case "--megabytes" -> megabytes = Integer.parseInt(arguments[++i]);
                case "--objects" -> objects = Integer.parseInt(arguments[++i]);
                case "--dir" -> folder = Path.of(arguments[++i]);
                case "--results" -> results = Path.of(arguments[++i]);
                default -> {
                    System.err.println("usage: varve bench cluster [--seconds 10] [--megabytes 512] [--objects 10000]"
                            + " [--dir FOLDER] [--results FILE]");
                    System.exit(2);
                }
            }
        }
        folder = Files.createDirectories(folder.toAbsolutePath());
        String table = new ClusterBenchmark().measure(folder, seconds, megabytes, objects);
        if (results != null) {
            String before = Files.exists(results) ? Files.readString(results) : "";
            int at = before.indexOf(TITLE);
            Files.writeString(
                    results,
                    (at < 0 ? before : before.substring(0, at)).stripTrailing() + "\n\n" + TITLE + "\n" + table,
                    StandardOpenOption.CREATE,
                    StandardOpenOption.TRUNCATE_EXISTING);
        }
        System.exit(0);
    }

    private String measure(Path folder, int seconds, int megabytes, int objects)
            throws IOException, InterruptedException {
        Throughput alone;
        try (Cluster one = start(folder, 1)) {
            alone = Throughput.measure(one, seconds);
        }
        try (Cluster three = start(folder, 3)) {
            Throughput copied = Throughput.measure(three, seconds);
            compare(alone, copied);
            Recovery recovery = new Recovery(three, this::row);
            recovery.rollingRestart();
            recovery.failover(objects);
            recovery.absence(megabytes);
            recovery.addAndDrain();
        }
        StringBuilder text = new StringBuilder("| what | one node | three nodes | ratio |\n|---|---|---|---|\n");
        rows.forEach(row -> text.append("| ").append(String.join(" | ", row)).append(" |\n"));
        return text.toString();
    }

    private static Cluster start(Path folder, int nodes) throws IOException {
        Path own = folder.resolve("nodes-" + nodes);
        ProcessCluster.clear(own);
        return new ProcessCluster(Commandline.launcher(), own, nodes, Tuning.DEFAULT, folder.resolve("tools"));
    }

    private void compare(Throughput alone, Throughput copied) {
        alone.rates().forEach((what, one) -> {
            double three = copied.rates().getOrDefault(what, 0.0);
            row(what, number(one), number(three), String.format(Locale.ROOT, "%.2f×", three / one));
        });
    }

    private static String number(double value) {
        return String.format(Locale.ROOT, value < 10 ? "%.2f" : value < 1000 ? "%.1f" : "%.0f", value);
    }

    private void row(String... cells) {
        if (rows.isEmpty()) {
            System.out.println("| what | one node | three nodes | ratio |\n|---|---|---|---|");
        }
        rows.add(cells);
        System.out.println("| " + String.join(" | ", cells) + " |");
        System.out.flush();
    }
}
