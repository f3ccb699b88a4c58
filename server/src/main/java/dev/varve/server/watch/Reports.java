package dev.varve.server.watch;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.varve.model.cluster.ClusterView;
import dev.varve.model.host.Peers;
import dev.varve.server.alert.Alert;
import dev.varve.server.wire.Json;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What the nodes of a cluster say of themselves, asked for again and again. {@link #ask} is called by one thread. */
final class Reports {
    private static final Logger LOG = LoggerFactory.getLogger(Reports.class);
    private static final String METHOD = "watch";
    private static final Duration TIMEOUT = Duration.ofSeconds(3);
    private static final int MOST_BYTES = 1 << 20;

    private final Peers peers;
    private final InstantSource clock;
    private final ObjectMapper mapper = new ObjectMapper();
    private volatile Map<String, Report> last = Map.of();

    /**
     * What a node said.
     *
     * @param at when, by this node's clock
     * @param clockOffset by how much its clock is ahead of this one
     * @param seen of each log the position it has seen
     */
    record Report(Instant at, Duration clockOffset, Map<String, Long> seen, List<Alert> alarms) {}

    Reports(Peers peers, InstantSource clock, Supplier<ObjectNode> own) {
        this.peers = peers;
        this.clock = clock;
        peers.serve(
                METHOD, (from, request) -> CompletableFuture.completedFuture(ByteBuffer.wrap(Json.bytes(own.get()))));
    }

    /** What a node says of itself. */
    static ObjectNode json(InstantSource clock, Map<String, Long> seen, List<Alert> alarms) {
        ObjectNode json = Json.object().put("time", clock.millis());
        ObjectNode logs = json.putObject("seen");
        seen.forEach(logs::put);
        alarms(json.putArray("alarms"), alarms);
        return json;
    }

    static void alarms(ArrayNode json, List<Alert> alarms) {
        alarms.forEach(alert -> json.addObject()
                .put("name", alert.name())
                .put("subject", alert.subject())
                .put("node", alert.node())
                .put("severity", alert.severity().name().toLowerCase(Locale.ROOT))
                .put("text", alert.text())
                .put("since", alert.since().toString()));
    }

    /** Asks every node that is there, itself included; those that do not answer have no report. */
    Map<String, Report> ask(ClusterView view) {
        Map<String, CompletableFuture<Report>> asked = new HashMap<>();
        for (String node : view.live()) {
            long sent = System.nanoTime();
            Instant at = clock.instant();
            asked.put(
                    node,
                    peers.ask(node, METHOD, ByteBuffer.allocate(0), TIMEOUT)
                            .orTimeout(2 * TIMEOUT.toMillis(), TimeUnit.MILLISECONDS)
                            .thenApply(answer -> read(answer, at, Duration.ofNanos(System.nanoTime() - sent))));
        }
        Map<String, Report> reports = new ConcurrentHashMap<>();
        asked.forEach((node, report) -> {
            try {
                reports.put(node, report.get());
            } catch (ExecutionException e) {
                LOG.debug("no report node={}", node, e);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        last = reports;
        return reports;
    }

    Map<String, Report> last() {
        return last;
    }

    private Report read(ByteBuffer answer, Instant sent, Duration roundTrip) {
        byte[] bytes = new byte[Math.min(MOST_BYTES, answer.remaining())];
        answer.duplicate().get(bytes);
        try {
            JsonNode json = mapper.readTree(bytes);
            Map<String, Long> seen = new HashMap<>();
            json.path("seen")
                    .properties()
                    .forEach(log -> seen.put(log.getKey(), log.getValue().asLong()));
            List<Alert> alarms = new ArrayList<>();
            for (JsonNode alarm : json.path("alarms")) {
                alarms.add(new Alert(
                        alarm.path("name").asText(),
                        alarm.path("subject").asText(),
                        alarm.path("node").asText(),
                        Alert.Severity.valueOf(alarm.path("severity").asText().toUpperCase(Locale.ROOT)),
                        alarm.path("text").asText(),
                        Instant.parse(alarm.path("since").asText())));
            }
            Instant half = sent.plus(roundTrip.dividedBy(2));
            Instant theirs = Instant.ofEpochMilli(json.path("time").asLong());
            return new Report(clock.instant(), Duration.between(half, theirs), seen, alarms);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
