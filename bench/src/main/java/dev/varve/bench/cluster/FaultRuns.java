package dev.varve.bench.cluster;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Collectors;

/**
 * Breaks a real cluster many times: {@code ./varve test --faults [--runs N] [--seed S] [--seconds T]}.
 *
 * <p>More options: {@code --workloads a,b} and {@code --nemeses a,b} choose some, {@code --nodes N} (3; 1 is a node that is
 * alone), {@code --dir FOLDER} (default {@code .varve/faults}), {@code --results FILE} (lines, appended), {@code --table}
 * prints the table of all lines and ends. The same seed makes the same choices. Ends with 1 if a run was wrong.
 */
public final class FaultRuns {
    private static final int RUNS_OF_A_CLUSTER = 25;

    private final Commandline commandline;
    private final Path folder;
    private final int nodes;
    private final Journal journal;
    private Optional<Cluster> cluster = Optional.empty();
    private int clusters;
    private int runsOfCluster;

    private FaultRuns(Commandline commandline, Path folder, int nodes, Journal journal) {
        this.commandline = commandline;
        this.folder = folder;
        this.nodes = nodes;
        this.journal = journal;
    }

    private record Choice(Workloads workload, Nemeses nemesis) {}

    public static void main(String[] arguments) throws Exception {
        int runs = 20;
        long seed = System.nanoTime() & 0xFFFFFF;
        Duration seconds = Duration.ofSeconds(12);
        int nodes = 3;
        Path folder = Path.of(".varve", "faults");
        Optional<Path> results = Optional.empty();
        boolean isTable = false;
        List<Workloads> workloads = Workloads.all();
        List<Nemeses> nemeses = List.of(Nemeses.values());
        for (int i = 0; i < arguments.length; i++) {
            switch (arguments[i]) {
                case "--runs" -> runs = Integer.parseInt(arguments[++i]);
                case "--seed" -> seed = Long.parseLong(arguments[++i]);
                case "--seconds" -> seconds = Duration.ofSeconds(Long.parseLong(arguments[++i]));
                case "--nodes" -> nodes = Integer.parseInt(arguments[++i]);
                case "--dir" -> folder = Path.of(arguments[++i]);
                case "--results" -> results = Optional.of(Path.of(arguments[++i]));
                case "--table" -> isTable = true;
                case "--workloads" -> {
                    List<String> names = Arrays.asList(arguments[++i].split(",", -1));
                    workloads = Workloads.all().stream()
                            .filter(one -> names.contains(one.shown()))
                            .toList();
                }
                case "--nemeses" -> {
                    List<String> names = Arrays.asList(arguments[++i].split(",", -1));
                    nemeses = Arrays.stream(Nemeses.values())
                            .filter(one -> names.contains(one.shown()))
                            .toList();
                }
                default -> usage(arguments[i]);
            }
        }
        if (workloads.isEmpty() || nemeses.isEmpty()) {
            usage("no workload or nemesis of that name");
        }
        folder = Files.createDirectories(folder.toAbsolutePath());
        Path lines = results.orElse(folder.resolve("runs.tsv"));
        if (isTable) {
            System.out.print(Journal.markdown(lines));
            return;
        }
        FaultRuns all = new FaultRuns(Commandline.launcher(), folder, nodes, new Journal(lines, commit()));
        System.exit(all.go(choices(workloads, nemeses, runs, seed), seed, seconds) ? 0 : 1);
    }

    private static void usage(String wrong) {
        System.err.println("varve test --faults: " + wrong);
        System.err.println("usage: --runs N --seed S --seconds T --nodes N --dir FOLDER --results FILE --table");
        System.err.println(
                "workloads: " + Workloads.all().stream().map(Workloads::shown).collect(Collectors.joining(",")));
        System.err.println("nemeses: "
                + Arrays.stream(Nemeses.values()).map(Nemeses::shown).collect(Collectors.joining(",")));
        System.exit(2);
    }

    /** Every pair once before any comes twice, in an order of the seed. */
    private static List<Choice> choices(List<Workloads> workloads, List<Nemeses> nemeses, int runs, long seed) {
        List<Choice> chosen = new ArrayList<>();
        Random random = new Random(seed);
        while (chosen.size() < runs) {
            List<Choice> pairs = new ArrayList<>();
            for (Workloads workload : workloads) {
                for (Nemeses nemesis : nemeses) {
                    pairs.add(new Choice(workload, nemesis));
                }
            }
            Collections.shuffle(pairs, random);
            chosen.addAll(pairs);
        }
        return chosen.subList(0, runs);
    }

    private static String commit() {
        try {
            return Commands.run("git", "rev-parse", "--short", "HEAD");
        } catch (IOException e) {
            return "unknown";
        }
    }

    private boolean go(List<Choice> choices, long seed, Duration seconds) throws InterruptedException, IOException {
        int wrong = 0;
        int skipped = 0;
        System.out.println("seed " + seed + ", " + choices.size() + " runs of " + seconds.toSeconds() + " s load");
        try {
            for (int i = 0; i < choices.size(); i++) {
                Choice choice = choices.get(i);
                Cluster running = cluster();
                String impossible = choice.nemesis().make().impossible(running);
                if (!impossible.isEmpty()) {
                    skipped++;
                    System.out.println("skipped " + choice.workload().shown() + " × "
                            + choice.nemesis().shown() + ": " + impossible);
                    continue;
                }
                long begun = System.nanoTime();
                Run.Result result =
                        new Run(running, choice.workload(), choice.nemesis(), seed * 10_000 + i, seconds).go();
                String line = journal.add(result);
                System.out.println((i + 1) + "/" + choices.size() + "\t" + (System.nanoTime() - begun) / 1_000_000_000
                        + " s\t" + line);
                runsOfCluster++;
                if (!result.isRight()) {
                    wrong++;
                    keep(result, i);
                    discard();
                } else if (runsOfCluster >= RUNS_OF_A_CLUSTER) {
                    discard();
                }
            }
        } finally {
            discard();
        }
        System.out.println((choices.size() - wrong - skipped) + " right, " + wrong + " wrong, " + skipped + " skipped");
        return wrong == 0;
    }

    private Cluster cluster() throws IOException {
        if (cluster.isEmpty()) {
            Path own = folder.resolve("cluster-" + ++clusters);
            ProcessCluster.clear(own);
            cluster = Optional.of(new ProcessCluster(commandline, own, nodes, Tuning.HARSH, folder.resolve("tools")));
            runsOfCluster = 0;
        }
        return cluster.get();
    }

    private void discard() throws IOException {
        if (cluster.isPresent()) {
            cluster.get().close();
            ProcessCluster.clear(cluster.get().folder());
            cluster = Optional.empty();
        }
    }

    /** What may tell the cause: all that was wrong, and the logs of the nodes. */
    private void keep(Run.Result result, int number) throws IOException {
        Path kept = Files.createDirectories(folder.resolve("wrong")
                .resolve(result.seed() + "-" + result.workload() + "-" + result.nemesis() + "-" + number));
        Files.writeString(kept.resolve("violations.txt"), String.join("\n\n", result.violations()), UTF_8);
        if (cluster.isPresent()) {
            try (var logs = Files.list(cluster.get().folder())) {
                for (Path log :
                        logs.filter(file -> file.toString().endsWith(".log")).toList()) {
                    Files.copy(log, kept.resolve(log.getFileName()), StandardCopyOption.REPLACE_EXISTING);
                }
            }
        }
        System.out.println("  kept in " + kept);
    }
}
