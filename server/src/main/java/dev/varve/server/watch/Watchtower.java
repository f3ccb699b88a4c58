package dev.varve.server.watch;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.varve.blobstore.SharedLog;
import dev.varve.model.cluster.ClusterView;
import dev.varve.model.host.Peers;
import dev.varve.server.alert.Alert;
import dev.varve.server.alert.Message;
import dev.varve.server.alert.Messenger;
import dev.varve.server.alert.StandingAlarms;
import dev.varve.server.alert.Teller;
import dev.varve.server.watch.Reports.Report;
import dev.varve.server.wire.Json;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks at this node, and if it is in a cluster at all others, every few seconds, and has people told.
 *
 * <p>One thread does all of it. Every node looks at everything and keeps track of what people were told, but only one tells:
 * the one that leads the controller or, while ZooKeeper cannot be reached, the first by name of those that answer. So another
 * one can go on without telling everything again.
 */
public final class Watchtower implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Watchtower.class);
    /** Named where all nodes see the same. */
    private static final String CLUSTER = "cluster";

    private static final String SESSION = "zookeeper";

    private final Config config;
    private final InstantSource clock;
    private final StandingAlarms own;
    private final StandingAlarms shared;
    private final List<Supplier<Check>> probes;
    private final Messenger messenger;
    private final Teller teller;
    private final @Nullable Sight cluster;
    private final @Nullable Reports reports;
    private final ClusterConditions conditions;
    private final CountDownLatch stopped = new CountDownLatch(1);
    private final Thread thread;
    private volatile List<Check> checks = List.of();
    private volatile List<Alert> standing = List.of();

    /**
     * How it looks.
     *
     * @param lake named in messages
     * @param node this node
     * @param pause between two looks
     */
    public record Config(String lake, String node, Duration pause, Teller.Patience patience) {}

    /**
     * The cluster around a node.
     *
     * @param replicas that each group shall have
     * @param isConnected whether ZooKeeper hears of this node
     * @param isLeading whether this node leads the controller
     * @param logs that this node follows
     */
    public record Sight(
            int replicas,
            Supplier<ClusterView> view,
            BooleanSupplier isConnected,
            BooleanSupplier isLeading,
            Peers peers,
            Supplier<Collection<SharedLog>> logs) {}

    private Watchtower(
            Config config, StandingAlarms own, Messenger messenger, Optional<Sight> cluster, InstantSource clock) {
        this.config = config;
        this.clock = clock;
        this.own = own;
        this.messenger = messenger;
        this.cluster = cluster.orElse(null);
        probes = new CopyOnWriteArrayList<>();
        teller = new Teller(config.lake(), config.patience());
        shared = new StandingAlarms(CLUSTER, clock);
        conditions = new ClusterConditions(shared, cluster.map(Sight::replicas).orElse(0));
        reports = cluster.map(
                        sight -> new Reports(sight.peers(), clock, () -> Reports.json(clock, seen(sight), own.all())))
                .orElse(null);
        thread = Thread.ofVirtual().name("watch").unstarted(this::loop);
    }

    /**
     * Begins to look.
     *
     * @param own alarms of this node, whoever raises them
     * @param probes looked at each time, by one thread; each raises and clears alarms of its own
     */
    public static Watchtower start(
            Config config,
            StandingAlarms own,
            List<Supplier<Check>> probes,
            Messenger messenger,
            Optional<Sight> cluster,
            InstantSource clock) {
        Watchtower tower = new Watchtower(config, own, messenger, cluster, clock);
        tower.probes.addAll(probes);
        cluster.ifPresent(sight -> tower.probes.add(() -> tower.session(sight)));
        tower.thread.start();
        return tower;
    }

    private static Map<String, Long> seen(Sight sight) {
        Map<String, Long> seen = new HashMap<>();
        sight.logs().get().forEach(log -> seen.put(log.name(), log.seen()));
        return seen;
    }

    private Check session(Sight sight) {
        boolean isConnected = sight.isConnected().getAsBoolean();
        if (isConnected) {
            own.clear(SESSION, config.node());
        } else {
            own.raise(SESSION, config.node(), "this node cannot reach ZooKeeper; nothing can be written by way of it");
        }
        return new Check(
                SESSION,
                isConnected ? Check.State.OK : Check.State.FAILING,
                isConnected ? "connected" : "not reached",
                Map.of());
    }

    private void loop() {
        try {
            do {
                try {
                    look();
                } catch (RuntimeException failure) {
                    LOG.error("looking at the node failed", failure);
                }
            } while (!stopped.await(config.pause().toNanos(), TimeUnit.NANOSECONDS));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void look() {
        List<Check> seen = new ArrayList<>();
        for (Supplier<Check> probe : probes) {
            try {
                seen.add(probe.get());
            } catch (RuntimeException failure) {
                LOG.error("a look failed", failure);
                seen.add(new Check("look", Check.State.FAILING, String.valueOf(failure.getMessage()), Map.of()));
            }
        }
        List<Alert> all = new ArrayList<>(own.all());
        boolean tells = true;
        if (cluster != null && reports != null) {
            ClusterView view = cluster.view().get();
            Map<String, Report> said = reports.ask(view);
            conditions.look(view, said, clock.instant());
            said.forEach((node, report) -> {
                if (!node.equals(config.node())) {
                    all.addAll(report.alarms());
                }
            });
            all.addAll(shared.all());
            seen.addAll(inCluster(view, said));
            tells = cluster.isConnected().getAsBoolean()
                    ? cluster.isLeading().getAsBoolean()
                    : said.keySet().stream().allMatch(node -> config.node().compareTo(node) <= 0);
        }
        Instant now = clock.instant();
        Optional<Message> message = teller.look(all, now);
        if (tells) {
            message.ifPresent(messenger::send);
        }
        message.ifPresent(this::log);
        checks = List.copyOf(seen);
        standing = all.stream().sorted().toList();
    }

    private void log(Message message) {
        message.raised()
                .forEach(alert -> LOG.warn(
                        "alert name={} subject={} node={} severity={} text={}",
                        alert.name(),
                        alert.subject(),
                        alert.node(),
                        alert.severity(),
                        alert.text()));
        message.ended()
                .forEach(alert -> LOG.info(
                        "alert ended name={} subject={} node={}", alert.name(), alert.subject(), alert.node()));
    }

    private List<Check> inCluster(ClusterView view, Map<String, Report> said) {
        int live = view.live().size();
        int members = view.members().size();
        Map<String, Long> newest = new HashMap<>();
        said.values().forEach(report -> report.seen().forEach((log, seen) -> newest.merge(log, seen, Math::max)));
        long behind = 0;
        Report mine = said.get(config.node());
        if (mine != null) {
            for (Map.Entry<String, Long> log : newest.entrySet()) {
                behind += Math.max(0, log.getValue() - mine.seen().getOrDefault(log.getKey(), 0L));
            }
        }
        List<Alert> ours = shared.all();
        return List.of(
                new Check(
                        "members",
                        state(ours, ClusterConditions.NODE_LOST, ClusterConditions.UNREACHABLE),
                        "%d of %d nodes are there, %d answer".formatted(live, members, said.size()),
                        Map.of("members", members, "live", live, "answering", said.size())),
                new Check(
                        "replicas",
                        state(ours, ClusterConditions.MISSING),
                        text(ours, ClusterConditions.MISSING, "all groups have their members"),
                        Map.of("groups", view.groups().size())),
                new Check(
                        "clocks",
                        state(ours, ClusterConditions.SKEW),
                        text(ours, ClusterConditions.SKEW, "within 30 s of each other"),
                        Map.of()),
                new Check(
                        "logs",
                        state(ours, ClusterConditions.LAG, ClusterConditions.LEADERLESS),
                        "%d records behind in %d logs".formatted(behind, newest.size()),
                        Map.of("behind", behind, "logs", newest.size())));
    }

    private static Check.State state(List<Alert> alerts, String... names) {
        Check.State worst = Check.State.OK;
        for (Alert alert : alerts) {
            if (List.of(names).contains(alert.name())) {
                Check.State one =
                        alert.severity() == Alert.Severity.CRITICAL ? Check.State.FAILING : Check.State.WARNING;
                worst = one.compareTo(worst) > 0 ? one : worst;
            }
        }
        return worst;
    }

    private static String text(List<Alert> alerts, String name, String otherwise) {
        return alerts.stream()
                .filter(alert -> alert.name().equals(name))
                .map(alert -> alert.subject() + ": " + alert.text())
                .findFirst()
                .orElse(otherwise);
    }

    /** Every alert that stands, as far as this node knows, worst first. */
    public List<Alert> alerts() {
        return standing;
    }

    /** Messages that could not be sent over some channel. */
    public long untold() {
        return messenger.failures();
    }

    /** How many records this node has still to see, by log; of the last look. */
    public Map<String, Long> behind() {
        Map<String, Long> behind = new HashMap<>();
        if (cluster != null && reports != null) {
            Map<String, Report> said = reports.last();
            seen(cluster).forEach((log, mine) -> {
                long newest = said.values().stream()
                        .mapToLong(report -> report.seen().getOrDefault(log, 0L))
                        .max()
                        .orElse(0);
                behind.put(log, Math.max(0, newest - mine));
            });
        }
        return behind;
    }

    /** By how many seconds others' clocks are ahead; of the last look. */
    public Map<String, Double> clockOffsets() {
        Map<String, Double> offsets = new HashMap<>();
        if (reports != null) {
            reports.last()
                    .forEach((node, report) ->
                            offsets.put(node, report.clockOffset().toMillis() / 1e3));
        }
        return offsets;
    }

    /** What the last look showed: {@code {"status", "node", "checks": […], "alarms": […]}}. */
    public ObjectNode health() {
        List<Check> seen = checks;
        Check.State worst = seen.stream().map(Check::state).max(Enum::compareTo).orElse(Check.State.OK);
        ObjectNode json = Json.object()
                .put("status", worst.name().toLowerCase(Locale.ROOT))
                .put("node", config.node());
        ArrayNode list = json.putArray("checks");
        seen.forEach(check -> list.add(check.json()));
        Reports.alarms(json.putArray("alarms"), own.all());
        return json;
    }

    /** Every alert that stands: {@code {"alerts": [{"name", "subject", "node", "severity", "text", "since"}]}}. */
    public ObjectNode alertsJson() {
        ObjectNode json = Json.object();
        Reports.alarms(json.putArray("alerts"), standing);
        return json;
    }

    @Override
    public void close() {
        stopped.countDown();
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        messenger.close();
    }
}
