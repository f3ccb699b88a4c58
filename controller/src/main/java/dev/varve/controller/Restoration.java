package dev.varve.controller;

import dev.varve.controller.helix.HelixCluster;
import dev.varve.controller.helix.HelixRestoration;
import dev.varve.model.cluster.ClusterMember;
import java.util.List;
import java.util.UUID;

/**
 * What the controller kept of a cluster in a ZooKeeper that is lost, as its nodes remember it.
 *
 * @param generation under which the store keeps its facts from now on
 * @param nodes that there were
 * @param highestNumber that a node ever had, as far as is known
 * @param placement of each group the nodes that hold it
 */
public record Restoration(
        UUID cluster, String generation, List<Node> nodes, int highestNumber, List<List<String>> placement) {
    public Restoration {
        nodes = List.copyOf(nodes);
        placement = List.copyOf(placement);
    }

    /**
     * A node that was there.
     *
     * @param diskBytes as near as is known: its share of the replicas goes by it
     */
    public record Node(ClusterMember member, long diskBytes, long freeBytes) {}

    /** Writes it; the cluster is there when this returns, and not before. May be repeated after a failure. */
    public void write(ClusterSettings settings) {
        HelixCluster helix = new HelixCluster(settings.zookeeper(), settings.name());
        helix.create(settings.groups(), settings.replicas(), settings.logs());
        HelixRestoration restoration = new HelixRestoration(helix);
        restoration.nodes(
                nodes.stream()
                        .map(node -> new HelixRestoration.Node(node.member(), node.diskBytes(), node.freeBytes()))
                        .toList(),
                highestNumber);
        restoration.placement(placement);
        restoration.identity(cluster, generation);
    }
}
