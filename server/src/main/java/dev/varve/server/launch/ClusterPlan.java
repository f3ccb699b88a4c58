package dev.varve.server.launch;

import java.util.Map;
import java.util.OptionalInt;

/**
 * How a local cluster is made.
 *
 * @param zookeepers 1, 3 or 5
 * @param basePort where ports begin, which must be free; free ones are looked for when empty
 * @param heap of each node, as the JVM has it: {@code 768m}
 * @param replicas of each chunk
 * @param settings of all nodes, by key; they win over what is written otherwise
 */
public record ClusterPlan(
        String name,
        int nodes,
        int zookeepers,
        OptionalInt basePort,
        String heap,
        int replicas,
        Map<String, String> settings) {
    private static final int USUAL_REPLICAS = 3;

    public ClusterPlan {
        settings = Map.copyOf(settings);
        if (nodes < 1 || zookeepers < 1 || zookeepers > 5 || zookeepers % 2 == 0) {
            throw new IllegalArgumentException(
                    "no cluster has %d nodes and %d zookeepers".formatted(nodes, zookeepers));
        }
    }

    /** With the defaults of everything else. */
    public static ClusterPlan of(int nodes) {
        return new ClusterPlan("varve", nodes, 1, OptionalInt.empty(), "1g", Math.min(USUAL_REPLICAS, nodes), Map.of());
    }

    public ClusterPlan withZooKeepers(int number) {
        return new ClusterPlan(name, nodes, number, basePort, heap, replicas, settings);
    }

    public ClusterPlan withBasePort(int port) {
        return new ClusterPlan(name, nodes, zookeepers, OptionalInt.of(port), heap, replicas, settings);
    }

    public ClusterPlan withHeap(String size) {
        return new ClusterPlan(name, nodes, zookeepers, basePort, size, replicas, settings);
    }

    public ClusterPlan withSettings(Map<String, String> byKey) {
        return new ClusterPlan(name, nodes, zookeepers, basePort, heap, replicas, byKey);
    }
}
