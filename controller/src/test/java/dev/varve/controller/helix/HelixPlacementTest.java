package dev.varve.controller.helix;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.controller.placement.MoveLimits;
import dev.varve.controller.placement.PlacementRules;
import dev.varve.controller.placement.ReplicaChange;
import dev.varve.model.cluster.ClusterMember;
import dev.varve.model.cluster.ReplicaState;
import dev.varve.model.cluster.Role;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Nodes and controllers of one cluster in this process, over a real ZooKeeper; the leader's clock is moved by hand. */
class HelixPlacementTest {
    private static final int GROUPS = 12;
    private static final Duration DELAY = Duration.ofHours(1);
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final HelixLeader.Settings SETTINGS = new HelixLeader.Settings(
            new PlacementRules(3, 2, 0),
            new MoveLimits(4, 8),
            DELAY,
            Duration.ZERO,
            Duration.ofMillis(50),
            Duration.ofSeconds(3));

    /** The replicas as the nodes themselves see them; checks at every change what must always hold. */
    private final Replicas replicas = new Replicas();

    private final AtomicReference<Duration> skew = new AtomicReference<>(Duration.ZERO);

    /** How often a leader has looked at a node that is not there. */
    private final AtomicInteger looks = new AtomicInteger();

    private final InstantSource clock = () -> {
        looks.incrementAndGet();
        return Instant.now().plus(skew.get());
    };
    private final Map<String, HelixMember> members = new HashMap<>();
    private final List<HelixLeader> leaders = new ArrayList<>();

    @TempDir
    Path folder;

    private LocalZooKeeper zookeeper;
    private HelixCluster cluster;

    @BeforeEach
    void open() throws Exception {
        zookeeper = new LocalZooKeeper(folder);
        cluster = new HelixCluster(zookeeper.address(), "lake");
        cluster.create(GROUPS, 3, List.of("meta/00", "meta/01"));
        cluster.create(GROUPS, 3, List.of("meta/00", "meta/01"));
    }

    @AfterEach
    void close() {
        members.values().forEach(HelixMember::close);
        leaders.forEach(HelixLeader::close);
        zookeeper.close();
    }

    @Test
    void groupsOutliveNodesAndControllers() {
        lead("controller-1");
        lead("controller-2");
        for (String node : List.of("a", "b", "c")) {
            join(node);
        }
        await("all are members", () -> replicas.members().equals(all("a", "b", "c")));
        assertThat(replicas.changes("b")).isEqualTo(2 * GROUPS);

        // One dies: within the delay nothing moves, and it finds its replicas again.
        leave("b");
        join("d");
        letTheLeaderLook();
        assertThat(replicas.members()).isEqualTo(all("a", "c"));
        join("b");
        await("d takes its share", () -> replicas.settled(3) && replicas.membersOf("d") == 3 * GROUPS / 4);
        assertThat(replicas.membersOf("a")).isEqualTo(3 * GROUPS / 4);

        // The leader goes in the middle of a drain; the other one goes on.
        new HelixInstances(cluster).drain("a", HelixInstances.Wish.LEAVE);
        await("a drains", () -> replicas.membersOf("a") < 3 * GROUPS / 4);
        HelixLeader first =
                leaders.stream().filter(HelixLeader::isLeading).findFirst().orElseThrow();
        first.close();
        leaders.remove(first);
        await("a is empty", () -> replicas.holdersOf("a") == 0 && replicas.settled(3));
        assertThat(replicas.members()).isEqualTo(all("b", "c", "d"));
        leave("a");

        // One dies and does not come back.
        leave("c");
        join("e");
        letTheLeaderLook();
        assertThat(replicas.membersOf("e")).isZero();
        skew.set(DELAY);
        await("e has replaced c", () -> replicas.members().equals(all("b", "d", "e")));
    }

    @Test
    void aReplicaThatFailsIsAskedAgain() {
        lead("controller-1");
        replicas.failures.addAll(Set.of("a0BOOTSTRAP", "b1MEMBER"));
        for (String node : List.of("a", "b", "c")) {
            join(node);
        }
        await("all are members", () -> replicas.members().equals(all("a", "b", "c")));
        assertThat(replicas.failures).isEmpty();
    }

