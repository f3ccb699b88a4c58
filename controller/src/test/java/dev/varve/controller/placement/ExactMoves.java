package dev.varve.controller.placement;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The exact least number of moves to a placement in fair shares, as a min-cost flow from groups over their zones to nodes;
 * by Bellman and Ford, for small clusters whose nodes are all live.
 */
final class ExactMoves {
    /** Reward for a replica within the rounded-down share: filling those comes before saving moves. */
    private static final int MUST = 1_000;

    private record Edge(int from, int to, AtomicInteger left, int cost, int twin) {}

    private final List<Edge> edges = new ArrayList<>();

    private void edge(int from, int to, int capacity, int cost) {
        edges.add(new Edge(from, to, new AtomicInteger(capacity), cost, edges.size() + 1));
        edges.add(new Edge(to, from, new AtomicInteger(), -cost, edges.size() - 1));
    }

    static long between(Collection<ClusterNode> given, List<List<String>> before, int replicas) {
        List<ClusterNode> nodes = List.copyOf(given);
        int groups = before.size();
        int wanted = Math.min(replicas, nodes.size());
        double[] shares = NaiveShares.of(nodes, groups, replicas);
        Map<String, Integer> zones = new HashMap<>();
        Map<String, Integer> sizes = new HashMap<>();
        nodes.forEach(node -> {
            zones.putIfAbsent(node.zone(), zones.size());
            sizes.merge(node.zone(), 1, Integer::sum);
        });
        int limit = 1;
        while (true) {
            int most = limit;
            if (sizes.values().stream().mapToInt(size -> Math.min(size, most)).sum() >= wanted) {
                break;
            }
            limit++;
        }
        int firstZone = 2 + groups;
        int firstNode = firstZone + groups * zones.size();
        ExactMoves flow = new ExactMoves();
        for (int group = 0; group < groups; group++) {
            flow.edge(0, 2 + group, wanted, 0);
            for (int zone = 0; zone < zones.size(); zone++) {
                flow.edge(2 + group, firstZone + group * zones.size() + zone, limit, 0);
            }
            for (int n = 0; n < nodes.size(); n++) {
                int zoneIndex = Objects.requireNonNull(zones.get(nodes.get(n).zone()));
                int zone = firstZone + group * zones.size() + zoneIndex;
                flow.edge(
                        zone,
                        firstNode + n,
                        1,
                        before.get(group).contains(nodes.get(n).id()) ? 0 : 1);
            }
        }
        for (int n = 0; n < nodes.size(); n++) {
            int least = (int) Math.floor(shares[n] + 1e-6);
            flow.edge(firstNode + n, 1, least, -MUST);
            flow.edge(firstNode + n, 1, (int) Math.ceil(shares[n] - 1e-6) - least, 0);
        }
        return flow.cost(firstNode + nodes.size(), groups * wanted, nodes, shares);
    }

    private long cost(int vertices, int wanted, List<ClusterNode> nodes, double[] shares) {
        long cost = 0;
        for (int unit = 0; unit < wanted; unit++) {
            long[] distance = new long[vertices];
            int[] via = new int[vertices];
            Arrays.fill(distance, Long.MAX_VALUE / 2);
            distance[0] = 0;
            for (boolean changed = true; changed; ) {
                changed = false;
                for (int e = 0; e < edges.size(); e++) {
                    Edge edge = edges.get(e);
                    if (edge.left().get() > 0 && distance[edge.from()] + edge.cost() < distance[edge.to()]) {
                        distance[edge.to()] = distance[edge.from()] + edge.cost();
                        via[edge.to()] = e;
                        changed = true;
                    }
                }
            }
            if (distance[1] >= Long.MAX_VALUE / 4) {
                throw new AssertionError("no fair placement of " + nodes + " at " + Arrays.toString(shares));
            }
            cost += distance[1];
            for (int at = 1; at != 0; at = edges.get(via[at]).from()) {
                edges.get(via[at]).left().decrementAndGet();
                edges.get(edges.get(via[at]).twin()).left().incrementAndGet();
            }
        }
        return Math.floorMod(cost, MUST);
    }
}
