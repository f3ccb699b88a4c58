package dev.varve.controller.placement;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.model.cluster.ReplicaState;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Histories of a cluster whose nodes do what they are asked, one state at a time, in any order, while nodes come and go
 * and each plan is made by a controller that remembers nothing.
 */
class MovePlanTest {
    private static final int MOST_ROUNDS = 20_000;

    static LongStream seeds() {
        Long one = Long.getLong("varve.seed");
        return one == null ? LongStream.range(0, 40) : LongStream.of(one);
    }

    static LongStream manySeeds() {
        return LongStream.range(1_000, 1_500);
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void movesOneReplicaAtATimeAndArrives(long seed) {
        new History(seed).live();
    }

    @Tag("slow")
    @ParameterizedTest
    @MethodSource("manySeeds")
    void movesOneReplicaAtATimeInManyHistories(long seed) {
        new History(seed).live();
    }

    @Test
    void aReplicaStaysUntilItsSuccessorIsMember() {
        List<List<String>> target = List.of(List.of("a", "b", "d"));
        Map<String, Presence> nodes =
                Map.of("a", Presence.LIVE, "b", Presence.LIVE, "c", Presence.DRAINING, "d", Presence.LIVE);
        Map<String, ReplicaState> three = member("a", "b", "c");
        Map<String, ReplicaState> four = member("a", "b", "c", "d");
        assertThat(next(target, three, three, nodes)).isEqualTo(four);
        assertThat(next(target, four, three, nodes)).isEqualTo(four);
        Map<String, ReplicaState> copying = with(three, "d", ReplicaState.BOOTSTRAP);
        assertThat(next(target, four, copying, nodes)).isEqualTo(four);
        Map<String, ReplicaState> leaving = with(four, "c", ReplicaState.DRAINING);
        assertThat(next(target, four, four, nodes)).isEqualTo(leaving);
        assertThat(next(target, leaving, four, nodes)).isEqualTo(leaving);
        assertThat(next(target, leaving, leaving, nodes)).isEqualTo(member("a", "b", "d"));
    }

    @Test
    void drainingIsIrrevocable() {
        List<List<String>> target = List.of(List.of("a", "b", "c"));
        Map<String, Presence> nodes = Map.of("a", Presence.LIVE, "b", Presence.LIVE, "c", Presence.LIVE);
        Map<String, ReplicaState> leaving = with(member("a", "b"), "c", ReplicaState.DRAINING);
        assertThat(next(target, leaving, leaving, nodes)).isEqualTo(member("a", "b"));
        assertThat(next(target, member("a", "b"), leaving, nodes)).isEqualTo(member("a", "b"));
        assertThat(next(target, member("a", "b"), member("a", "b"), nodes)).isEqualTo(member("a", "b", "c"));
    }

    @Test
    void noReplicaIsMadeOfNothing() {
        List<List<String>> target = List.of(List.of("a", "b", "d"));
        Map<String, Presence> nodes =
                Map.of("a", Presence.AWAY, "b", Presence.AWAY, "c", Presence.AWAY, "d", Presence.LIVE);
        assertThat(next(target, member("a", "b", "c"), Map.of(), nodes)).isEqualTo(member("a", "b", "c"));
    }

    @Test
    void aGroupWaitsForWhoeverIsAwayUnlessTooFewAreLeft() {
        List<List<String>> target = List.of(List.of("a", "b", "d"));
        Map<String, Presence> nodes =
                Map.of("a", Presence.LIVE, "b", Presence.AWAY, "c", Presence.LIVE, "d", Presence.LIVE);
        Map<String, ReplicaState> asked = member("a", "b", "c");
        assertThat(next(target, asked, member("a", "c"), nodes)).isEqualTo(asked);
        Map<String, Presence> two =
                Map.of("a", Presence.LIVE, "b", Presence.AWAY, "c", Presence.AWAY, "d", Presence.LIVE);
        assertThat(next(target, asked, member("a"), two)).isEqualTo(member("a", "b", "c", "d"));
    }

    @Test
    void whoeverLeavesDoesNotKeepOthersFromComingWhileTooFewAreLeft() {
        List<List<String>> target = List.of(List.of("a", "b", "d"));
        Map<String, Presence> nodes =
                Map.of("a", Presence.LIVE, "b", Presence.AWAY, "c", Presence.DRAINING, "d", Presence.LIVE);
        Map<String, ReplicaState> leaving = with(member("a"), "c", ReplicaState.DRAINING);
        assertThat(next(target, member("a", "b"), leaving, nodes)).isEqualTo(member("a", "b", "d"));
        Map<String, Presence> all =
                Map.of("a", Presence.LIVE, "b", Presence.LIVE, "c", Presence.DRAINING, "d", Presence.LIVE);
        Map<String, ReplicaState> enough = with(member("a", "b"), "c", ReplicaState.DRAINING);
        assertThat(next(target, member("a", "b"), enough, all)).isEqualTo(member("a", "b"));
    }

    private static Map<String, ReplicaState> next(
            List<List<String>> target,
            Map<String, ReplicaState> asked,
            Map<String, ReplicaState> observed,
            Map<String, Presence> nodes) {
        return MovePlan.next(
                        target, List.of(asked), List.of(observed), nodes, PlacementRules.DEFAULT, MoveLimits.DEFAULT)
                .getFirst();
    }

    private static Map<String, ReplicaState> member(String... nodes) {
        return List.of(nodes).stream().collect(Collectors.toMap(node -> node, node -> ReplicaState.MEMBER));
    }

    private static Map<String, ReplicaState> with(Map<String, ReplicaState> states, String node, ReplicaState state) {
        Map<String, ReplicaState> changed = new HashMap<>(states);
        changed.put(node, state);
        return changed;
    }

    private static final class History {
        private static final PlacementRules RULES = new PlacementRules(3, 2, 0);
        private static final MoveLimits LIMITS = new MoveLimits(2, 5);

        private final Random random;
        private final Map<String, ClusterNode> nodes = new TreeMap<>();
        private List<List<String>> target;
        private List<Map<String, ReplicaState>> asked = new ArrayList<>();
        private final List<Map<String, ReplicaState>> observed = new ArrayList<>();
        private Map<String, ClusterNode> placed = Map.of();
        private int born;

        History(long seed) {
            random = new Random(seed);
            int groups = 1 + random.nextInt(30);
            target = Collections.nCopies(groups, List.of());
            for (int group = 0; group < groups; group++) {
                asked.add(Map.of());
                observed.add(new TreeMap<>());
            }
        }

        void live() {
            for (int i = 0; i < 5; i++) {
                join();
            }
            settle();
            for (int event = 0; event < 10; event++) {
                change();
                for (int round = random.nextInt(60); round > 0; round--) {
                    round();
                }
            }
            // Whoever is away comes back, or is given up.
            List.copyOf(nodes.values()).stream()
                    .filter(node -> node.presence() == Presence.AWAY)
                    .forEach(node -> set(node, random.nextBoolean() ? Presence.LIVE : Presence.GONE));
            settle();
            for (int group = 0; group < target.size(); group++) {
                List<String> wanted =
                        target.get(group).stream().filter(this::there).toList();
                List<String> holders = observed.get(group).keySet().stream()
                        .filter(this::there)
                        .toList();
                assertThat(holders).containsAll(wanted);
                // With fewer nodes than a group needs, whoever drains stays.
                if (wanted.size() >= RULES.leastActive()) {
                    assertThat(holders).hasSameSizeAs(wanted);
                }
            }
        }

        private void join() {
            String id = "node-" + born++;
            nodes.put(id, new ClusterNode(id, "zone-" + born % 3, 1 << 20, 1 << 20, Presence.LIVE));
        }

        private boolean there(String id) {
            Presence presence = Objects.requireNonNull(nodes.get(id)).presence();
            return presence == Presence.LIVE || presence == Presence.DRAINING;
        }

        private void set(ClusterNode node, Presence presence) {
            nodes.put(node.id(), node.as(presence));
            if (!there(node.id())) {
                observed.forEach(states -> states.remove(node.id()));
            }
        }

        /** Never so much at once that a group loses all it has. */
        private void change() {
            ClusterNode node = List.copyOf(nodes.values()).get(random.nextInt(nodes.size()));
            long down = nodes.values().stream()
                    .filter(other -> other.presence() == Presence.AWAY)
                    .count();
            switch (random.nextInt(6)) {
                case 0, 1 -> join();
                case 2 -> set(node, node.presence() == Presence.GONE ? Presence.GONE : Presence.LIVE);
                case 3 -> set(node, node.presence() == Presence.LIVE ? Presence.DRAINING : node.presence());
                case 4 -> set(node, node.presence() == Presence.LIVE && down < 2 ? Presence.AWAY : node.presence());
                default -> set(node, node.presence() == Presence.AWAY ? Presence.GONE : node.presence());
            }
        }

        private void settle() {
            for (int round = 0; round < MOST_ROUNDS; round++) {
                if (!round()) {
                    return;
                }
            }
            throw new AssertionError("still moving");
        }

        /** A plan and one state changed; false if nothing is left to do. */
        private boolean round() {
            if (!nodes.equals(placed)) {
                target = Placement.of(nodes.values(), target, RULES);
                placed = Map.copyOf(nodes);
            }
            Map<String, Presence> presence = new HashMap<>();
            nodes.forEach((id, node) -> presence.put(id, node.presence()));
            List<Map<String, ReplicaState>> next = MovePlan.next(target, asked, observed, presence, RULES, LIMITS);
            checkStep(next);
            boolean changed = !next.equals(asked);
            asked = next;
            if (changed && random.nextBoolean()) {
                return true;
            }
            List<Runnable> todo = new ArrayList<>();
            for (int group = 0; group < target.size(); group++) {
                Map<String, ReplicaState> states = observed.get(group);
                Map<String, ReplicaState> wanted = asked.get(group);
                for (String id : nodes.keySet()) {
                    if (there(id)) {
                        ReplicaState now = states.getOrDefault(id, ReplicaState.DROPPED);
                        ReplicaState goal = wanted.getOrDefault(id, ReplicaState.DROPPED);
                        if (now != goal) {
                            ReplicaState step = towards(now, goal);
                            todo.add(() -> {
                                if (step == ReplicaState.DROPPED) {
                                    states.remove(id);
                                } else {
                                    states.put(id, step);
                                }
                            });
                        }
                    }
                }
            }
            if (!todo.isEmpty()) {
                todo.get(random.nextInt(todo.size())).run();
            }
            return changed || !todo.isEmpty();
        }

        private static ReplicaState towards(ReplicaState now, ReplicaState goal) {
            return switch (now) {
                case DROPPED -> ReplicaState.OFFLINE;
                case OFFLINE -> goal == ReplicaState.MEMBER ? ReplicaState.BOOTSTRAP : ReplicaState.DROPPED;
                case BOOTSTRAP -> goal == ReplicaState.MEMBER ? ReplicaState.MEMBER : ReplicaState.OFFLINE;
                case MEMBER -> ReplicaState.DRAINING;
                case DRAINING -> ReplicaState.OFFLINE;
            };
        }

        private void checkStep(List<Map<String, ReplicaState>> next) {
            Map<String, Integer> newAtNode = new HashMap<>();
            for (int group = 0; group < next.size(); group++) {
                Map<String, ReplicaState> before = asked.get(group);
                Map<String, ReplicaState> states = observed.get(group);
                if (before.isEmpty()) {
                    continue;
                }
                int steps = 0;
                for (Map.Entry<String, ReplicaState> entry : next.get(group).entrySet()) {
                    String id = entry.getKey();
                    if (entry.getValue() == before.get(id)) {
                        continue;
                    }
                    steps++;
                    assertThat(before.get(id)).isNotEqualTo(ReplicaState.DRAINING);
                    if (entry.getValue() == ReplicaState.DRAINING) {
                        long others = next.get(group).keySet().stream()
                                .filter(other -> !other.equals(id) && there(other))
                                .filter(other -> states.get(other) == ReplicaState.MEMBER)
                                .count();
                        assertThat(others).as("members that remain").isGreaterThanOrEqualTo(2);
                        assertThat(target.get(group)).doesNotContain(id);
                    } else {
                        newAtNode.merge(id, 1, Integer::sum);
                        assertThat(target.get(group)).contains(id);
                        assertThat(states).containsValue(ReplicaState.MEMBER);
                    }
                }
                assertThat(steps).as("steps of one group at once").isLessThanOrEqualTo(1);
                for (String id : before.keySet()) {
                    if (!next.get(group).containsKey(id) && there(id) && before.get(id) == ReplicaState.MEMBER) {
                        throw new AssertionError(id + " was a member and was dropped without draining");
                    }
                }
                long underWay = nodes.keySet().stream()
                        .filter(this::there)
                        .filter(id -> states.getOrDefault(id, ReplicaState.DROPPED)
                                != before.getOrDefault(id, ReplicaState.DROPPED))
                        .count();
                assertThat(underWay == 0 || steps == 0)
                        .as("a step of a group that moves already")
                        .isTrue();
            }
            assertThat(newAtNode.values()).allMatch(count -> count <= LIMITS.perNode());
        }
    }
}
