package dev.varve.server.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.varve.controller.ClusterAdmin;
import dev.varve.controller.ClusterStatus;
import dev.varve.model.VarveException;
import dev.varve.server.console.Amounts;
import dev.varve.server.console.Terminal;
import dev.varve.server.console.TextTable;
import dev.varve.server.launch.LocalCluster;
import dev.varve.server.launch.LocalNode;
import dev.varve.server.launch.ProcessState;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Shows what each process of a local cluster does. */
@Command(
        name = "status",
        mixinStandardHelpOptions = true,
        description =
                "Shows the processes and what they hold: a table on a terminal, one JSON object a line in a pipe.")
final class ClusterStatusCommand implements Callable<Integer> {
    private static final List<String> STATES = List.of("member", "bootstrap", "draining", "offline");

    private final Terminal terminal;

    @Mixin
    private ClusterOption cluster = new ClusterOption();

    @Option(names = "--format", paramLabel = "FORMAT", description = "table or ndjson")
    private @Nullable ListFormat format;

    ClusterStatusCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() {
        try (LocalCluster local = cluster.open()) {
            Optional<JsonNode> view = local.view().or(() -> asWritten(local));
            List<ObjectNode> lines = new ArrayList<>();
            for (String process : local.processes()) {
                lines.add(line(local, process, view));
            }
            if (ListFormat.chosen(format, terminal) == ListFormat.NDJSON) {
                lines.forEach(line -> terminal.out().print(line + "\n"));
            } else {
                terminal.out().print(table(lines));
                view.ifPresent(seen -> terminal.out().print("\n" + summary(seen) + "\n"));
            }
            return ExitCodes.OK;
        }
    }

    /** What ZooKeeper says, when no node tells; empty when the cluster was never there. */
    private static Optional<JsonNode> asWritten(LocalCluster local) {
        boolean hasZooKeeper = local.processes().stream()
                .anyMatch(process -> process.startsWith("zookeeper-") && local.state(process) == ProcessState.RUNNING);
        if (!hasZooKeeper) {
            return Optional.empty();
        }
        try (ClusterAdmin admin = ClusterAdmin.connect(local.zookeeper(), local.name())) {
            ClusterStatus status = admin.status();
            ObjectNode json = JsonNodeFactory.instance
                    .objectNode()
                    .put("groups", status.groups())
                    .put("replicas", status.replicas())
                    .put("missing", status.missing())
                    .put("fewest", status.fewestMembers())
                    .put("moving", status.moves().size())
                    .put("settled", status.isSettled());
            ArrayNode nodes = json.putArray("nodes");
            status.nodes().forEach(node -> {
                ObjectNode one = nodes.addObject()
                        .put("id", node.member().id())
                        .put("live", node.member().isLive())
                        .put("leads", node.leads());
                ObjectNode replicas = one.putObject("replicas");
                node.replicas()
                        .forEach((state, count) -> replicas.put(state.name().toLowerCase(Locale.ROOT), count));
            });
            return Optional.of(json);
        } catch (VarveException notThere) {
            return Optional.empty();
        }
    }

    private static ObjectNode line(LocalCluster local, String process, Optional<JsonNode> view) {
        ObjectNode line = JsonNodeFactory.instance.objectNode().put("process", process);
        ProcessState state = local.state(process);
        Optional<LocalNode> node =
                local.nodes().stream().filter(one -> one.id().equals(process)).findFirst();
        boolean isReady = state == ProcessState.RUNNING && (node.isEmpty() || local.isReady(process));
        line.put("state", state == ProcessState.RUNNING && !isReady ? "starting" : name(state));
        line.put("pid", local.pid(process).orElse(null));
        node.ifPresent(one -> {
            line.put("host", one.host())
                    .put("httpPort", one.httpPort())
                    .put("flightPort", one.flightPort())
                    .put("s3Port", one.s3Port())
                    .put("peerPort", one.peerPort())
                    .put("diskBytes", local.diskBytes(process));
            view.flatMap(seen -> member(seen, process)).ifPresent(member -> {
                line.put("live", member.path("live").asBoolean());
                line.put("leads", member.path("leads").asInt());
                line.set("replicas", member.path("replicas"));
                line.put(
                        "moving",
                        member.path("replicas").path("bootstrap").asInt()
                                + member.path("replicas").path("draining").asInt());
            });
        });
        return line;
    }

    private static String name(ProcessState state) {
        return state.name().toLowerCase(Locale.ROOT);
    }

    private static Optional<JsonNode> member(JsonNode view, String id) {
        return StreamSupport.stream(view.path("nodes").spliterator(), false)
                .filter(node -> node.path("id").asText().equals(id))
                .findFirst();
    }

    private static String table(List<ObjectNode> lines) {
        TextTable table = new TextTable(List.of(
                new TextTable.Header("process", false),
                new TextTable.Header("state", false),
                new TextTable.Header("pid", true),
                new TextTable.Header("http", true),
                new TextTable.Header("flight", true),
                new TextTable.Header("s3", true),
                new TextTable.Header("peers", true),
                new TextTable.Header("replicas", false),
                new TextTable.Header("leads", true),
                new TextTable.Header("moving", true),
                new TextTable.Header("disk", true)));
        for (ObjectNode line : lines) {
            table.add(Arrays.asList(
                    line.path("process").asText(),
                    line.path("state").asText(),
                    text(line, "pid"),
                    text(line, "httpPort"),
                    text(line, "flightPort"),
                    text(line, "s3Port"),
                    text(line, "peerPort"),
                    replicas(line.path("replicas")),
                    text(line, "leads"),
                    text(line, "moving"),
                    line.has("diskBytes") ? Amounts.bytes(line.path("diskBytes").asLong()) : ""));
        }
        return table.text();
    }

    private static String text(ObjectNode line, String field) {
        return line.hasNonNull(field) ? line.path(field).asText() : "";
    }

    /** Such as {@code 120 member, 8 bootstrap}. */
    private static String replicas(JsonNode states) {
        return STATES.stream()
                .filter(state -> states.path(state).asInt() > 0)
                .map(state -> states.path(state).asInt() + " " + state)
                .collect(Collectors.joining(", "));
    }

    private static String summary(JsonNode view) {
        String groups = Amounts.count(view.path("groups").asInt()) + " groups of "
                + view.path("replicas").asInt() + " replicas";
        if (view.path("settled").asBoolean()) {
            return groups + ", all there";
        }
        return "%s: %d missing, %d moving; the least that a group has is %d"
                .formatted(
                        groups,
                        view.path("missing").asInt(),
                        view.path("moving").asInt(),
                        view.path("fewest").asInt());
    }
}
