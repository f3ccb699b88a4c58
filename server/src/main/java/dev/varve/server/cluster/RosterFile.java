package dev.varve.server.cluster;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import dev.varve.model.cluster.ClusterMember;
import dev.varve.model.cluster.Role;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;

/** A roster as JSON, and the file of it in a node's data directory. */
public final class RosterFile {
    private static final String NAME = "cluster.json";
    private static final ObjectMapper JSON = new ObjectMapper();

    private RosterFile() {}

    /** Empty if the node never saw its cluster. */
    public static Optional<Roster> read(Path data) {
        Path file = data.resolve(NAME);
        try {
            return Files.exists(file) ? Optional.of(decode(Files.readAllBytes(file))) : Optional.empty();
        } catch (IOException | IllegalArgumentException e) {
            throw new VarveException(ErrorCode.CORRUPT, file + " cannot be read: " + e.getMessage(), e)
                    .withHint("move it away; another node's says the same");
        }
    }

    /** Replaces it durably. */
    public static void write(Path data, Roster roster) {
        Path draft = data.resolve(NAME + ".new");
        try {
            try (FileChannel out = FileChannel.open(
                    draft, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.WRITE)) {
                ByteBuffer bytes = ByteBuffer.wrap(encode(roster));
                while (bytes.hasRemaining()) {
                    out.write(bytes);
                }
                out.force(true);
            }
            Files.move(draft, data.resolve(NAME), StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw new VarveException(ErrorCode.STORAGE, "cannot write " + draft + ": " + e.getMessage(), e);
        }
    }

    static byte[] encode(Roster roster) throws IOException {
        ObjectNode out = JSON.createObjectNode()
                .put("cluster", roster.cluster().toString())
                .put("name", roster.name())
                .put("node", roster.node())
                .put("number", roster.number())
                .put("replicas", roster.replicas())
                .put("written", roster.written().toString());
        ArrayNode logs = out.putArray("logs");
        roster.logs().forEach(logs::add);
        ArrayNode members = out.putArray("members");
        for (ClusterMember member : roster.members()) {
            ArrayNode roles = members.addObject()
                    .put("id", member.id())
                    .put("number", member.number())
                    .put("zone", member.zone())
                    .put("host", member.host())
                    .put("peerPort", member.peerPort())
                    .put("httpPort", member.httpPort())
                    .put("flightPort", member.flightPort())
                    .put("s3Port", member.s3Port())
                    .putArray("roles");
            member.roles().stream().map(Role::name).sorted().forEach(roles::add);
        }
        ArrayNode groups = out.putArray("holders");
        roster.holders().forEach(holders -> holders.forEach(groups.addArray()::add));
        return JSON.writeValueAsBytes(out);
    }

    static Roster decode(byte[] bytes) throws IOException {
        JsonNode in = JSON.readTree(bytes);
        List<ClusterMember> members = new ArrayList<>();
        for (JsonNode member : in.path("members")) {
            Set<Role> roles = EnumSet.noneOf(Role.class);
            member.path("roles").forEach(role -> roles.add(Role.valueOf(role.asText())));
            members.add(new ClusterMember(
                    member.path("id").asText(),
                    member.path("number").asInt(),
                    member.path("zone").asText(),
                    member.path("host").asText(),
                    member.path("peerPort").asInt(),
                    member.path("httpPort").asInt(),
                    member.path("flightPort").asInt(),
                    member.path("s3Port").asInt(),
                    roles,
                    false));
        }
        List<Set<String>> holders = new ArrayList<>();
        in.path("holders").forEach(group -> holders.add(new TreeSet<>(texts(group))));
        return new Roster(
                UUID.fromString(in.path("cluster").asText()),
                in.path("name").asText(),
                in.path("node").asText(),
                in.path("number").asInt(),
                in.path("replicas").asInt(),
                texts(in.path("logs")),
                instant(in.path("written").asText()),
                members,
                holders);
    }

    private static Instant instant(String text) {
        try {
            return Instant.parse(text);
        } catch (DateTimeParseException e) {
            throw new IllegalArgumentException(e);
        }
    }

    private static List<String> texts(JsonNode array) {
        List<String> texts = new ArrayList<>();
        array.forEach(text -> texts.add(text.asText()));
        return texts;
    }
}
