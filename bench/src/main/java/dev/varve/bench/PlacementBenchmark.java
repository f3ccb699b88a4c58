package dev.varve.bench;

import dev.varve.controller.placement.ClusterNode;
import dev.varve.controller.placement.Placement;
import dev.varve.controller.placement.PlacementChange;
import dev.varve.controller.placement.PlacementRules;
import dev.varve.controller.placement.Presence;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import org.apache.arrow.memory.BufferAllocator;

/**
 * What moves when one of 1,000 simulated nodes of three sizes in ten zones joins or leaves, with 10,000 groups of three
 * replicas, against the moves without which no placement is fair. Run: {@code ./varve bench placement}.
 */
final class PlacementBenchmark implements Benchmark {
    private static final int NODES = 1_000;
    private static final int ZONES = 10;
    private static final int GROUPS = 10_000;
    private static final double MOST_MOVES = 1.1;
    private static final long TERABYTE = 1L << 40;

    @Override
    public void run(Workspace workspace, BufferAllocator memory, Report report) {
        PlacementRules rules = PlacementRules.DEFAULT;
        List<ClusterNode> nodes = new ArrayList<>();
        for (int i = 0; i < NODES; i++) {
            nodes.add(node(i));
        }
        List<List<String>> none = Collections.nCopies(GROUPS, List.of());
        List<List<String>> first = Placement.of(nodes, none, rules);
        PlacementChange start = PlacementChange.between(nodes, none, first, rules);
        report.within(
                "1,000 nodes, 10,000 groups: fullest node over its share by weight",
                "%.3f× (emptiest %.3f×)".formatted(start.fullest(), start.emptiest()),
                "one replica more",
                start.fullest() <= 1 + 1.0 / 15);
        List<ClusterNode> joined = new ArrayList<>(nodes);
        joined.add(node(NODES));
        change("one node joins", joined, first, rules, report);
        List<ClusterNode> left = new ArrayList<>(nodes);
        left.set(NODES / 2, nodes.get(NODES / 2).as(Presence.GONE));
        change("one node leaves", left, first, rules, report);
    }

    private static ClusterNode node(int index) {
        return new ClusterNode(
                "node-" + index, "zone-" + index % ZONES, TERABYTE * (1 + index / ZONES % 3), TERABYTE, Presence.LIVE);
    }

    private static void change(
            String what, List<ClusterNode> nodes, List<List<String>> before, PlacementRules rules, Report report) {
        long start = System.nanoTime();
        List<List<String>> after = Placement.of(nodes, before, rules);
        double millis = (System.nanoTime() - start) / 1e6;
        PlacementChange change = PlacementChange.between(nodes, before, after, rules);
        report.within(
                what + ": moves against the least possible",
                String.format(Locale.ROOT, "%d of %d, in %.0f ms", change.moves(), change.leastMoves(), millis),
                "%.1f×".formatted(MOST_MOVES),
                change.moves() <= MOST_MOVES * change.leastMoves());
    }
}
