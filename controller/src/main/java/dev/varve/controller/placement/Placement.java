package dev.varve.controller.placement;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Decides which nodes hold the replicas of each group.
 *
 * <p>A pure function: the same nodes and the same previous placement give the same answer on every controller, and its own
 * answer as the previous placement gives that answer again. In order of importance:
 *
 * <ol>
 *   <li>No node holds two replicas of a group, and a group has as many as there are nodes for, at most the replica count.
 *   <li>A replica whose only copies are on nodes that are gone is not given away: nobody could fill it.
 *   <li>A group's replicas are in different zones; where zones are too few, no zone has more of a group than it must.
 *   <li>Each node holds its fair share, by weight, rounded down or up. Full and absent nodes receive nothing.
 *   <li>As few replicas move as that needs.
 *   <li>The partners of a node's groups are scattered over all nodes, so that many help to rebuild what it held.
 * </ol>
 *
 * <p>How: keep what may stay; repair zones; give each missing replica to a node below its share; then level, from the node
 * with too much to the one with too little, directly if any group allows that, or along a chain of nodes found by breadth-first
 * search, each of which hands on another group. Min-cost flow would give the exact minimum; this is within a few
 * per cent of it (the tests compare) and takes milliseconds.
 */
public final class Placement {
    private final List<ClusterNode> nodes;
    private final int[] zones;
    private final Board board;
    private final int zoneCount;
    private final int mostPerZone;
    private final PlacementRules rules;
    private final boolean[] lost;

    /**
     * The nodes that shall hold each group.
     *
     * @param nodes in any order; who holds something and is not among them is gone
     * @param previous of each group the holders so far, none for a new group
     */
    public static List<List<String>> of(
            Collection<ClusterNode> nodes, List<List<String>> previous, PlacementRules rules) {
        Placement placement = new Placement(nodes, previous, rules);
        placement.replaceUrgent();
        placement.spread();
        Leveller leveller = new Leveller(placement.board, placement.shares());
        placement.fill(leveller);
        leveller.level();
        return placement.lists(previous);
    }

    /** The moves without which no placement is fair; none has fewer, and zones may need more. */
    static long leastMoves(Collection<ClusterNode> nodes, List<List<String>> previous, PlacementRules rules) {
        Placement placement = new Placement(nodes, previous, rules);
        FairShares shares = placement.shares();
        long missing = 0;
        for (int group = 0; group < placement.board.groups; group++) {
            if (!placement.lost[group]) {
                missing += Math.max(0, rules.replicas() - placement.board.replicas(group));
            }
        }
        long over = 0;
        long under = 0;
        for (int node = 0; node < placement.nodes.size(); node++) {
            over += Math.max(0, placement.board.load(node) - shares.most(node));
            under += Math.max(0, shares.least(node) - placement.board.load(node));
        }
        return Math.max(missing + over, under);
    }

    private Placement(Collection<ClusterNode> given, List<List<String>> previous, PlacementRules rules) {
        this.rules = rules;
        Map<String, ClusterNode> byId = new TreeMap<>();
        for (List<String> holders : previous) {
            for (String holder : holders) {
                byId.put(holder, new ClusterNode(holder, "", 1, 0, Presence.GONE));
            }
        }
        given.forEach(node -> byId.put(node.id(), node));
        nodes = List.copyOf(byId.values());
        Map<String, Integer> index = new HashMap<>();
        Map<String, Integer> zoneIndex = new TreeMap<>();
        nodes.forEach(node -> {
            index.put(node.id(), index.size());
            zoneIndex.putIfAbsent(node.zone(), zoneIndex.size());
        });
        zones = nodes.stream()
                .mapToInt(node -> zoneIndex.getOrDefault(node.zone(), 0))
                .toArray();
        zoneCount = zoneIndex.size();
        mostPerZone = mostPerZone();
        board = new Board(nodes, zones, previous.size(), rules, mostPerZone);
        lost = new boolean[previous.size()];
        keep(previous, index);
    }

    private static boolean stays(ClusterNode node) {
        return node.presence() == Presence.LIVE || node.presence() == Presence.AWAY;
    }

    /** The least limit under which every group finds enough nodes. */
    private int mostPerZone() {
        int[] sizes = new int[zoneCount];
        int all = 0;
        for (int node = 0; node < nodes.size(); node++) {
            if (stays(nodes.get(node))) {
                sizes[zones[node]]++;
                all++;
            }
        }
        int wanted = Math.min(rules.replicas(), all);
        for (int limit = 1; ; limit++) {
            int found = 0;
            for (int size : sizes) {
                found += Math.min(limit, size);
            }
            if (found >= wanted) {
                return limit;
            }
        }
    }

