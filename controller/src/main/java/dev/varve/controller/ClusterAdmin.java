package dev.varve.controller;

import dev.varve.controller.helix.HelixCluster;
import dev.varve.controller.helix.HelixDesk;
import dev.varve.controller.helix.HelixInstances;
import dev.varve.controller.placement.Presence;
import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import dev.varve.model.cluster.ReplicaState;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** What operators ask and say of a cluster; speaks to ZooKeeper alone, so it works whatever nodes are there. Thread-safe. */
public final class ClusterAdmin implements AutoCloseable {
    private final HelixDesk desk;
    private final String cluster;

    private ClusterAdmin(HelixDesk desk, String cluster) {
        this.desk = desk;
        this.cluster = cluster;
    }

    public static ClusterAdmin connect(String zookeeper, String cluster) {
        return new ClusterAdmin(HelixDesk.open(new HelixCluster(zookeeper, cluster)), cluster);
    }

    /** Read from ZooKeeper now. */
    public ClusterStatus status() {
        HelixDesk.Written written = desk.read();
        Map<String, Integer> leads = new HashMap<>();
        written.leaders().values().forEach(node -> leads.merge(node, 1, Integer::sum));
        List<ClusterStatus.NodeStatus> nodes = new ArrayList<>();
        written.nodes()
                .values()
                .forEach(node -> nodes.add(new ClusterStatus.NodeStatus(
                        node.member(),
                        node.presence(),
                        node.diskBytes(),
                        node.freeBytes(),
                        node.replicas(),
                        node.groups(),
                        leads.getOrDefault(node.member().id(), 0))));
        int groups = written.target().size();
        long missing = 0;
        int fewest = written.replicas();
        for (Map<String, ReplicaState> group : written.observed()) {
            int members = (int) group.values().stream()
                    .filter(state -> state == ReplicaState.MEMBER)
                    .count();
            missing += Math.max(0, written.replicas() - members);
            fewest = Math.min(fewest, members);
        }
        return new ClusterStatus(
                cluster,
                written.controller(),
                nodes,
                groups,
                written.replicas(),
                missing,
                fewest,
                written.moves(),
                written.leaders());
    }

    /** Has the node's replicas and logs go elsewhere; it serves on meanwhile. */
    public void drain(String node) {
        desk.drain(node, HelixInstances.Wish.LEAVE);
    }

    /** The node shall stay: what drains already goes on, and the node is given as much as the others again. */
    public void undoDrain(String node) {
        desk.drain(node, HelixInstances.Wish.STAY);
    }

    /** Forgets a node that is not there and that nothing needs any more. */
    public void remove(String node) {
        ClusterStatus status = status();
        ClusterStatus.NodeStatus found = find(status, node);
        if (found.groups() > 0) {
            throw new VarveException(
                            ErrorCode.CONFLICT,
                            "node %s shall hold %d of %d groups".formatted(node, found.groups(), status.groups()))
                    .withHint("Drain it first and wait; or, if it will never come back, remove it by force.");
        }
        if (status.missing() > 0) {
            throw new VarveException(
                            ErrorCode.CONFLICT,
                            "%d members of groups are missing, and node %s may have copies"
                                    .formatted(status.missing(), node))
                    .withHint("Wait until all are there; or, if it will never come back, remove it by force.");
        }
        desk.remove(node);
    }

    /** Forgets a node that is not there and will never come back: what it held is copied from others at once. */
    public void removeByForce(String node) {
        ClusterStatus.NodeStatus ignored = find(status(), node);
        desk.remove(node);
    }

    private static ClusterStatus.NodeStatus find(ClusterStatus status, String node) {
        ClusterStatus.NodeStatus found = status.nodes().stream()
                .filter(one -> one.member().id().equals(node))
                .findFirst()
                .orElseThrow(() -> new VarveException(
                                ErrorCode.NOT_FOUND, "the cluster %s has no node %s".formatted(status.name(), node))
                        .withHint("It has "
                                + String.join(
                                        ", ",
                                        status.nodes().stream()
                                                .map(one -> one.member().id())
                                                .toList())
                                + "."));
        if (found.presence() == Presence.LIVE || found.presence() == Presence.DRAINING) {
            throw new VarveException(ErrorCode.CONFLICT, "node %s is there".formatted(node))
                    .withHint("Stop it first; its name is free to come back under its old number.");
        }
        return found;
    }

    @Override
    public void close() {
        desk.close();
    }
}
