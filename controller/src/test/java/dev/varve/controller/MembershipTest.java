package dev.varve.controller;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.controller.helix.LocalZooKeeper;
import dev.varve.controller.placement.Presence;
import dev.varve.controller.placement.ReplicaChange;
import dev.varve.model.VarveException;
import dev.varve.model.cluster.ClusterMember;
import dev.varve.model.cluster.ClusterView;
import dev.varve.model.cluster.ReplicaState;
import dev.varve.model.cluster.Role;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Nodes of one cluster in this process, over a real ZooKeeper. */
class MembershipTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final int GROUPS = 6;

    private final Map<String, Membership> nodes = new LinkedHashMap<>();
    private final Map<String, List<String>> changes = new ConcurrentHashMap<>();
    private final Map<String, Integer> sideBySide = new ConcurrentHashMap<>();

    /** Held while no copy shall end. */
    private final Semaphore copying = new Semaphore(1);

    @TempDir
    Path folder;

    private LocalZooKeeper zookeeper;
    private ClusterSettings settings;

    @BeforeEach
    void open() throws Exception {
        zookeeper = new LocalZooKeeper(folder);
        settings = settings(3);
    }

    private ClusterSettings settings(int replicas) {
        ClusterSettings defaults = ClusterSettings.of(zookeeper.address(), "lake");
        return new ClusterSettings(
                defaults.zookeeper(),
                defaults.name(),
                GROUPS,
                replicas,
                16,
                4,
                defaults.sessionTimeout(),
                defaults.giveUpAfter(),
                Duration.ZERO,
                defaults.moves(),
                0);
    }

    @AfterEach
    void close() {
        nodes.values().parallelStream().forEach(Membership::close);
        zookeeper.close();
        assertThat(sideBySide).isEmpty();
    }

    @Test
    void numbersAreGivenOnceAndForGood() throws Exception {
        Map<String, Future<Enrolment>> claims = new TreeMap<>();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int node = 0; node < 8; node++) {
                String id = "node-" + node;
                claims.put(id, threads.submit(() -> Enrolment.claim(settings, id)));
            }
        }
        UUID identity = claims.values().iterator().next().get().cluster();
        Map<Integer, String> numbers = new HashMap<>();
        for (Map.Entry<String, Future<Enrolment>> claim : claims.entrySet()) {
            Enrolment enrolment = claim.getValue().get();
            assertThat(numbers.put(enrolment.number(), claim.getKey())).isNull();
            assertThat(enrolment.cluster()).isEqualTo(identity);
            assertThat(Enrolment.claim(settings, claim.getKey())).isEqualTo(enrolment);
        }
        assertThat(numbers.keySet()).allMatch(number -> number >= 1 && number <= 65_535);
    }

    @Test
    void nodesSeeEachOtherAndWhoLeads() {
        join("a");
        join("b");
        List<ClusterView> views = new CopyOnWriteArrayList<>();
        node("a").onChange(views::add);
        join("c");
        await("all groups have members", () -> isFull("a", Set.of("a", "b", "c")));
        await("each log has a leader", () -> isLed("b", Set.of("a", "b", "c")));
        ClusterMember seen = Objects.requireNonNull(view("a").members().get("c"));
        assertThat(seen).isEqualTo(facts("c", EnumSet.allOf(Role.class)));
        assertThat(views.getLast()).isEqualTo(view("a"));
        assertThat(nodes.values().stream().filter(Membership::isLeading)).hasSize(1);

        // The one that leads the controller goes.
        String first = nodes.entrySet().stream()
                .filter(node -> node.getValue().isLeading())
                .findFirst()
                .orElseThrow()
                .getKey();
        leave(first);
        String other = nodes.keySet().iterator().next();
        await("its logs have other leaders", () -> isLed(other, nodes.keySet()));
        assertThat(view(other).isLive(first)).isFalse();
        assertThat(view(other).members()).containsKey(first);
        join(first);
        await("it leads again", () -> isLed(other, Set.of("a", "b", "c")));
    }

    @Test
    void aNodeWhoseSessionExpiredIsAskedAgainAndSeesTheClusterAgain() {
        join("a");
        join("b");
        join("c");
        await("all groups have members", () -> isFull("a", Set.of("a", "b", "c")));
        changes.clear();
        long session = zookeeper.expireSession("lake", "b");
        await(
                "b is there again",
                () -> zookeeper.session("lake", "b") != 0 && zookeeper.session("lake", "b") != session);
        await(
                "all are members again",
                () -> changes.getOrDefault("b", List.of()).size() == 2 * GROUPS && isFull("a", Set.of("a", "b", "c")));
        // Helix forgot what its replicas were, and says nothing of that.
        for (int group = 0; group < GROUPS; group++) {
            assertThat(changes.get("b")).contains(group + " OFFLINE BOOTSTRAP", group + " BOOTSTRAP MEMBER");
        }
        assertThat(changes).containsOnlyKeys("b");
        leave("a");
        await("b still hears of changes", () -> !view("b").isLive("a"));
        assertThat(node("b").isConnected()).isTrue();
    }

    @Test
    void onlyNodesThatStoreHoldReplicasAndOnlyTheyAndIngestingOnesLead() {
        join("a");
        join("b");
        join("q", EnumSet.of(Role.QUERY, Role.CONTROLLER));
        await("each log has a leader", () -> isLed("q", Set.of("a", "b")));
        assertThat(changes).isEmpty();
        join("c");
        await("all groups have members", () -> isFull("q", Set.of("a", "b", "c")));
        assertThat(changes).doesNotContainKey("q");
    }

    @Test
    void oneNodeIsEnoughForOneReplica() {
        settings = settings(1);
        join("a");
        await("all groups have members", () -> isFull("a", Set.of("a")));
        await("each log has a leader", () -> isLed("a", Set.of("a")));
    }

    @Test
    void anOperatorSeesWhatMovesAndWhyAndSendsNodesAway() throws Exception {
        try (ClusterAdmin admin = ClusterAdmin.connect(zookeeper.address(), "lake")) {
            assertThatThrownBy(admin::status).hasMessageContaining("there is no cluster lake");
            join("a");
            assertThat(admin.status().moves())
                    .hasSize(GROUPS)
                    .allMatch(move -> move.why().equals("waits for enough nodes to place it"));
            join("b");
            join("c");
            join("d");
            await("settled", () -> admin.status().isSettled() && isLed("a", Set.of("a", "b", "c", "d")));
            ClusterStatus settled = admin.status();
            assertThat(settled.nodes()).hasSize(4).allMatch(node -> node.presence() == Presence.LIVE);
            assertThat(settled.nodes().stream()
                            .mapToInt(ClusterStatus.NodeStatus::groups)
                            .sum())
                    .isEqualTo(3 * GROUPS);
            assertThat(settled.fewestMembers()).isEqualTo(3);
            assertThat(settled.controller()).isIn("a", "b", "c", "d");

            assertThatThrownBy(() -> admin.drain("x"))
                    .hasMessage("the cluster has no node x")
                    .extracting(failure -> ((VarveException) failure).hint())
                    .isEqualTo("It has a, b, c, d.");
            assertThatThrownBy(() -> admin.remove("a")).hasMessage("node a is there");

            // It is called back before anything has moved, and then sent away again.
            copying.acquire();
            admin.drain("d");
            await(
                    "something moves",
                    () -> admin.status().moves().stream()
                            .anyMatch(move -> move.why().equals("takes the place of d: d shall leave")));
            assertThat(admin.status().isSettled()).isFalse();
            admin.undoDrain("d");
            copying.release();
            await("it has its share again", () -> admin.status().isSettled() && isLed("a", nodes.keySet()));
            assertThat(find(admin, "d").groups()).isGreaterThanOrEqualTo(4);
            admin.drain("d");
            await(
                    "it is empty",
                    () -> admin.status().isSettled()
                            && find(admin, "d").replicas().isEmpty()
                            && isLed("a", Set.of("a", "b", "c")));
            assertThat(find(admin, "d").presence()).isEqualTo(Presence.DRAINING);
            leave("d");
            await("it can be removed", () -> find(admin, "d").presence() == Presence.GONE);
            admin.remove("d");
            await("nobody knows it", () -> !view("a").members().containsKey("d"));

            leave("c");
            await("c is away", () -> find(admin, "c").presence() == Presence.AWAY);
            assertThatThrownBy(() -> admin.remove("c")).hasMessage("node c shall hold 6 of 6 groups");
            assertThat(admin.status().missing()).isEqualTo(GROUPS);
            assertThat(admin.status().moves()).allMatch(move -> move.why().equals("waits for the node, which is away"));
            int number = Enrolment.claim(settings, "d").number();
            join("d");
            assertThat(view("a").members()).hasSizeLessThanOrEqualTo(4);
            assertThat(number).isEqualTo(4);
            admin.removeByForce("c");
            await("d replaces c", () -> isFull("a", Set.of("a", "b", "d")));
        }
    }

    @Test
    void aNodeThatCannotReachZooKeeperKeepsItsViewAndCanBeClosed() {
        join("a");
        join("b");
        join("c");
        await("all groups have members", () -> isFull("a", Set.of("a", "b", "c")));
        zookeeper.close();
        await("a knows", () -> !node("a").isConnected());
        assertThat(isFull("a", Set.of("a", "b", "c"))).isTrue();
        leave("a");
    }

    private static ClusterStatus.NodeStatus find(ClusterAdmin admin, String node) {
        return admin.status().nodes().stream()
                .filter(one -> one.member().id().equals(node))
                .findFirst()
                .orElseThrow();
    }

    private void join(String id) {
        join(id, EnumSet.allOf(Role.class));
    }

    private void join(String id, Set<Role> roles) {
        ClusterMember self = facts(id, roles);
        nodes.put(id, Membership.join(settings, self, 1L << 40, 1L << 40, changes(id)));
    }

    private ClusterMember facts(String id, Set<Role> roles) {
        int number = Enrolment.claim(settings, id).number();
        return new ClusterMember(id, number, "zone-" + id, "host-" + id, 1, 2, 3, 4, roles, true);
    }

    private ReplicaChange changes(String node) {
        Set<Integer> changing = ConcurrentHashMap.newKeySet();
        return (group, from, to) -> {
            if (!changing.add(group)) {
                sideBySide.put(node, group);
            }
            if (to == ReplicaState.MEMBER) {
                copying.acquire();
                copying.release();
            }
            changes.computeIfAbsent(node, any -> new CopyOnWriteArrayList<>()).add(group + " " + from + " " + to);
            changing.remove(group);
        };
    }

    private void leave(String id) {
        Objects.requireNonNull(nodes.remove(id)).close();
    }

    private Membership node(String id) {
        return Objects.requireNonNull(nodes.get(id));
    }

    private ClusterView view(String node) {
        return node(node).get();
    }

    private boolean isFull(String seenBy, Set<String> members) {
        ClusterView view = view(seenBy);
        return view.groups().size() == GROUPS
                && view.groups().stream()
                        .allMatch(group -> group.keySet().equals(members)
                                && Set.copyOf(group.values()).equals(Set.of(ReplicaState.MEMBER)));
    }

    /** Whether each log has a leader and each node of these leads its share, give or take one. */
    private boolean isLed(String seenBy, Set<String> by) {
        ClusterView view = view(seenBy);
        Map<String, Integer> counts = new TreeMap<>();
        by.forEach(node -> counts.put(node, 0));
        view.leaders().values().forEach(node -> counts.merge(node, 1, Integer::sum));
        int share = settings.logs().size() / by.size();
        return view.leaders().keySet().equals(Set.copyOf(settings.logs()))
                && counts.keySet().equals(by)
                && counts.values().stream().allMatch(count -> count == share || count == share + 1);
    }

    private void await(String what, BooleanSupplier reached) {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (!reached.getAsBoolean()) {
            List<ClusterView> views = new ArrayList<>();
            nodes.values().forEach(node -> views.add(node.get()));
            assertThat(System.nanoTime()).as("%s, but %s", what, views).isLessThan(deadline);
            LockSupport.parkNanos(5_000_000);
        }
    }
}