    private void letTheLeaderLook() {
        int before = looks.get();
        await("the leader looks again and again", () -> looks.get() > before + 10);
    }

    private void lead(String name) {
        leaders.add(HelixLeader.start(cluster, name, SETTINGS, clock));
    }

    private void join(String id) {
        members.put(
                id, HelixMember.join(cluster, member(id), 1L << 40, 1L << 40, Duration.ofSeconds(3), replicas.of(id)));
    }

    private static ClusterMember member(String id) {
        return new ClusterMember(id, id.charAt(0), "zone", "host-" + id, 1, 2, 3, 4, EnumSet.allOf(Role.class), true);
    }

    private void leave(String id) {
        Objects.requireNonNull(members.remove(id)).close();
        replicas.stop(id);
    }

    private static Map<Integer, Set<String>> all(String... nodes) {
        Map<Integer, Set<String>> all = new TreeMap<>();
        for (int group = 0; group < GROUPS; group++) {
            all.put(group, Set.of(nodes));
        }
        return all;
    }

    private void await(String what, BooleanSupplier reached) {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (!reached.getAsBoolean()) {
            replicas.check();
            assertThat(System.nanoTime()).as("%s, but %s", what, replicas).isLessThan(deadline);
            LockSupport.parkNanos(5_000_000);
        }
        replicas.check();
    }

    private static final class Replicas {
        final Set<String> failures = ConcurrentHashMap.newKeySet();
        private final Map<Integer, Map<String, ReplicaState>> states = new TreeMap<>();
        private final Map<String, Integer> changes = new HashMap<>();
        private final List<String> violations = new ArrayList<>();
        private final Set<Integer> filled = new TreeSet<>();

        ReplicaChange of(String node) {
            return (group, from, to) -> change(node, group, to);
        }

        private synchronized void change(String node, int group, ReplicaState to) throws Exception {
            if (failures.remove(node + group + to)) {
                states.computeIfAbsent(group, any -> new TreeMap<>()).remove(node);
                throw new IOException("planted");
            }
            changes.merge(node, 1, Integer::sum);
            Map<String, ReplicaState> holders = states.computeIfAbsent(group, any -> new TreeMap<>());
            if (to == ReplicaState.DROPPED) {
                holders.remove(node);
            } else {
                holders.put(node, to);
            }
            long full = holders.values().stream()
                    .filter(state -> state == ReplicaState.MEMBER)
                    .count();
            if (to == ReplicaState.MEMBER && full == 3) {
                filled.add(group);
            }
            if (to == ReplicaState.DRAINING && full < 3) {
                violations.add("%s drains group %d that has %s".formatted(node, group, holders));
            }
            long moving = holders.values().stream()
                    .filter(state -> state == ReplicaState.BOOTSTRAP || state == ReplicaState.DRAINING)
                    .count();
            if (filled.contains(group) && moving > 1) {
                violations.add("group %d moves twice: %s".formatted(group, holders));
            }
        }

        synchronized void stop(String node) {
            states.values().forEach(group -> group.remove(node));
        }

        synchronized Map<Integer, Set<String>> members() {
            Map<Integer, Set<String>> members = new TreeMap<>();
            states.forEach((group, nodes) -> {
                Set<String> full = new TreeSet<>();
                nodes.forEach((node, state) -> {
                    if (state == ReplicaState.MEMBER) {
                        full.add(node);
                    }
                });
                members.put(group, full);
            });
            return members;
        }

        long membersOf(String node) {
            return members().values().stream()
                    .filter(nodes -> nodes.contains(node))
                    .count();
        }

        synchronized long holdersOf(String node) {
            return states.values().stream()
                    .filter(nodes -> nodes.containsKey(node))
                    .count();
        }

        synchronized int changes(String node) {
            return changes.getOrDefault(node, 0);
        }

        /** Whether every group has exactly so many replicas and all are members. */
        synchronized boolean settled(int count) {
            return states.size() == GROUPS
                    && states.values().stream()
                            .allMatch(nodes -> nodes.size() == count
                                    && Set.copyOf(nodes.values()).equals(Set.of(ReplicaState.MEMBER)));
        }

        synchronized void check() {
            assertThat(violations).isEmpty();
        }

        @Override
        public synchronized String toString() {
            return states.toString();
        }
    }
}
