package dev.varve.server.watch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.model.cluster.ClusterMember;
import dev.varve.model.cluster.ClusterView;
import dev.varve.model.cluster.ReplicaState;
import dev.varve.model.cluster.Role;
import dev.varve.model.host.Peers;
import dev.varve.server.alert.Alert;
import dev.varve.server.alert.Channel;
import dev.varve.server.alert.Message;
import dev.varve.server.alert.Messenger;
import dev.varve.server.alert.StandingAlarms;
import dev.varve.server.alert.Teller;
import dev.varve.testkit.peers.TestPeers;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Watchtowers of several nodes in this process; time and the view are moved by hand. */
class WatchtowerTest {
    private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");
    private final AtomicReference<Instant> now = new AtomicReference<>(START);
    private final AtomicReference<ClusterView> view = new AtomicReference<>(ClusterView.EMPTY);
    private final AtomicReference<String> leader = new AtomicReference<>("a");
    private final Set<String> withoutZooKeeper = ConcurrentHashMap.newKeySet();
    private final Map<String, Duration> skews = new ConcurrentHashMap<>();
    private final Map<String, StandingAlarms> alarms = new HashMap<>();
    private final Map<String, Watchtower> towers = new TreeMap<>();
    private final Map<String, List<Message>> told = new ConcurrentHashMap<>();
    private final TestPeers network = new TestPeers();

    @AfterEach
    void close() {
        towers.values().forEach(Watchtower::close);
    }

    @Test
    void oneNodeTellsWhatAnyNodeRaisesAndAnotherGoesOnWithoutTellingItAgain() {
        start("a", "b", "c");
        alarms("c").raise("damage", "chunk 1", "a chunk is damaged");
        await(() -> told("a").size() == 1 && knows("b", "damage"));
        Message first = told("a").getFirst();
        assertThat(first.raised()).hasSize(1);
        assertThat(first.raised().getFirst().node()).isEqualTo("c");
        assertThat(tower("b").alertsJson().toString()).contains("a chunk is damaged");

        leader.set("b");
        alarms("a").raise("damage", "chunk 2", "a chunk is damaged");
        await(() -> told("b").size() == 1);
        assertThat(told("b").getFirst().raised()).extracting(Alert::subject).containsExactly("chunk 2");

        alarms("c").clear("damage", "chunk 1");
        await(() -> !knows("b", "chunk 1"));
        pass(Duration.ofMinutes(2));
        await(() -> told("b").size() == 2);
        assertThat(told("b").getLast().ended()).extracting(Alert::subject).containsExactly("chunk 1");
        assertThat(told("a")).hasSize(1);
        assertThat(told("c")).isEmpty();
    }

    @Test
    void aNodeThatIsLostIsToldOnceItWasAwayForAWhile() {
        start("a", "b", "c");
        await(() -> healthOf("a").contains("3 of 3 nodes are there, 3 answer"));
        show(Set.of("a", "b"));
        await(() -> knows("a", ClusterConditions.MISSING) && healthOf("a").contains("2 of 3 nodes are there"));
        assertThat(knows("a", ClusterConditions.NODE_LOST)).isFalse();
        pass(Duration.ofSeconds(40));
        await(() -> told("a").stream().anyMatch(message -> message.title().contains("node-lost c")));
        assertThat(tower("a").health().get("status").asText()).isEqualTo("failing");
        show(Set.of("a", "b", "c"));
        await(() -> !knows("a", ClusterConditions.NODE_LOST) && !knows("a", ClusterConditions.MISSING));
        pass(Duration.ofMinutes(2));
        await(() -> told("a").stream()
                .anyMatch(message ->
                        message.ended().stream().anyMatch(alert -> alert.name().equals(ClusterConditions.NODE_LOST))));
    }

