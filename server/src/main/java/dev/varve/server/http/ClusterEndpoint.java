package dev.varve.server.http;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.varve.model.cluster.ClusterMember;
import dev.varve.model.cluster.ClusterView;
import dev.varve.model.cluster.ReplicaState;
import dev.varve.server.wire.Json;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Supplier;

/** Tells how the cluster looks to this node. */
public final class ClusterEndpoint {
    private final Parts parts;

    /**
     * What it speaks for.
     *
     * @param self this node's id
     * @param replicas that each group shall have
     * @param view what this node knows of the others
     * @param here what this node knows of itself
     */
    public record Parts(String self, int replicas, Supplier<ClusterView> view, Supplier<ObjectNode> here) {}

    ClusterEndpoint(Parts parts) {
        this.parts = parts;
    }

    void get(Call call) {
        call.json(200, json(parts.view().get()));
    }

    ObjectNode json(ClusterView view) {
        Map<String, Map<ReplicaState, Integer>> states = new HashMap<>();
        int missing = 0;
        int fewest = parts.replicas();
        int moving = 0;
        for (Map<String, ReplicaState> group : view.groups()) {
            int live = 0;
            for (Map.Entry<String, ReplicaState> replica : group.entrySet()) {
                states.computeIfAbsent(replica.getKey(), node -> new EnumMap<>(ReplicaState.class))
                        .merge(replica.getValue(), 1, Integer::sum);
                switch (replica.getValue()) {
                    case MEMBER -> live += view.isLive(replica.getKey()) ? 1 : 0;
                    case BOOTSTRAP, DRAINING -> moving++;
                    case OFFLINE, DROPPED -> {
                        // Holds nothing that counts.
                    }
                }
            }
            missing += Math.max(0, parts.replicas() - live);
            fewest = Math.min(fewest, live);
        }
        Map<String, Integer> leads = new HashMap<>();
        view.leaders().values().forEach(node -> leads.merge(node, 1, Integer::sum));
        ObjectNode json = Json.object()
                .put("self", parts.self())
                .put("groups", view.groups().size())
                .put("replicas", parts.replicas())
                .put("missing", missing)
                .put("fewest", view.groups().isEmpty() ? 0 : fewest)
                .put("moving", moving)
                .put("settled", !view.groups().isEmpty() && missing == 0 && moving == 0);
        ArrayNode nodes = json.putArray("nodes");
        List<ClusterMember> members = view.members().values().stream()
                .sorted(Comparator.comparingInt(ClusterMember::number))
                .toList();
        members.forEach(member -> add(
                nodes.addObject(),
                member,
                states.getOrDefault(member.id(), Map.of()),
                leads.getOrDefault(member.id(), 0)));
        ObjectNode leaders = json.putObject("leaders");
        view.leaders().entrySet().stream()
                .sorted(Map.Entry.comparingByKey())
                .forEach(leader -> leaders.put(leader.getKey(), leader.getValue()));
        json.set("here", parts.here().get());
        return json;
    }

    private static void add(ObjectNode json, ClusterMember member, Map<ReplicaState, Integer> replicas, int leads) {
        json.put("id", member.id())
                .put("number", member.number())
                .put("zone", member.zone())
                .put("live", member.isLive())
                .put("host", member.host())
                .put("httpPort", member.httpPort())
                .put("flightPort", member.flightPort())
                .put("s3Port", member.s3Port())
                .put("peerPort", member.peerPort())
                .put("leads", leads);
        ArrayNode roles = json.putArray("roles");
        member.roles().stream().sorted().forEach(role -> roles.add(role.name().toLowerCase(Locale.ROOT)));
        ObjectNode states = json.putObject("replicas");
        replicas.forEach((state, count) -> states.put(state.name().toLowerCase(Locale.ROOT), count));
    }
}
