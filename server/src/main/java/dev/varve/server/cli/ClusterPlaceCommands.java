package dev.varve.server.cli;

import dev.varve.controller.ClusterAdmin;
import dev.varve.controller.ClusterStatus;
import dev.varve.controller.ClusterStatus.NodeStatus;
import dev.varve.controller.placement.Presence;
import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import dev.varve.model.cluster.ReplicaState;
import dev.varve.server.console.Terminal;
import dev.varve.server.launch.LocalCluster;
import dev.varve.server.launch.ProcessState;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** What can be done to the places of nodes in a local cluster: who holds what. */
final class ClusterPlaceCommands {
    private static final Duration STOP_PATIENCE = Duration.ofMinutes(2);
    /** More than ZooKeeper needs to notice that a node is gone. */
    private static final Duration NOTICE_PATIENCE = Duration.ofSeconds(30);

    private static final Duration POLL = Duration.ofMillis(250);
    private static final String WHICH = "a node by number or name";

    private ClusterPlaceCommands() {}

    @Command(
            name = "drain",
            mixinStandardHelpOptions = true,
            description = {
                "Has everything that a node holds go elsewhere; it serves on meanwhile. Then it may be removed.",
                "There must be enough other nodes, as many as there are replicas of each chunk."
            })
    static final class Drain implements Callable<Integer> {
        private final Terminal terminal;

        @Mixin
        private ClusterOption cluster = new ClusterOption();

        @Parameters(paramLabel = "N", description = WHICH)
        private String node = "";

        @Option(names = "--undo", description = "the node shall stay after all")
        private boolean undo;

        @Option(names = "--wait", paramLabel = "SECONDS", description = "until it holds nothing any more; default 0")
        private int wait;

        Drain(Terminal terminal) {
            this.terminal = terminal;
        }

        @Override
        public Integer call() {
            try (LocalCluster local = cluster.open();
                    ClusterAdmin admin = admin(local)) {
                String id = ClusterOption.node(local, node);
                if (undo) {
                    admin.undoDrain(id);
                    terminal.say(id + " stays, and is given its share again");
                    return ExitCodes.OK;
                }
                ClusterStatus status = admin.status();
                long staying = status.nodes().stream()
                        .filter(one -> one.presence() == Presence.LIVE
                                && !one.member().id().equals(id))
                        .count();
                admin.drain(id);
                terminal.say(
                        id + " is leaving: " + held(status, id) + " replicas go elsewhere; varve cluster status shows"
                                + " how far they are, then: varve cluster remove " + node);
                if (staying < status.replicas()) {
                    terminal.say("hint: " + staying + " other nodes are too few for " + status.replicas()
                            + " replicas; it goes on when there are more: varve cluster add");
                }
                if (wait > 0) {
                    awaitEmpty(admin, id);
                    terminal.say(id + " holds nothing any more");
                }
                return ExitCodes.OK;
            }
        }

        private void awaitEmpty(ClusterAdmin admin, String id) {
            long end = System.nanoTime() + Duration.ofSeconds(wait).toNanos();
            while (true) {
                ClusterStatus status = admin.status();
                long left = held(status, id);
                if (left == 0) {
                    return;
                }
                if (System.nanoTime() > end) {
                    throw new VarveException(ErrorCode.NOT_READY, "%s still holds %d replicas".formatted(id, left))
                            .withHint(status.moves().stream()
                                    .findFirst()
                                    .map(move -> "group " + move.group() + ": " + move.why())
                                    .orElse("varve cluster status shows what moves"));
                }
                pause();
            }
        }
    }

    @Command(
            name = "remove",
            mixinStandardHelpOptions = true,
            description = {
                "Takes a node that was drained out of the cluster and stops it; its folder is moved to the folder removed.",
                "With --force one that is lost for good: what it held is copied from others."
            })
    static final class Remove implements Callable<Integer> {
        private final Terminal terminal;

        @Mixin
        private ClusterOption cluster = new ClusterOption();

        @Parameters(paramLabel = "N", description = WHICH)
        private String node = "";

        @Option(names = "--force", description = "also when it may hold what others lack")
        private boolean force;

        Remove(Terminal terminal) {
            this.terminal = terminal;
        }

        @Override
        public Integer call() throws IOException {
            try (LocalCluster local = cluster.open();
                    FileChannel _ = cluster.lock();
                    ClusterAdmin admin = admin(local)) {
                String id = ClusterOption.node(local, node);
                boolean isKnown = find(admin.status(), id).isPresent();
                if (!force && isKnown) {
                    refuseHolder(admin.status(), id);
                }
                local.stop(id, STOP_PATIENCE);
                if (isKnown) {
                    awaitGone(admin, id);
                    if (force) {
                        admin.removeByForce(id);
                    } else {
                        admin.remove(id);
                    }
                }
                Path folder = local.forget(id);
                terminal.say(id + " is removed; its folder is " + folder + ", which nobody needs any more");
                return ExitCodes.OK;
            }
        }

        /** Before it is stopped: afterwards it could not give away what it holds. */
        private void refuseHolder(ClusterStatus status, String id) {
            long held = held(status, id);
            if (held > 0) {
                throw new VarveException(ErrorCode.CONFLICT, "%s holds %d replicas".formatted(id, held))
                        .withHint("first: varve cluster drain " + node
                                + " --wait 600; or, if it is lost for good, --force");
            }
        }

        private static void awaitGone(ClusterAdmin admin, String id) {
            long end = System.nanoTime() + NOTICE_PATIENCE.toNanos();
            while (find(admin.status(), id)
                            .filter(found -> found.presence() == Presence.LIVE || found.presence() == Presence.DRAINING)
                            .isPresent()
                    && System.nanoTime() < end) {
                pause();
            }
        }
    }

    private static ClusterAdmin admin(LocalCluster local) {
        if (local.processes().stream()
                .filter(process -> process.startsWith("zookeeper-"))
                .noneMatch(process -> local.state(process) == ProcessState.RUNNING)) {
            throw new VarveException(ErrorCode.NOT_READY, "no ZooKeeper of the cluster runs")
                    .withHint("first: varve cluster start");
        }
        return ClusterAdmin.connect(local.zookeeper(), local.name());
    }

    private static Optional<NodeStatus> find(ClusterStatus status, String id) {
        return status.nodes().stream()
                .filter(one -> one.member().id().equals(id))
                .findFirst();
    }

    /** Replicas that the node has or shall have. */
    private static long held(ClusterStatus status, String id) {
        return find(status, id)
                .map(found -> {
                    Map<ReplicaState, Integer> replicas = found.replicas();
                    int present = replicas.getOrDefault(ReplicaState.MEMBER, 0)
                            + replicas.getOrDefault(ReplicaState.BOOTSTRAP, 0)
                            + replicas.getOrDefault(ReplicaState.DRAINING, 0);
                    return (long) Math.max(present, found.presence() == Presence.DRAINING ? 0 : found.groups());
                })
                .orElse(0L);
    }

    private static void pause() {
        try {
            Thread.sleep(POLL);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new VarveException(ErrorCode.CANCELLED, "interrupted", e);
        }
    }
}