    @Test
    void whoeverIsCutOffFromOneNodeSaysSoAndTheFirstTellsWithoutZooKeeper() {
        start("a", "b", "c");
        withoutZooKeeper.addAll(Set.of("a", "b", "c"));
        leader.set("nobody");
        await(() -> told("a").stream()
                .anyMatch(message ->
                        message.raised().stream().anyMatch(alert -> alert.name().equals("zookeeper"))));
        assertThat(told("b")).isEmpty();
        await(() -> healthOf("b").contains("not reached"));
    }

    @Test
    void aClockThatIsOffIsNamedAlsoByItsOwnNode() {
        skews.put("a", Duration.ofMinutes(3));
        start("a", "b", "c");
        await(() -> knows("a", ClusterConditions.SKEW) && knows("b", ClusterConditions.SKEW));
        for (String node : List.of("a", "b")) {
            assertThat(tower(node).alerts())
                    .filteredOn(alert -> alert.name().equals(ClusterConditions.SKEW))
                    .extracting(Alert::subject)
                    .containsExactly("a");
        }
        assertThat(Objects.requireNonNull(tower("b").clockOffsets().get("a"))).isBetween(150.0, 210.0);
    }

    @Test
    void conditionsOfLogsAndUnreachableNodes() {
        StandingAlarms found = new StandingAlarms("cluster", now::get);
        ClusterConditions conditions = new ClusterConditions(found, 3);
        ClusterView seen = viewOf(Set.of("a", "b", "c"), Map.of("meta/00", "a"));
        for (int second = 0; second <= 60; second += 5) {
            long newest = 100L + second;
            conditions.look(
                    seen,
                    Map.of(
                            "a", report(Map.of("meta/00", newest, "meta/01", 5L)),
                            "b", report(Map.of("meta/00", newest - 3, "meta/01", 5L)),
                            "c", report(Map.of("meta/00", 90L, "meta/01", 5L))),
                    START.plusSeconds(second));
        }
        assertThat(found.all())
                .extracting(alert -> alert.name() + " " + alert.subject())
                .containsExactly(ClusterConditions.LEADERLESS + " meta/01", ClusterConditions.LAG + " c");
        assertThat(found.all().getLast().text()).contains("meta/00");

        conditions.look(
                viewOf(Set.of("a", "b", "c"), Map.of("meta/00", "a", "meta/01", "b")),
                Map.of("a", report(Map.of("meta/00", 161L, "meta/01", 5L)), "c", report(Map.of("meta/00", 161L))),
                START.plusSeconds(65));
        assertThat(found.all())
                .extracting(alert -> alert.name() + " " + alert.subject())
                .containsExactly(ClusterConditions.UNREACHABLE + " b");
    }

    @Test
    void aFullDiskIsToldAndDoesNotComeAndGo() {
        StandingAlarms found = new StandingAlarms("a", now::get);
        AtomicReference<Long> free = new AtomicReference<>(50L << 30);
        DiskCheck check = new DiskCheck(() -> new DiskCheck.Room(100L << 30, free.get()), found);
        assertThat(check.get().state()).isEqualTo(Check.State.OK);
        free.set(14L << 30);
        assertThat(check.get().state()).isEqualTo(Check.State.WARNING);
        free.set(16L << 30);
        assertThat(check.get().state()).isEqualTo(Check.State.WARNING);
        free.set(4L << 30);
        assertThat(check.get().state()).isEqualTo(Check.State.FAILING);
        assertThat(found.all().getFirst().severity()).isEqualTo(Alert.Severity.CRITICAL);
        free.set(6L << 30);
        assertThat(check.get().state()).isEqualTo(Check.State.FAILING);
        free.set(10L << 30);
        assertThat(check.get().state()).isEqualTo(Check.State.WARNING);
        free.set(18L << 30);
        assertThat(check.get().state()).isEqualTo(Check.State.OK);
        assertThat(found.all()).isEmpty();
    }

