package dev.varve.controller;

import dev.varve.controller.placement.MoveLimits;
import dev.varve.controller.placement.PlacementRules;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * How a cluster is run. What shapes it (groups, replicas, metadata and ingest shards) counts when its first node starts;
 * afterwards what is written in ZooKeeper counts.
 *
 * @param zookeeper {@code host:port,…}
 * @param name under which it is kept there
 * @param replicas of each group, 1 to 3; nothing is placed before there are so many nodes
 * @param metaShards logs of the store's metadata
 * @param ingestShards logs of rows
 * @param sessionTimeout after which a node that ZooKeeper does not hear of is not there
 * @param giveUpAfter after which what a lost node held is placed elsewhere
 * @param settleAfter for how long a node must be there to be given logs that another one leads
 * @param reserveBytes a node with less free space receives no replica
 */
public record ClusterSettings(
        String zookeeper,
        String name,
        int groups,
        int replicas,
        int metaShards,
        int ingestShards,
        Duration sessionTimeout,
        Duration giveUpAfter,
        Duration settleAfter,
        MoveLimits moves,
        long reserveBytes) {
    public ClusterSettings {
        if (zookeeper.isBlank() || !name.matches("[A-Za-z0-9-]+")) {
            throw new IllegalArgumentException("cluster '%s' at '%s' needs an address and a name of letters and digits"
                    .formatted(name, zookeeper));
        }
        if (groups < 1 || replicas < 1 || replicas > 3 || metaShards < 1 || ingestShards < 1) {
            throw new IllegalArgumentException("no cluster with %d groups, %d replicas, %d + %d shards"
                    .formatted(groups, replicas, metaShards, ingestShards));
        }
    }

    /** The defaults. */
    public static ClusterSettings of(String zookeeper, String name) {
        return new ClusterSettings(
                zookeeper,
                name,
                128,
                3,
                16,
                4,
                Duration.ofSeconds(3),
                Duration.ofMinutes(30),
                Duration.ofSeconds(10),
                MoveLimits.DEFAULT,
                PlacementRules.DEFAULT.reserveBytes());
    }

    public ClusterSettings withReplicas(int number) {
        return new ClusterSettings(
                zookeeper,
                name,
                groups,
                number,
                metaShards,
                ingestShards,
                sessionTimeout,
                giveUpAfter,
                settleAfter,
                moves,
                reserveBytes);
    }

    public ClusterSettings withIngestShards(int number) {
        return new ClusterSettings(
                zookeeper,
                name,
                groups,
                replicas,
                metaShards,
                number,
                sessionTimeout,
                giveUpAfter,
                settleAfter,
                moves,
                reserveBytes);
    }

    public ClusterSettings withGiveUpAfter(Duration delay) {
        return new ClusterSettings(
                zookeeper,
                name,
                groups,
                replicas,
                metaShards,
                ingestShards,
                sessionTimeout,
                delay,
                settleAfter,
                moves,
                reserveBytes);
    }

    public ClusterSettings withReserveBytes(long bytes) {
        return new ClusterSettings(
                zookeeper,
                name,
                groups,
                replicas,
                metaShards,
                ingestShards,
                sessionTimeout,
                giveUpAfter,
                settleAfter,
                moves,
                bytes);
    }

    /** The names of all logs: {@code meta/00}… and {@code ingest/0}…. */
    public List<String> logs() {
        List<String> logs = new ArrayList<>();
        for (int shard = 0; shard < metaShards; shard++) {
            logs.add(String.format(Locale.ROOT, "meta/%02d", shard));
        }
        for (int shard = 0; shard < ingestShards; shard++) {
            logs.add("ingest/" + shard);
        }
        return logs;
    }

    /** One replica may be missing, of two or more. */
    PlacementRules rules() {
        return new PlacementRules(replicas, Math.max(1, replicas - 1), reserveBytes);
    }
}
