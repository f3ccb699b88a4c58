package dev.varve.server;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.varve.catalog.Catalog;
import dev.varve.controller.ClusterStatus;
import dev.varve.controller.placement.Move;
import dev.varve.ingest.Ingest;
import dev.varve.ingest.IngestStatus;
import dev.varve.model.cluster.ClusterView;
import dev.varve.model.cluster.ReplicaState;
import dev.varve.server.alert.Alert;
import dev.varve.server.alert.Messenger;
import dev.varve.server.alert.StandingAlarms;
import dev.varve.server.alert.Teller;
import dev.varve.server.metrics.Metrics;
import dev.varve.server.watch.Check;
import dev.varve.server.watch.DiskCheck;
import dev.varve.server.watch.SilenceCheck;
import dev.varve.server.watch.Watchtower;
import dev.varve.server.wire.Json;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/** What a node watches of itself and its cluster, put together. */
final class NodeWatch {
    private static final Duration PAUSE = Duration.ofSeconds(5);
    private static final Duration FIRST_RETRY = Duration.ofSeconds(2);

    private NodeWatch() {}

    /**
     * Begins to watch.
     *
     * @param alarms of this node; the store raises some, too
     * @param cluster empty for a node that is alone
     */
    static Watchtower start(
            NodeConfig config,
            StandingAlarms alarms,
            Catalog catalog,
            Ingest ingest,
            Optional<Watchtower.Sight> cluster,
            Metrics metrics,
            InstantSource clock) {
        Watchtower tower = Watchtower.start(
                new Watchtower.Config(
                        config.cluster().map(ClusterConfig::name).orElse("varve"),
                        name(config),
                        PAUSE,
                        Teller.Patience.DEFAULT),
                alarms,
                probes(config, alarms, catalog, ingest, clock),
                new Messenger(config.watch().channels(), FIRST_RETRY),
                cluster,
                clock);
        register(metrics, tower);
        cluster.ifPresent(sight -> register(metrics, tower, sight));
        return tower;
    }

    private static List<Supplier<Check>> probes(
            NodeConfig config, StandingAlarms alarms, Catalog catalog, Ingest ingest, InstantSource clock) {
        List<Supplier<Check>> probes = new ArrayList<>();
        probes.add(new DiskCheck(DiskCheck.of(config.dataDir()), alarms));
        probes.add(flushes(ingest, alarms));
        // Counting rows opens every dataset.
        if (!config.watch().silentAfter().isZero()) {
            probes.add(
                    new SilenceCheck(() -> rows(catalog, ingest), config.watch().silentAfter(), alarms, clock));
        }
        return probes;
    }

    static String name(NodeConfig config) {
        return config.cluster().map(ClusterConfig::node).orElse("");
    }

    private static Supplier<Check> flushes(Ingest ingest, StandingAlarms alarms) {
        return () -> {
            IngestStatus status = ingest.status();
            String error = status.lastFlushError();
            if (error == null) {
                alarms.clear("flush-failing", "ingest");
            } else {
                alarms.raise(
                        "flush-failing",
                        "ingest",
                        Alert.Severity.WARNING,
                        "rows cannot be written to files and stay in memory and the log: " + error);
            }
            return new Check(
                    "ingest",
                    error == null ? Check.State.OK : Check.State.WARNING,
                    error == null ? "rows go to files" : error,
                    Map.of("memoryBytes", status.memoryBytes(), "logBatches", status.logEnd() - status.logStart()));
        };
    }

    private static Map<String, Long> rows(Catalog catalog, Ingest ingest) {
        Map<String, Long> rows = new HashMap<>();
        catalog.list()
                .forEach(dataset -> rows.put(
                        dataset.name().value(), catalog.snapshot(dataset.name()).rows()));
        ingest.status().live().forEach((name, live) -> rows.merge(name.value(), live.rows(), Long::sum));
        return rows;
    }