    @Test
    void aDatasetThatWasFedAndIsSilentIsNamed() {
        StandingAlarms found = new StandingAlarms("a", now::get);
        Map<String, Long> rows = new HashMap<>(Map.of("air", 5L, "old", 7L));
        SilenceCheck check = new SilenceCheck(() -> Map.copyOf(rows), Duration.ofMinutes(10), found, now::get);
        check.get();
        rows.put("air", 6L);
        pass(Duration.ofMinutes(1));
        check.get();
        pass(Duration.ofMinutes(11));
        rows.put("air", 4L);
        assertThat(check.get().text()).isEqualTo("silent: air");
        assertThat(found.all()).hasSize(1);
        rows.put("air", 5L);
        assertThat(check.get().state()).isEqualTo(Check.State.OK);
        assertThat(found.all()).isEmpty();
    }

    private void start(String... nodes) {
        show(Set.of(nodes));
        for (String node : nodes) {
            InstantSource clock = () -> now.get().plus(skews.getOrDefault(node, Duration.ZERO));
            StandingAlarms own = new StandingAlarms(node, clock);
            alarms.put(node, own);
            Peers peers = network.join(node);
            towers.put(
                    node,
                    Watchtower.start(
                            new Watchtower.Config("lake", node, Duration.ofMillis(10), Teller.Patience.DEFAULT),
                            own,
                            List.of(),
                            new Messenger(List.of(channel(node)), Duration.ofMillis(1)),
                            Optional.of(new Watchtower.Sight(
                                    3,
                                    view::get,
                                    () -> !withoutZooKeeper.contains(node),
                                    () -> node.equals(leader.get()),
                                    peers,
                                    List::of)),
                            clock));
        }
    }

    private Channel channel(String node) {
        return new Channel() {
            @Override
            public String name() {
                return "list";
            }

            @Override
            public void send(Message message) {
                told.computeIfAbsent(node, any -> new CopyOnWriteArrayList<>()).add(message);
            }
        };
    }

    private void show(Set<String> live) {
        view.set(viewOf(live, Map.of()));
    }

    private static ClusterView viewOf(Set<String> live, Map<String, String> leaders) {
        Map<String, ClusterMember> members = new HashMap<>();
        Map<String, ReplicaState> group = new HashMap<>();
        for (String node : List.of("a", "b", "c")) {
            members.put(
                    node,
                    new ClusterMember(
                            node,
                            node.charAt(0),
                            node,
                            "host",
                            1,
                            2,
                            3,
                            4,
                            EnumSet.allOf(Role.class),
                            live.contains(node)));
            if (live.contains(node)) {
                group.put(node, ReplicaState.MEMBER);
            }
        }
        return new ClusterView(members, List.of(group), leaders);
    }

    private static Reports.Report report(Map<String, Long> seen) {
        return new Reports.Report(START, Duration.ZERO, seen, List.of());
    }

    private StandingAlarms alarms(String node) {
        return Objects.requireNonNull(alarms.get(node));
    }

    private Watchtower tower(String node) {
        return Objects.requireNonNull(towers.get(node));
    }

    private boolean knows(String node, String what) {
        return tower(node).alerts().stream()
                .anyMatch(alert -> alert.name().equals(what) || alert.subject().equals(what));
    }

    private String healthOf(String node) {
        return tower(node).health().toString();
    }

    private List<Message> told(String node) {
        return told.getOrDefault(node, List.of());
    }

    private void pass(Duration time) {
        now.updateAndGet(instant -> instant.plus(time));
    }

    private void await(BooleanSupplier reached) {
        Supplier<String> state =
                () -> told + " " + towers.keySet().stream().map(this::healthOf).toList();
        long deadline = System.nanoTime() + Duration.ofSeconds(60).toNanos();
        while (!reached.getAsBoolean()) {
            assertThat(System.nanoTime()).as(state).isLessThan(deadline);
            LockSupport.parkNanos(5_000_000);
        }
    }
}
