package dev.varve.controller.placement;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Placement against brute force; the seed is in the test's name and {@code -Dvarve.seed} repeats it. */
class PlacementTest {
    private static final PlacementRules RULES = new PlacementRules(3, 2, 0);
    private static final double MOST_MOVES = 1.1;
    private static final int SMALL = 2_000;

    static Stream<Arguments> shapes() {
        return Stream.of(
                Arguments.of(3, 3, 128, false),
                Arguments.of(4, 4, 128, true),
                Arguments.of(5, 1, 128, true),
                Arguments.of(6, 2, 128, false),
                Arguments.of(9, 3, 128, true),
                Arguments.of(12, 4, 1_024, true),
                Arguments.of(30, 5, 1_024, true),
                Arguments.of(100, 10, 2_000, true));
    }

    static Stream<Arguments> largeShapes() {
        return Stream.of(
                Arguments.of(300, 3, 10_000, true),
                Arguments.of(1_000, 10, 10_000, false),
                Arguments.of(1_000, 10, 10_000, true));
    }

    @ParameterizedTest
    @MethodSource("shapes")
    void joinsAndLeavesMoveHardlyMoreThanTheyMust(int nodes, int zones, int groups, boolean weighted) {
        moveLittle(nodes, zones, groups, weighted);
    }

    @Tag("slow")
    @ParameterizedTest
    @MethodSource("largeShapes")
    void inALargeClusterToo(int nodes, int zones, int groups, boolean weighted) {
        moveLittle(nodes, zones, groups, weighted);
    }

    private static void moveLittle(int nodes, int zones, int groups, boolean weighted) {
        SimulatedCluster cluster = new SimulatedCluster(1, nodes, zones, groups, weighted, RULES);
        even(cluster);
        ClusterNode joined = cluster.join(0, 2 * SimulatedCluster.TERABYTE);
        few(cluster, "join");
        even(cluster);
        cluster.set(cluster.any().as(Presence.GONE));
        few(cluster, "leave");
        even(cluster);
        cluster.set(new ClusterNode(joined.id(), joined.zone(), 4 * joined.diskBytes(), 1, Presence.LIVE));
        few(cluster, "weight");
        even(cluster);
        cluster.set(cluster.node(joined.id()).as(Presence.DRAINING));
        few(cluster, "drain");
        even(cluster);
    }

    private static void few(SimulatedCluster cluster, String event) {
        List<List<String>> before = cluster.placement;
        PlacementChange change = cluster.place();
        List<ClusterNode> live = live(cluster);
        // With few zones the shares alone do not tell what must move.
        long least = live.size() * before.size() < SMALL
                ? ExactMoves.between(live, before, cluster.rules.replicas())
                : change.leastMoves();
        assertThat(change.moves())
                .as("%s at %d nodes: %s, at least %d", event, cluster.nodes.size(), change, least)
                .isLessThanOrEqualTo((long) Math.ceil(MOST_MOVES * least));
    }

    private static List<ClusterNode> live(SimulatedCluster cluster) {
        return cluster.nodes.values().stream()
                .filter(node -> node.presence() == Presence.LIVE)
                .toList();
    }

    /** Loads in fair shares of zones and nodes, computed in the plainest way. */
    private static void even(SimulatedCluster cluster) {
        List<ClusterNode> live = live(cluster);
        double[] share = NaiveShares.of(live, cluster.placement.size(), cluster.rules.replicas());
        for (int i = 0; i < share.length; i++) {
            assertThat((double) cluster.load(live.get(i)))
                    .as("%s with share %.2f", live.get(i), share[i])
                    .isBetween(Math.floor(share[i] - 1e-3), Math.ceil(share[i] + 1e-3));
        }
    }

    static LongStream seeds() {
        Long one = Long.getLong("varve.seed");
        return one == null ? LongStream.range(0, 60) : LongStream.of(one);
    }

