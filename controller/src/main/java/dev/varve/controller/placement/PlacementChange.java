package dev.varve.controller.placement;

import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What a new placement costs and how even it is.
 *
 * @param moves replicas that must be copied to a node that did not hold them
 * @param leastMoves the moves without which no placement is fair
 * @param fullest the most that a node that is there holds, over its share by weight alone
 * @param emptiest the least
 */
public record PlacementChange(long moves, long leastMoves, double fullest, double emptiest) {
    public static PlacementChange between(
            Collection<ClusterNode> nodes, List<List<String>> before, List<List<String>> after, PlacementRules rules) {
        long moves = 0;
        long replicas = 0;
        Map<String, Integer> loads = new HashMap<>();
        for (int group = 0; group < after.size(); group++) {
            for (String holder : after.get(group)) {
                moves += before.get(group).contains(holder) ? 0 : 1;
                replicas++;
                loads.merge(holder, 1, Integer::sum);
            }
        }
        double weight = 0;
        for (ClusterNode node : nodes) {
            weight += node.presence() == Presence.LIVE ? node.diskBytes() : 0;
        }
        double fullest = 0;
        double emptiest = Double.MAX_VALUE;
        for (ClusterNode node : nodes) {
            if (node.presence() == Presence.LIVE) {
                double load = loads.getOrDefault(node.id(), 0) / (replicas * (node.diskBytes() / weight));
                fullest = Math.max(fullest, load);
                emptiest = Math.min(emptiest, load);
            }
        }
        return new PlacementChange(moves, Placement.leastMoves(nodes, before, rules), fullest, emptiest);
    }
}
