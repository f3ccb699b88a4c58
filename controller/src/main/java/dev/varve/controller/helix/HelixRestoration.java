package dev.varve.controller.helix;

import dev.varve.model.cluster.ClusterMember;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.helix.AccessOption;
import org.apache.helix.PropertyPathBuilder;
import org.apache.helix.zookeeper.datamodel.ZNRecord;
import org.apache.zookeeper.data.Stat;

/**
 * Writes again what was kept of a cluster in a ZooKeeper that is lost. No node can start before the end, for the identity
 * comes last; so it may be done again after a failure in the middle.
 */
public record HelixRestoration(HelixCluster cluster) {
    /**
     * A node that was there.
     *
     * @param diskBytes as near as is known, or the placement would find that it holds too much
     */
    public record Node(ClusterMember member, long diskBytes, long freeBytes) {}

    /**
     * Says who the nodes are.
     *
     * @param highestNumber of all nodes there ever were, as far as is known
     */
    public void nodes(List<Node> nodes, int highestNumber) {
        HelixNumbers numbers = new HelixNumbers(cluster);
        Map<String, Integer> own = nodes.stream()
                .collect(Collectors.toMap(
                        node -> node.member().id(), node -> node.member().number()));
        numbers.restore(own);
        if (!own.containsValue(highestNumber)) {
            numbers.reserve(highestNumber);
        }
        HelixInstances instances = new HelixInstances(cluster);
        nodes.forEach(node -> instances.restore(node.member(), node.diskBytes(), node.freeBytes()));
    }

    /** Says who shall hold each group. */
    public void placement(List<List<String>> holders) {
        cluster.withData(data -> {
            String path = PropertyPathBuilder.idealState(cluster.name(), HelixCluster.GROUPS);
            Stat stat = new Stat();
            ZNRecord ideal = data.get(path, stat, AccessOption.PERSISTENT);
            if (ideal == null) {
                throw cluster.unreachable(new IllegalStateException("there is no " + path));
            }
            IntStream.range(0, holders.size()).forEach(group -> {
                ideal.setListField(HelixCluster.partition(group), holders.get(group));
                ideal.setMapField(HelixCluster.partition(group), Map.of());
            });
            if (!data.set(path, ideal, stat.getVersion(), AccessOption.PERSISTENT)) {
                throw cluster.unreachable(new IllegalStateException("somebody else changes " + path));
            }
        });
    }

    /** Makes the cluster be there. */
    public void identity(UUID identity, String generation) {
        new HelixNumbers(cluster).restore(identity, generation);
    }
}
