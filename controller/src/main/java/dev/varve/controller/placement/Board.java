package dev.varve.controller.placement;

import java.util.Arrays;
import java.util.List;

/**
 * The replicas while they are being placed: numbers for groups and nodes, who holds what from both sides, and what may be
 * put where. Confined to one thread.
 */
final class Board {
    final int groups;
    final int nodes;

    /** Room for this many replicas of a group, as long as a shrinking replica count needs. */
    private final int[][] holders;

    private final int[] holderCount;
    private final int[][] before;
    private final int[][] held;
    private final int[] heldCount;
    private final int[] zones;
    private final boolean[] receives;
    private final long[] salts;
    private final int mostPerZone;

    Board(List<ClusterNode> nodes, int[] zones, int groups, PlacementRules rules, int mostPerZone) {
        this.groups = groups;
        this.nodes = nodes.size();
        this.zones = zones;
        this.mostPerZone = mostPerZone;
        holders = new int[groups][rules.replicas()];
        holderCount = new int[groups];
        before = new int[groups][0];
        held = new int[nodes.size()][8];
        heldCount = new int[nodes.size()];
        receives = new boolean[nodes.size()];
        salts = new long[nodes.size()];
        for (int node = 0; node < nodes.size(); node++) {
            receives[node] = rules.accepts(nodes.get(node));
            salts[node] = mixed(nodes.get(node).id().hashCode());
        }
    }

    int load(int node) {
        return heldCount[node];
    }

    int replicas(int group) {
        return holderCount[group];
    }

    int holder(int group, int index) {
        return holders[group][index];
    }

    int group(int node, int index) {
        return held[node][index];
    }

    boolean receives(int node) {
        return receives[node];
    }

    int zone(int node) {
        return zones[node];
    }

    /** From now on the present holders are those that held the groups before. */
    void remember() {
        for (int group = 0; group < groups; group++) {
            before[group] = Arrays.copyOf(holders[group], holderCount[group]);
        }
    }

    /** Whether the node held the group before anything was placed. */
    boolean held(int group, int node) {
        for (int holder : before[group]) {
            if (holder == node) {
                return true;
            }
        }
        return false;
    }

    boolean holds(int group, int node) {
        for (int i = 0; i < holderCount[group]; i++) {
            if (holders[group][i] == node) {
                return true;
            }
        }
        return false;
    }

    int inZone(int group, int zone) {
        int count = 0;
        for (int i = 0; i < holderCount[group]; i++) {
            if (zones[holders[group][i]] == zone) {
                count++;
            }
        }
        return count;
    }

    boolean crowded(int group, int zone) {
        return inZone(group, zone) > mostPerZone;
    }

    /** Whether the node may take the group, alone (−1) or in place of another holder. */
    boolean fits(int group, int node, int insteadOf) {
        if (!receives[node] || holds(group, node)) {
            return false;
        }
        int others = inZone(group, zones[node]);
        if (insteadOf >= 0 && zones[insteadOf] == zones[node]) {
            others--;
        }
        return others < mostPerZone;
    }

    void put(int group, int node) {
        if (holderCount[group] == holders[group].length) {
            holders[group] = Arrays.copyOf(holders[group], holderCount[group] + 2);
        }
        holders[group][holderCount[group]++] = node;
        if (heldCount[node] == held[node].length) {
            held[node] = Arrays.copyOf(held[node], 2 * heldCount[node]);
        }
        held[node][heldCount[node]++] = group;
    }

    void take(int group, int node) {
        holderCount[group] = without(holders[group], holderCount[group], node);
        heldCount[node] = without(held[node], heldCount[node], group);
    }

    void move(int group, int from, int to) {
        take(group, from);
        put(group, to);
    }

    /** A number that looks random but depends on the group's number and the node's name alone. */
    long draw(int group, int node) {
        return mixed(salts[node] ^ (group * 0x9E3779B97F4A7C15L)) >>> 1;
    }

    private static int without(int[] values, int count, int value) {
        int at = 0;
        while (values[at] != value) {
            at++;
        }
        System.arraycopy(values, at + 1, values, at, count - at - 1);
        return count - 1;
    }

    private static long mixed(long value) {
        long z = value + 0x9E3779B97F4A7C15L;
        z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
        return z ^ (z >>> 31);
    }
}
