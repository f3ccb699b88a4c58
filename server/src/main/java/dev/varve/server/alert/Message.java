package dev.varve.server.alert;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.varve.server.wire.Json;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What is told at once.
 *
 * @param lake name of the cluster or node
 * @param raised that stand, and that nobody was told of or was long ago
 * @param ended that people were told of and that stand no more
 * @param unsaid messages that were not sent because there were too many
 */
public record Message(String lake, List<Alert> raised, List<Alert> ended, long unsaid, Instant at) {
    private static final int MOST_LINES = 50;

    public Message {
        raised = List.copyOf(raised);
        ended = List.copyOf(ended);
    }

    /** One line that says the worst. */
    public String title() {
        if (raised.isEmpty()) {
            Alert first = ended.getFirst();
            return "[varve %s] ended: %s %s%s".formatted(lake, first.name(), first.subject(), more(ended.size()));
        }
        Alert worst = raised.getFirst();
        return "[varve %s] %s: %s %s%s"
                .formatted(
                        lake,
                        worst.severity().name().toLowerCase(Locale.ROOT),
                        worst.name(),
                        worst.subject(),
                        more(raised.size() + ended.size()));
    }

    private static String more(int count) {
        return count <= 1 ? "" : ", and %d more".formatted(count - 1);
    }

    /** Everything, for people. */
    public String text() {
        StringBuilder text = new StringBuilder();
        for (Alert alert : raised.subList(0, Math.min(MOST_LINES, raised.size()))) {
            text.append("%s %s %s (seen by %s since %s)\n  %s\n"
                    .formatted(
                            alert.severity(),
                            alert.name(),
                            alert.subject(),
                            alert.node(),
                            alert.since(),
                            alert.text()));
        }
        for (Alert alert : ended.subList(0, Math.min(MOST_LINES, ended.size()))) {
            text.append("ENDED %s %s (seen by %s, stood for %s)\n"
                    .formatted(
                            alert.name(),
                            alert.subject(),
                            alert.node(),
                            Duration.between(alert.since(), at).truncatedTo(ChronoUnit.SECONDS)));
        }
        int left = Math.max(0, raised.size() - MOST_LINES) + Math.max(0, ended.size() - MOST_LINES);
        if (left > 0) {
            text.append("… and %d more\n".formatted(left));
        }
        if (unsaid > 0) {
            text.append("%d messages before this one were held back, for there were too many.\n".formatted(unsaid));
        }
        return text.toString();
    }

    /**
     * For programs: {@code text} as chat services take it, and the rest as Alertmanager's webhook (version 4) has it, so that
     * receivers of either kind understand it.
     */
    public ObjectNode json() {
        ObjectNode json = Json.object()
                .put("text", title() + "\n" + text())
                .put("version", "4")
                .put("receiver", "varve")
                .put("groupKey", "varve/" + lake)
                .put("status", raised.isEmpty() ? "resolved" : "firing")
                .put("externalURL", "");
        json.putObject("groupLabels").put("lake", lake);
        json.putObject("commonLabels").put("lake", lake);
        json.putObject("commonAnnotations");
        json.put("truncatedAlerts", 0);
        ArrayNode alerts = json.putArray("alerts");
        raised.forEach(alert -> add(alerts.addObject(), alert, null));
        ended.forEach(alert -> add(alerts.addObject(), alert, at));
        return json;
    }

    private void add(ObjectNode json, Alert alert, @Nullable Instant endedAt) {
        json.put("status", endedAt == null ? "firing" : "resolved");
        json.putObject("labels")
                .put("alertname", alert.name())
                .put("subject", alert.subject())
                .put("node", alert.node())
                .put("severity", alert.severity().name().toLowerCase(Locale.ROOT))
                .put("lake", lake);
        json.putObject("annotations")
                .put("summary", alert.name() + " " + alert.subject())
                .put("description", alert.text());
        json.put("startsAt", alert.since().toString())
                .put("endsAt", (endedAt == null ? Instant.EPOCH : endedAt).toString())
                .put("generatorURL", "")
                .put("fingerprint", "%08x".formatted(alert.key().hashCode()));
    }
}
