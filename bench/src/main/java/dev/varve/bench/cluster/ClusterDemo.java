package dev.varve.bench.cluster;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;

/**
 * Three nodes, a thousand clients, and one misfortune after the other: {@code ./varve demo cluster [--seconds T] [--clients
 * N] [--rate R] [--seed S]}. Ends with 0 if nothing acknowledged was lost and no answer was wrong.
 */
public final class ClusterDemo {
    private static final int MOST_WINDOW = 6;
    private static final double MOST_ERRORS = 0.01;
    private static final double MOST_P99 = 1000;

    private final Cluster cluster;
    private final DemoCrowd crowd;
    private final LiveTable table;
    private final Random random;
    private final List<Chapter> told = new ArrayList<>();

    private ClusterDemo(Cluster cluster, DemoCrowd crowd, LiveTable table, long seed) {
        this.cluster = cluster;
        this.crowd = crowd;
        this.table = table;
        this.random = new Random(seed);
    }

    /** One misfortune, from its second to that of the next. */
    private record Chapter(Nemeses misfortune, String struck, int from, int to) {
        /** The bar is for nodes that die; a frozen one lets each of its clients wait once until it gives up. */
        boolean isJudged() {
            return misfortune == Nemeses.KILL_LEADER || misfortune == Nemeses.KILL_FOR_GOOD;
        }
    }

    public static void main(String[] arguments) throws Exception {
        int seconds = 180;
        int clients = 1000;
        int rate = 200;
        int nodes = 3;
        long seed = 1;
        Path folder = Path.of(".varve", "demo-cluster");
        for (int i = 0; i < arguments.length; i++) {
            switch (arguments[i]) {
                case "--seconds" -> seconds = Integer.parseInt(arguments[++i]);
                case "--clients" -> clients = Integer.parseInt(arguments[++i]);
                case "--nodes" -> nodes = Integer.parseInt(arguments[++i]);
                case "--rate" -> rate = Integer.parseInt(arguments[++i]);
                case "--seed" -> seed = Long.parseLong(arguments[++i]);
                case "--dir" -> folder = Path.of(arguments[++i]);
                default -> {
                    System.err.println("error: demo cluster does not know " + arguments[i]);
                    System.err.println("usage: varve demo cluster [--seconds 180] [--clients 1000] [--rate 200]"
                            + " [--seed 1] [--dir FOLDER]; rate is requests a second of all clients together");
                    System.exit(2);
                }
            }
        }
        folder = folder.toAbsolutePath();
        ProcessCluster.clear(folder.resolve("nodes"));
        Files.createDirectories(folder);
        System.out.println((nodes == 1 ? "One node starts" : nodes + " nodes and a ZooKeeper start, each a process")
                + (Commands.isRoot()
                        ? " in a network and on a disk of its own."
                        : "; as root each would have a network and a disk of its own."));
        int exit;
        try (Cluster cluster = new ProcessCluster(
                Commandline.launcher(), folder.resolve("nodes"), nodes, Tuning.HARSH, folder.resolve("tools"))) {
            DemoCrowd crowd = new DemoCrowd(cluster, clients, rate, seed);
            System.out.println(clients + " clients, each with a connection of its own, write and read objects and rows"
                    + " over HTTP and S3: about " + rate + " requests a second.");
            crowd.start();
            try (LiveTable table = new LiveTable(cluster, crowd)) {
                exit = new ClusterDemo(cluster, crowd, table, seed).go(seconds);
            }
        }
        System.exit(exit);
    }

    private int go(int seconds) throws InterruptedException, IOException {
        List<Nemeses> misfortunes = List.of(
                Nemeses.NOTHING,
                Nemeses.KILL_LEADER,
                Nemeses.SESSION_EXPIRY,
                Nemeses.ISOLATE,
                Nemeses.DISK_FULL,
                Nemeses.FLIPPED_BYTES,
                Nemeses.KILL_FOR_GOOD);
        long each = 1000L * seconds / misfortunes.size();
        for (Nemeses misfortune : misfortunes) {
            Nemesis nemesis = misfortune.make();
            String impossible = nemesis.impossible(cluster);
            if (!impossible.isEmpty()) {
                table.say("skipped " + misfortune.shown() + ": " + impossible);
                continue;
            }
            int from = crowd.requests().now();
            long begun = System.nanoTime();
            String struck = nemesis.strike(cluster, random);
            table.now(struck.isEmpty() ? "calm: nothing is broken" : struck);
            Thread.sleep(Math.max(1000, each * 6 / 10 - (System.nanoTime() - begun) / 1_000_000));
            nemesis.heal(cluster);
            if (!struck.isEmpty()) {
                table.now("mended: " + struck);
            }
            Thread.sleep(each * 4 / 10);
            told.add(new Chapter(misfortune, struck, from, crowd.requests().now()));
        }
        table.now("waiting until all replicas are there, then reading all back");
        boolean isWhole = converge();
        crowd.finish();
        return verdict(isWhole);
    }