    private static void register(Metrics metrics, Watchtower tower) {
        metrics.gauge("varve_alerts_active", "Alerts that stand, as far as this node knows.", () -> {
            Map<String, Number> counts = new HashMap<>();
            counts.put(Metrics.labels("severity", "critical"), 0L);
            counts.put(Metrics.labels("severity", "warning"), 0L);
            tower.alerts()
                    .forEach(alert -> counts.merge(
                            Metrics.labels("severity", alert.severity().name().toLowerCase(Locale.ROOT)),
                            1L,
                            (one, other) -> one.longValue() + other.longValue()));
            return counts;
        });
        metrics.gauge(
                "varve_alerts_untold",
                "Messages about alerts that could not be sent.",
                () -> Map.of("", tower.untold()));
    }

    private static void register(Metrics metrics, Watchtower tower, Watchtower.Sight sight) {
        metrics.gauge("varve_cluster_members", "Nodes of the cluster.", () -> {
            ClusterView view = sight.view().get();
            long live = view.live().size();
            return Map.of(
                    Metrics.labels("live", "true"),
                    live,
                    Metrics.labels("live", "false"),
                    view.members().size() - live);
        });
        metrics.gauge("varve_cluster_replicas", "Replicas of groups by state.", () -> {
            Map<ReplicaState, Long> counts = new EnumMap<>(ReplicaState.class);
            for (ReplicaState state : ReplicaState.values()) {
                counts.put(state, 0L);
            }
            sight.view()
                    .get()
                    .groups()
                    .forEach(group -> group.values().forEach(state -> counts.merge(state, 1L, Long::sum)));
            Map<String, Number> values = new HashMap<>();
            counts.forEach((state, count) ->
                    values.put(Metrics.labels("state", state.name().toLowerCase(Locale.ROOT)), count));
            return values;
        });
        metrics.gauge("varve_cluster_replicas_missing", "Members that groups lack.", () -> {
            ClusterView view = sight.view().get();
            long missing = 0;
            for (int group = 0; group < view.groups().size(); group++) {
                long live = view.holders(group).stream().filter(view::isLive).count();
                missing += Math.max(0, sight.replicas() - live);
            }
            return Map.of("", missing);
        });
        metrics.gauge("varve_cluster_groups_moving", "Groups of which a replica comes or goes.", () -> {
            long moving = sight.view().get().groups().stream()
                    .filter(group ->
                            group.containsValue(ReplicaState.BOOTSTRAP) || group.containsValue(ReplicaState.DRAINING))
                    .count();
            return Map.of("", moving);
        });
        metrics.gauge(
                "varve_cluster_connected",
                "Whether ZooKeeper hears of this node.",
                () -> Map.of("", sight.isConnected().getAsBoolean() ? 1 : 0));
        metrics.gauge(
                "varve_cluster_controller",
                "Whether this node leads the controller.",
                () -> Map.of("", sight.isLeading().getAsBoolean() ? 1 : 0));
        metrics.gauge("varve_shared_log_behind", "Records that this node has not seen yet, by log.", () -> {
            Map<String, Number> values = new HashMap<>();
            tower.behind().forEach((log, records) -> values.put(Metrics.labels("log", log), records));
            return values;
        });
        metrics.gauge("varve_clock_offset_seconds", "How far a node's clock is ahead of this one's.", () -> {
            Map<String, Number> values = new HashMap<>();
            tower.clockOffsets().forEach((node, seconds) -> values.put(Metrics.labels("node", node), seconds));
            return values;
        });
    }

    /** While nothing is known. */
    static ObjectNode noMoves() {
        ObjectNode json = Json.object();
        json.putArray("moves");
        return json;
    }

    /** What moves in a cluster and why: {@code {"moves": [{"group", "node", "now", "then", "why"}]}}. */
    static ObjectNode moves(ClusterStatus status) {
        ObjectNode json = Json.object()
                .put("groups", status.groups())
                .put("missing", status.missing())
                .put("settled", status.isSettled());
        if (status.controller() != null) {
            json.put("controller", status.controller());
        }
        ArrayNode moves = json.putArray("moves");
        for (Move move : status.moves()) {
            moves.addObject()
                    .put("group", move.group())
                    .put("node", move.node())
                    .put("now", move.now().name().toLowerCase(Locale.ROOT))
                    .put("then", move.then().name().toLowerCase(Locale.ROOT))
                    .put("why", move.why());
        }
        return json;
    }
}