    static LongStream manySeeds() {
        return LongStream.range(1_000, 3_000);
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void anyHistoryKeepsTheRules(long seed) {
        live(seed);
    }

    @Tag("slow")
    @ParameterizedTest
    @MethodSource("manySeeds")
    void anyOfManyHistoriesKeepsTheRules(long seed) {
        live(seed);
    }

    private static void live(long seed) {
        Random random = new Random(seed);
        int zones = 1 + random.nextInt(5);
        PlacementRules rules = new PlacementRules(1 + random.nextInt(4), 1, 1 << 20);
        SimulatedCluster cluster = new SimulatedCluster(
                seed, 1 + random.nextInt(20), zones, 1 + random.nextInt(100), random.nextBoolean(), rules);
        for (int event = 0; event < 12; event++) {
            ClusterNode node = cluster.any();
            switch (random.nextInt(8)) {
                case 0, 1 -> cluster.join(random.nextInt(zones + 1), SimulatedCluster.TERABYTE);
                case 2 -> cluster.set(node.as(Presence.GONE));
                case 3 -> cluster.set(node.as(Presence.AWAY));
                case 4 -> cluster.set(node.as(Presence.DRAINING));
                case 5 -> cluster.set(node.as(Presence.LIVE));
                case 6 -> cluster.set(new ClusterNode(node.id(), node.zone(), node.diskBytes(), 0, node.presence()));
                default -> cluster.placement.addAll(Collections.nCopies(3, List.of()));
            }
            cluster.place();
        }
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void movesAreNearTheExactMinimum(long seed) {
        Random random = new Random(seed);
        int zones = 1 + random.nextInt(5);
        SimulatedCluster cluster =
                new SimulatedCluster(seed, 4 + random.nextInt(8), zones, 20 + random.nextInt(40), true, RULES);
        if (random.nextBoolean()) {
            cluster.join(random.nextInt(zones), SimulatedCluster.TERABYTE);
        } else {
            cluster.nodes.remove(cluster.any().id());
        }
        List<List<String>> before = cluster.placement;
        PlacementChange change = cluster.place();
        long exact = ExactMoves.between(cluster.nodes.values(), before, RULES.replicas());
        assertThat(change.leastMoves()).isLessThanOrEqualTo(exact);
        assertThat(change.moves()).isBetween(exact, (long) Math.ceil(MOST_MOVES * exact) + 1);
    }

    @Test
    void aFullNodeKeepsItsReplicasAndReceivesNone() {
        PlacementRules rules = new PlacementRules(3, 2, 1 << 20);
        SimulatedCluster cluster = new SimulatedCluster(1, 6, 3, 128, false, rules);
        ClusterNode node = cluster.node("node-0");
        int load = cluster.load(node);
        cluster.set(new ClusterNode(node.id(), node.zone(), node.diskBytes(), 0, Presence.LIVE));
        assertThat(cluster.place().moves()).isZero();
        assertThat(cluster.load(node)).isEqualTo(load);
        cluster.nodes.remove("node-3");
        cluster.place();
        assertThat(cluster.load(node)).isEqualTo(load);
    }

    @Test
    void nothingMovesWhileANodeIsAway() {
        SimulatedCluster cluster = new SimulatedCluster(1, 9, 3, 128, false, RULES);
        List<List<String>> before = cluster.placement;
        cluster.set(cluster.node("node-0").as(Presence.AWAY));
        assertThat(cluster.place().moves()).isZero();
        assertThat(cluster.placement).isEqualTo(before);
    }

    @Test
    void aGroupThatLacksActiveReplicasDoesNotWait() {
        SimulatedCluster cluster = new SimulatedCluster(1, 9, 3, 128, false, RULES);
        List<List<String>> before = cluster.placement;
        List<String> away = List.of("node-0", "node-1");
        away.forEach(id -> cluster.set(cluster.node(id).as(Presence.AWAY)));
        cluster.place();
        int urgent = 0;
        for (int group = 0; group < before.size(); group++) {
            List<String> still = new ArrayList<>(before.get(group));
            still.removeAll(away);
            List<String> active = new ArrayList<>(cluster.placement.get(group));
            active.removeAll(away);
            assertThat(active).containsAll(still).hasSize(Math.max(2, still.size()));
            urgent += still.size() == 1 ? 1 : 0;
        }
        assertThat(urgent).isPositive();
    }

    @Test
    void partnersAreScattered() {
        assertThat(new SimulatedCluster(1, 30, 5, 1_024, false, RULES).leastScatter())
                .isGreaterThan(0.85);
        SimulatedCluster grown = new SimulatedCluster(1, 12, 4, 1_024, false, RULES);
        for (int i = 0; i < 12; i++) {
            grown.join(i % 4, SimulatedCluster.TERABYTE);
            grown.place();
        }
        assertThat(grown.leastScatter()).isGreaterThan(0.8);
    }
}