    private boolean converge() throws InterruptedException {
        for (int i = 0; i < 600; i++) {
            if (cluster.members().stream().allMatch(cluster::isReady)
                    && cluster.unrest().isEmpty()) {
                return true;
            }
            Thread.sleep(200);
        }
        return false;
    }

    private int verdict(boolean isWhole) {
        table.end();
        Seconds requests = crowd.requests();
        StringBuilder text = new StringBuilder("\n");
        text.append(line("misfortune", "requests", "errors", "p50 ms", "p99 ms", "window s", "p99 outside", "what"));
        long all = 0;
        long errors = 0;
        boolean isQuick = true;
        for (Chapter chapter : told) {
            Seconds.Sum sum = requests.sum(chapter.from(), chapter.to());
            int window = requests.window(chapter.from(), chapter.to());
            Seconds.Sum outside = requests.outside(chapter.from(), chapter.to(), MOST_WINDOW);
            all += sum.requests();
            errors += sum.errors();
            isQuick &= !chapter.isJudged() || outside.p99() < MOST_P99;
            text.append(line(
                    chapter.misfortune().shown(),
                    Long.toString(sum.requests()),
                    Long.toString(sum.errors()),
                    millis(sum.p50()),
                    millis(sum.p99()),
                    Integer.toString(window),
                    millis(outside.p99()),
                    chapter.struck()));
        }
        text.append(
                        "\nwindow: seconds from the first to the last in which something failed or one request of a hundred")
                .append(" took longer than a second;\noutside: of the chapter without the ")
                .append(MOST_WINDOW)
                .append(" seconds from the first such one on.\n\n");
        double share = all == 0 ? 1 : (double) errors / all;
        text.append(String.format(
                Locale.ROOT,
                "requests %d, failed %d (%.3f %%; at most 1 %%: %s), tried again elsewhere %d%n",
                all,
                errors,
                100 * share,
                met(share < MOST_ERRORS),
                crowd.retries()));
        text.append("after kill -9, p99 below 1 s outside of ")
                .append(MOST_WINDOW)
                .append(" s: ")
                .append(met(isQuick))
                .append('\n');
        text.append("all replicas restored: ").append(met(isWhole)).append('\n');
        text.append("acknowledged: ")
                .append(crowd.ledger().acknowledged())
                .append(" rows, ")
                .append(crowd.objects())
                .append(" writes of objects; answers with a write that was sent twice and came late: ")
                .append(crowd.lateSeen())
                .append('\n');
        text.append("lost: ")
                .append(crowd.lost().size())
                .append(", wrong: ")
                .append(crowd.wrong().size())
                .append('\n');
        crowd.lost().stream()
                .limit(10)
                .forEach(what -> text.append("  lost: ").append(what).append('\n'));
        crowd.wrong().stream()
                .limit(10)
                .forEach(what -> text.append("  wrong: ").append(what).append('\n'));
        boolean isRight = crowd.lost().isEmpty() && crowd.wrong().isEmpty();
        text.append(isRight ? "\nVERDICT: nothing was lost and nothing was wrong.\n" : "\nVERDICT: FAILED\n");
        System.out.print(text);
        System.out.flush();
        return isRight ? 0 : 1;
    }

    private static String met(boolean isMet) {
        return isMet ? "met" : "NOT MET";
    }

    private static String millis(double millis) {
        return String.format(Locale.ROOT, "%.0f", millis);
    }

    private static String line(String... cells) {
        return String.format(Locale.ROOT, "%-16s %9s %7s %7s %7s %9s %12s  %s%n", (Object[]) cells);
    }
}
