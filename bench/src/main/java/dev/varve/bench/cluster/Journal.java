package dev.varve.bench.cluster;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** Writes each run down as one line, and makes a table of all lines. */
final class Journal {
    private static final String HEADER = "when\tcommit\tseed\tworkload\tnemesis\tstruck\tdone\trefused\tunknown"
            + "\tp50ms\tp99ms\tsilencems\tconvergedms\tverdict";
    private static final int NEMESIS = 4;
    private static final int WORKLOAD = 3;

    private final Path file;
    private final String commit;

    Journal(Path file, String commit) throws IOException {
        this.file = file;
        this.commit = commit;
        if (!Files.exists(file)) {
            Files.writeString(file, HEADER + "\n");
        }
    }

    String add(Run.Result result) throws IOException {
        Tally.Sum load = result.load();
        String verdict = result.isRight()
                ? "right"
                : result.violations().stream()
                        .map(text -> text.replaceAll("\\s+", " "))
                        .map(text -> text.substring(0, Math.min(300, text.length())))
                        .collect(Collectors.joining(" | "));
        String line = String.join(
                "\t",
                result.when().truncatedTo(ChronoUnit.SECONDS).toString(),
                commit,
                Long.toString(result.seed()),
                result.workload(),
                result.nemesis(),
                result.struck(),
                Long.toString(load.done()),
                Long.toString(load.refused()),
                Long.toString(load.unknown()),
                millis(load.median().toNanos()),
                millis(load.p99().toNanos()),
                millis(load.silence().toNanos()),
                millis(result.converged().toNanos()),
                verdict);
        Files.writeString(file, line + "\n", StandardOpenOption.APPEND);
        return line;
    }

    private static String millis(long nanos) {
        return String.format(Locale.ROOT, "%.0f", nanos / 1e6);
    }

    /** Runs by workload and nemesis as {@code right/all}, and below them those that were wrong. */
    static String markdown(Path file) throws IOException {
        List<String[]> lines = new ArrayList<>();
        for (String line : Files.readAllLines(file)) {
            String[] cells = line.split("\t", -1);
            if (cells.length > 13 && !cells[0].equals("when")) {
                lines.add(cells);
            }
        }
        List<String> workloads =
                lines.stream().map(cells -> cells[WORKLOAD]).distinct().sorted().toList();
        Map<String, Map<String, int[]>> table = new TreeMap<>();
        for (String[] cells : lines) {
            int[] cell = table.computeIfAbsent(cells[NEMESIS], _ -> new TreeMap<>())
                    .computeIfAbsent(cells[WORKLOAD], _ -> new int[2]);
            cell[0] += cells[13].equals("right") ? 1 : 0;
            cell[1]++;
        }
        StringBuilder text = new StringBuilder();
        text.append("| nemesis | ").append(String.join(" | ", workloads)).append(" |\n|---|");
        text.append("---|".repeat(workloads.size())).append('\n');
        table.forEach((nemesis, row) -> {
            text.append("| ").append(nemesis).append(" |");
            for (String workload : workloads) {
                int[] cell = row.getOrDefault(workload, new int[2]);
                text.append(
                        cell[1] == 0
                                ? " |"
                                : " " + (cell[0] == cell[1] ? "" : "**") + cell[0] + "/" + cell[1]
                                        + (cell[0] == cell[1] ? "" : "**") + " |");
            }
            text.append('\n');
        });
        long right = lines.stream().filter(cells -> cells[13].equals("right")).count();
        text.append('\n').append(right).append(" of ").append(lines.size()).append(" runs were right.\n");
        List<String[]> wrong =
                lines.stream().filter(cells -> !cells[13].equals("right")).toList();
        if (!wrong.isEmpty()) {
            text.append("\n| when | commit | seed | workload | nemesis | what broke | what was wrong |\n");
            text.append("|---|---|---|---|---|---|---|\n");
            for (String[] cells : wrong) {
                text.append("| ")
                        .append(String.join(
                                " | ",
                                cells[0],
                                cells[1],
                                cells[2],
                                cells[WORKLOAD],
                                cells[NEMESIS],
                                cells[5],
                                cells[13].replace("|", "\\|")))
                        .append(" |\n");
            }
        }
        return text.toString();
    }
}