    private void keep(List<List<String>> previous, Map<String, Integer> index) {
        for (int group = 0; group < previous.size(); group++) {
            boolean anyCopy = previous.get(group).isEmpty();
            for (String holder : previous.get(group)) {
                int node = index.getOrDefault(holder, -1);
                anyCopy |= nodes.get(node).presence() != Presence.GONE;
                if (stays(nodes.get(node)) && !board.holds(group, node)) {
                    board.put(group, node);
                }
            }
            lost[group] = !anyCopy;
        }
        board.remember();
        for (int group = 0; group < previous.size(); group++) {
            while (board.replicas(group) > rules.replicas()) {
                board.take(group, mostLoaded(group));
            }
        }
    }

    private int mostLoaded(int group) {
        int chosen = board.holder(group, 0);
        double most = -1;
        for (int i = 0; i < board.replicas(group); i++) {
            int node = board.holder(group, i);
            double load = (double) board.load(node) / nodes.get(node).diskBytes();
            if (board.crowded(group, zones[node])) {
                load = Double.MAX_VALUE;
            }
            if (load > most) {
                most = load;
                chosen = node;
            }
        }
        return chosen;
    }

    private FairShares shares() {
        int placed = 0;
        for (boolean isLost : lost) {
            placed += isLost ? 0 : 1;
        }
        double[] weights = new double[nodes.size()];
        int[] most = new int[nodes.size()];
        for (int node = 0; node < nodes.size(); node++) {
            weights[node] = nodes.get(node).diskBytes();
            // One more than it has, or a node that gave up the odd replica would have a smaller share the next time.
            int mayHold = board.receives(node) ? placed : Math.min(placed, board.load(node) + 1);
            most[node] = stays(nodes.get(node)) ? mayHold : 0;
        }
        return new FairShares(
                weights, most, zones, zoneCount, (double) mostPerZone * placed, (double) rules.replicas() * placed);
    }

    /** A group that lacks active replicas does not wait for nodes that are away, if somebody has what they held. */
    private void replaceUrgent() {
        for (int group = 0; group < board.groups; group++) {
            int active = 0;
            for (int i = 0; i < board.replicas(group); i++) {
                active += nodes.get(board.holder(group, i)).presence() == Presence.LIVE ? 1 : 0;
            }
            for (int i = board.replicas(group) - 1; i >= 0 && active > 0 && active < rules.leastActive(); i--) {
                int away = board.holder(group, i);
                if (nodes.get(away).presence() == Presence.AWAY) {
                    int to = anywhere(group, away);
                    if (to >= 0) {
                        board.move(group, away, to);
                        active++;
                    }
                }
            }
        }
    }

    private void spread() {
        for (int group = 0; group < board.groups; group++) {
            for (int i = board.replicas(group) - 1; i >= 0; i--) {
                int from = board.holder(group, i);
                if (board.crowded(group, zones[from])) {
                    int to = anywhere(group, from);
                    if (to >= 0) {
                        board.move(group, from, to);
                    }
                }
            }
        }
    }

    private void fill(Leveller leveller) {
        for (int group = 0; group < board.groups; group++) {
            while (!lost[group] && board.replicas(group) < rules.replicas()) {
                int node = leveller.roomFor(group);
                if (node < 0) {
                    node = anywhere(group, -1);
                }
                if (node < 0) {
                    node = anyZone(group);
                }
                if (node < 0) {
                    break;
                }
                board.put(group, node);
            }
        }
    }

    /** The node that fits and holds least for its weight, or −1. */
    private int anywhere(int group, int insteadOf) {
        return leastLoaded(group, node -> board.fits(group, node, insteadOf));
    }

    /** Too close together is better than one copy less. */
    private int anyZone(int group) {
        return leastLoaded(group, node -> board.receives(node) && !board.holds(group, node));
    }

    private interface Choice {
        boolean allows(int node);
    }

    private int leastLoaded(int group, Choice choice) {
        int chosen = -1;
        double least = Double.MAX_VALUE;
        long draw = 0;
        for (int node = 0; node < nodes.size(); node++) {
            if (choice.allows(node)) {
                double load = (board.load(node) + 1.0) / nodes.get(node).diskBytes();
                long own = board.draw(group, node);
                if (load < least || (load == least && own < draw)) {
                    chosen = node;
                    least = load;
                    draw = own;
                }
            }
        }
        return chosen;
    }

    private List<List<String>> lists(List<List<String>> previous) {
        List<List<String>> lists = new ArrayList<>(board.groups);
        for (int group = 0; group < board.groups; group++) {
            if (lost[group]) {
                lists.add(List.copyOf(previous.get(group)));
                continue;
            }
            List<String> holders = new ArrayList<>();
            for (int i = 0; i < board.replicas(group); i++) {
                holders.add(nodes.get(board.holder(group, i)).id());
            }
            List<String> before = previous.get(group);
            // A replica that was moved to and fro is back in its place: the same set is the same list.
            holders.sort(Comparator.comparingInt(holder -> {
                int at = before.indexOf(holder);
                return at < 0 ? Integer.MAX_VALUE : at;
            }));
            lists.add(List.copyOf(holders));
        }
        return lists;
    }
}
