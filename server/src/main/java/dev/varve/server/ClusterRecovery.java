package dev.varve.server;

import dev.varve.blobstore.LogRecovery;
import dev.varve.blobstore.RecoveredLog;
import dev.varve.blobstore.StoreFacts;
import dev.varve.controller.ClusterSettings;
import dev.varve.controller.Enrolment;
import dev.varve.controller.Restoration;
import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import dev.varve.model.cluster.ClusterMember;
import dev.varve.server.cluster.DiskReport;
import dev.varve.server.cluster.LostCluster;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Writes again what ZooKeeper kept of a cluster and has lost, from the disks of its nodes, which do not run. First
 * {@link #of}, which changes nothing, then {@link #write}.
 */
public final class ClusterRecovery {
    private final ClusterConfig config;
    private final ClusterSettings settings;
    private final LostCluster lost;
    private final List<RecoveredLog> logs;
    private final boolean isNeeded;

    private ClusterRecovery(
            ClusterConfig config,
            ClusterSettings settings,
            LostCluster lost,
            List<RecoveredLog> logs,
            boolean isNeeded) {
        this.config = config;
        this.settings = settings;
        this.lost = lost;
        this.logs = logs;
        this.isNeeded = isNeeded;
    }

    /** What a data directory says of its cluster; its node must not run. */
    public static DiskReport survey(Path data) {
        return DiskReport.of(data, data.resolve(Lake.STORE));
    }

    /** Finds out what ZooKeeper has to hold; refuses if these disks are too few to be sure. */
    public static ClusterRecovery of(NodeConfig node, List<DiskReport> disks) {
        ClusterConfig config = node.cluster()
                .orElseThrow(() -> new VarveException(
                                ErrorCode.BAD_REQUEST, "the configuration is that of a node that is alone")
                        .withHint("name the configuration of a node of the cluster: cluster.zookeeper is set there"));
        LostCluster lost = LostCluster.of(disks);
        refuseOther(config, lost);
        ClusterSettings settings = ClusterLake.settings(config)
                .withReplicas(lost.roster().replicas())
                .withIngestShards((int) lost.roster().logs().stream()
                        .filter(log -> log.startsWith("ingest/"))
                        .count());
        List<RecoveredLog> logs = LogRecovery.of(lost.roster().logs(), lost.surveys());
        return new ClusterRecovery(config, settings, lost, logs, isNeeded(config, settings, lost, logs));
    }

    private static void refuseOther(ClusterConfig config, LostCluster lost) {
        if (!lost.roster().name().equals(config.name())) {
            throw new VarveException(
                            ErrorCode.BAD_REQUEST,
                            "the disks are of a cluster %s, and the configuration is of %s"
                                    .formatted(lost.roster().name(), config.name()))
                    .withHint("cluster.name has to be what it was");
        }
    }

    private static boolean isNeeded(
            ClusterConfig config, ClusterSettings settings, LostCluster lost, List<RecoveredLog> logs) {
        Optional<Enrolment.Found> found = Enrolment.look(settings);
        if (found.isEmpty()) {
            return true;
        }
        if (!found.get().cluster().equals(lost.roster().cluster())) {
            throw new VarveException(
                            ErrorCode.CONFLICT,
                            "there is another cluster %s in ZooKeeper %s: %s, and these disks are of %s"
                                    .formatted(
                                            config.name(),
                                            config.zookeeper(),
                                            found.get().cluster(),
                                            lost.roster().cluster()))
                    .withHint("perhaps a node with an empty disk was started meanwhile and began it: stop it, and begin"
                            + " with an empty ZooKeeper");
        }
        String root = ClusterEntry.root(config, found.get().generation());
        return StoreFacts.with(config.zookeeper(), root, facts -> logs.stream().anyMatch(facts::isBehind));
    }

    /** False if ZooKeeper has all that it needs. */
    public boolean isNeeded() {
        return isNeeded;
    }

    /** The cluster as the disks know it. */
    public LostCluster cluster() {
        return lost;
    }

    /** The logs as they will be. */
    public List<RecoveredLog> logs() {
        return logs;
    }

    /** Writes everything; nodes can start when this returns, and not before. May be repeated after a failure. */
    public void write() {
        // A process that was frozen all the while does not know these places in ZooKeeper, and cannot change them.
        String generation =
                HexFormat.of().toHexDigits(ThreadLocalRandom.current().nextLong());
        StoreFacts.with(config.zookeeper(), ClusterEntry.root(config, generation), facts -> {
            facts.restore(logs, lost.born());
            return facts;
        });
        new Restoration(lost.roster().cluster(), generation, nodes(), lost.highestNumber(), lost.placement())
                .write(settings);
    }

    private List<Restoration.Node> nodes() {
        Map<String, DiskReport> disks = lost.disks();
        OptionalDouble usual =
                disks.values().stream().mapToLong(DiskReport::diskBytes).average();
        List<Restoration.Node> nodes = new ArrayList<>();
        for (ClusterMember member : lost.members()) {
            DiskReport disk = disks.get(member.id());
            nodes.add(
                    disk == null
                            ? new Restoration.Node(member, (long) usual.orElse(1), 0)
                            : new Restoration.Node(member, disk.diskBytes(), disk.freeBytes()));
        }
        return nodes;
    }
}
