package dev.varve.controller.placement;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;

/** Nodes that come, go, fill and drain at random, and the placement that follows; each step is checked by brute force. */
final class SimulatedCluster {
    static final long TERABYTE = 1L << 40;

    final Map<String, ClusterNode> nodes = new HashMap<>();
    final PlacementRules rules;
    List<List<String>> placement;
    private final Random random;
    private int born;

    SimulatedCluster(long seed, int nodeCount, int zoneCount, int groups, boolean weighted, PlacementRules rules) {
        this.random = new Random(seed);
        this.rules = rules;
        for (int i = 0; i < nodeCount; i++) {
            join(i % zoneCount, weighted ? TERABYTE * (1 + random.nextInt(4)) : TERABYTE);
        }
        placement = new ArrayList<>(Collections.nCopies(groups, List.of()));
        place();
    }

    ClusterNode join(int zone, long diskBytes) {
        ClusterNode node = new ClusterNode("node-" + born++, "zone-" + zone, diskBytes, diskBytes / 2, Presence.LIVE);
        set(node);
        return node;
    }

    void set(ClusterNode node) {
        nodes.put(node.id(), node);
    }

    ClusterNode node(String id) {
        return Objects.requireNonNull(nodes.get(id), id);
    }

    ClusterNode any() {
        List<ClusterNode> sorted = new ArrayList<>(nodes.values());
        sorted.sort((a, b) -> a.id().compareTo(b.id()));
        return sorted.get(random.nextInt(sorted.size()));
    }

    PlacementChange place() {
        List<List<String>> before = placement;
        placement = Placement.of(nodes.values(), before, rules);
        check(before);
        return PlacementChange.between(nodes.values(), before, placement, rules);
    }

    int load(ClusterNode node) {
        return (int) placement.stream().filter(list -> list.contains(node.id())).count();
    }

    private Collection<ClusterNode> with(Presence... presences) {
        return nodes.values().stream()
                .filter(node -> List.of(presences).contains(node.presence()))
                .toList();
    }

    /** What must hold after every placement, whatever happened. */
    private void check(List<List<String>> before) {
        List<ClusterNode> shuffled = new ArrayList<>(nodes.values());
        Collections.shuffle(shuffled, random);
        assertThat(Placement.of(shuffled, before, rules))
                .as("the order of the nodes does not count")
                .isEqualTo(placement);
        assertThat(Placement.of(nodes.values(), placement, rules))
                .as("a second placement moves nothing")
                .isEqualTo(placement);
        Collection<ClusterNode> staying = with(Presence.LIVE, Presence.AWAY);
        int possible = Math.min(rules.replicas(), staying.size());
        boolean allReceive = staying.stream().allMatch(rules::accepts);
        Map<String, Integer> zoneSizes = new HashMap<>();
        staying.forEach(node -> zoneSizes.merge(node.zone(), 1, Integer::sum));
        for (int group = 0; group < placement.size(); group++) {
            List<String> holders = placement.get(group);
            assertThat(new HashSet<>(holders)).as("no node twice").hasSameSizeAs(holders);
            if (!before.get(group).isEmpty() && before.get(group).stream().allMatch(this::isGone)) {
                assertThat(holders).as("nobody could fill it").isEqualTo(before.get(group));
                continue;
            }
            assertThat(holders).hasSizeLessThanOrEqualTo(rules.replicas());
            Map<String, Integer> inZone = new HashMap<>();
            for (String holder : holders) {
                ClusterNode node = node(holder);
                assertThat(node.presence()).isIn(Presence.LIVE, Presence.AWAY);
                inZone.merge(node.zone(), 1, Integer::sum);
                if (!before.get(group).contains(holder)) {
                    assertThat(rules.accepts(node)).as("%s received", node).isTrue();
                }
            }
            if (allReceive && possible > 0) {
                assertThat(holders).hasSize(possible);
                assertThat(Collections.max(inZone.values()))
                        .as("spread of %s", holders)
                        .isLessThanOrEqualTo(leastCrowd(zoneSizes.values(), possible));
            }
        }
    }

    private boolean isGone(String id) {
        return !nodes.containsKey(id) || node(id).presence() == Presence.GONE;
    }

    private static int leastCrowd(Collection<Integer> zoneSizes, int replicas) {
        int limit = 1;
        while (true) {
            int most = limit;
            if (zoneSizes.stream().mapToInt(size -> Math.min(most, size)).sum() >= replicas) {
                return limit;
            }
            limit++;
        }
    }

    /** Over all nodes: how many others share groups with it, over how many could. */
    double leastScatter() {
        double least = 1;
        for (ClusterNode node : nodes.values()) {
            Set<String> partners = new HashSet<>();
            long others = nodes.values().stream()
                    .filter(other -> !other.zone().equals(node.zone()))
                    .count();
            int slots = 0;
            for (List<String> holders : placement) {
                if (holders.contains(node.id())) {
                    partners.addAll(holders);
                    slots += holders.size() - 1;
                }
            }
            partners.remove(node.id());
            // Drawn at random, that many slots would find so many of the others.
            double expected = others * (1 - Math.pow(1 - 1.0 / others, slots));
            least = Math.min(least, partners.size() / expected);
        }
        return least;
    }
}
