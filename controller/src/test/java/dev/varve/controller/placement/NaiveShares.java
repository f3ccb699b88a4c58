package dev.varve.controller.placement;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Fair shares by letting everybody grow until a limit is met, again and again. */
final class NaiveShares {
    private NaiveShares() {}

    static double[] of(List<ClusterNode> nodes, int groups, int replicas) {
        Map<String, Integer> sizes = new HashMap<>();
        nodes.forEach(node -> sizes.merge(node.zone(), 1, Integer::sum));
        int limit = 1;
        while (true) {
            int most = limit;
            if (sizes.values().stream().mapToInt(size -> Math.min(size, most)).sum()
                    >= Math.min(replicas, nodes.size())) {
                break;
            }
            limit++;
        }
        double[] shares = new double[nodes.size()];
        boolean[] closed = new boolean[nodes.size()];
        double left = (double) groups * Math.min(replicas, nodes.size());
        // Everybody open grows at the same rate until the next node or zone is full.
        while (left > 1e-9) {
            double weight = 0;
            Map<String, Double> zoneWeight = new HashMap<>();
            Map<String, Double> zoneSum = new HashMap<>();
            for (int i = 0; i < shares.length; i++) {
                zoneSum.merge(nodes.get(i).zone(), shares[i], Double::sum);
                if (!closed[i]) {
                    weight += nodes.get(i).diskBytes();
                    zoneWeight.merge(nodes.get(i).zone(), (double) nodes.get(i).diskBytes(), Double::sum);
                }
            }
            double step = left / weight;
            for (int i = 0; i < shares.length; i++) {
                if (!closed[i]) {
                    String zone = nodes.get(i).zone();
                    step = Math.min(step, (groups - shares[i]) / nodes.get(i).diskBytes());
                    step = Math.min(
                            step,
                            ((double) limit * groups - zoneSum.getOrDefault(zone, 0.0))
                                    / zoneWeight.getOrDefault(zone, 1.0));
                }
            }
            for (int i = 0; i < shares.length; i++) {
                if (!closed[i]) {
                    shares[i] += step * nodes.get(i).diskBytes();
                    zoneSum.merge(nodes.get(i).zone(), step * nodes.get(i).diskBytes(), Double::sum);
                }
            }
            left = groups * Math.min(replicas, nodes.size())
                    - Arrays.stream(shares).sum();
            for (int i = 0; i < shares.length; i++) {
                closed[i] |= shares[i] > groups - 1e-9
                        || zoneSum.getOrDefault(nodes.get(i).zone(), 0.0) > (double) limit * groups - 1e-6;
            }
        }
        return shares;
    }
}
