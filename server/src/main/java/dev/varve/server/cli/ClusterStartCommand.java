package dev.varve.server.cli;

import dev.varve.server.console.Amounts;
import dev.varve.server.console.Terminal;
import dev.varve.server.launch.ClusterPlan;
import dev.varve.server.launch.LocalCluster;
import dev.varve.server.launch.LocalNode;
import dev.varve.server.launch.ProcessState;
import dev.varve.server.launch.Surroundings;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Makes a cluster, or starts what does not run of one. */
@Command(
        name = "start",
        mixinStandardHelpOptions = true,
        description = {
            "Makes a cluster in a folder, or starts what does not run of the one that is there, and waits until it is ready.",
            "The processes go on when the command has ended; what they log is in each one's folder log."
        })
final class ClusterStartCommand implements Callable<Integer> {
    private static final int USUAL_NODES = 3;
    private static final Pattern HEAP = Pattern.compile("\\d{1,6}[mMgG]");

    private final Terminal terminal;

    @Mixin
    private ClusterOption cluster = new ClusterOption();

    @Option(names = "--nodes", paramLabel = "N", description = "of a new cluster; default " + USUAL_NODES)
    private @Nullable Integer nodes;

    @Option(names = "--zookeepers", paramLabel = "N", description = "1, 3 or 5, of a new cluster; default 1")
    private @Nullable Integer zookeepers;

    @Option(
            names = "--base-port",
            paramLabel = "PORT",
            description = "where the ports of a new cluster begin; default: free ones from 8181 on")
    private @Nullable Integer basePort;

    @Option(names = "--heap", paramLabel = "SIZE", description = "of each node of a new cluster; default 1g")
    private @Nullable String heap;

    @Option(
            names = "--set",
            paramLabel = "KEY=VALUE",
            description = "a setting of all nodes of a new cluster; may be repeated")
    private Map<String, String> settings = Map.of();

    @Option(names = "--wait", paramLabel = "SECONDS", description = "most to wait until ready; default 180")
    private int wait = 180;

    @Spec
    private @Nullable CommandSpec command;

    ClusterStartCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws IOException {
        long start = System.nanoTime();
        check();
        boolean isNew = !LocalCluster.exists(cluster.directory());
        try (FileChannel _ = cluster.lock();
                LocalCluster local = openOrMake()) {
            List<String> ids = local.nodes().stream().map(LocalNode::id).toList();
            local.processes().stream()
                    .filter(process -> local.state(process) == ProcessState.PAUSED)
                    .forEach(process -> terminal.say(
                            process + " is paused; it goes on with: varve cluster resume " + process + folder()));
            List<String> starting = local.processes().stream()
                    .filter(process ->
                            local.state(process) == ProcessState.STOPPED || local.state(process) == ProcessState.DEAD)
                    .toList();
            local.start();
            List<String> running = ids.stream()
                    .filter(id -> local.state(id) != ProcessState.PAUSED)
                    .toList();
            if (!starting.isEmpty()) {
                terminal.say("starting " + String.join(", ", starting) + " …");
            }
            local.awaitReady(running, Duration.ofSeconds(wait));
            if (isNew) {
                local.awaitWhole(Duration.ofSeconds(wait));
            } else {
                local.awaitWritable(Duration.ofSeconds(wait));
            }
            terminal.say("the cluster is ready" + (starting.isEmpty() ? ", it was up already" : "") + ": "
                    + Amounts.count(ids.size())
                    + (ids.size() == 1 ? " node" : " nodes") + ", after "
                    + Amounts.duration(Duration.ofNanos(System.nanoTime() - start)));
            printNext(local);
            return ExitCodes.OK;
        }
    }

    private void check() {
        if (nodes != null && (nodes < 1 || nodes > 100)) {
            throw wrong("--nodes is " + nodes + "; it must be 1 to 100");
        }
        if (zookeepers != null && zookeepers != 1 && zookeepers != 3 && zookeepers != 5) {
            throw wrong("--zookeepers is " + zookeepers + "; it must be 1, 3 or 5");
        }
        if (basePort != null && (basePort < 1024 || basePort > 60_000)) {
            throw wrong("--base-port is " + basePort + "; it must be 1024 to 60000");
        }
        if (heap != null && !HEAP.matcher(heap).matches()) {
            throw wrong("--heap is '" + heap + "'; it must be such as 768m or 2g");
        }
    }

    private RuntimeException wrong(String message) {
        return command == null
                ? new IllegalArgumentException(message)
                : new ParameterException(command.commandLine(), message);
    }

    private LocalCluster openOrMake() {
        if (LocalCluster.exists(cluster.directory())) {
            LocalCluster local = cluster.open();
            if ((nodes != null && nodes != local.nodes().size())
                    || zookeepers != null
                    || basePort != null
                    || heap != null
                    || !settings.isEmpty()) {
                terminal.say("the cluster in " + cluster.directory() + " is there already, with "
                        + local.nodes().size() + " nodes: it stays as it was made. varve cluster add" + folder()
                        + " makes it larger; its cluster.yaml and node.yaml files may be edited");
            }
            return local;
        }
        int count = nodes == null ? USUAL_NODES : nodes;
        ClusterPlan usual = ClusterPlan.of(count);
        ClusterPlan plan = new ClusterPlan(
                usual.name(),
                count,
                zookeepers == null ? usual.zookeepers() : zookeepers,
                basePort == null ? OptionalInt.empty() : OptionalInt.of(basePort),
                heap == null ? usual.heap() : heap,
                usual.replicas(),
                settings);
        return LocalCluster.create(cluster.directory(), plan, Surroundings.LOOPBACK);
    }

    private String folder() {
        return cluster.directory().toString().equals("varve-cluster") ? "" : " --dir " + cluster.directory();
    }

    private void printNext(LocalCluster local) {
        LocalNode first = local.nodes().getFirst();
        String all = local.nodes().stream()
                .map(node -> node.host() + ":" + node.httpPort())
                .collect(Collectors.joining(","));
        String last = Integer.toString(local.nodes().getLast().number());
        terminal.say(
                """

                Its nodes: %2$s (HTTP), %3$s (S3 of the first). Try:

                   ./varve cluster status%5$s
                   ./varve ingest csv air.csv --dataset air --create --key station --node %2$s
                   ./varve sql "select count(*) from air" --node %2$s
                   ./varve cluster kill %4$s%5$s       # and ask again; then: ./varve cluster start%5$s
                   ./varve cluster add%5$s
                   ./varve cluster stop%5$s

                Everything is in %1$s""".formatted(local.folder(), all, "http://" + first.host() + ":" + first.s3Port(), last, folder()));
    }
}
