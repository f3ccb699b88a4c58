package dev.varve.model.cluster;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The cluster as it was a moment ago: a hint, never a promise. Safety rests on what nodes check for themselves.
 *
 * @param members by id, all that were ever there and are not removed
 * @param groups of each placement group its replicas by node, without dropped ones
 * @param leaders who shall lead which log, by the log's name
 */
public record ClusterView(
        Map<String, ClusterMember> members, List<Map<String, ReplicaState>> groups, Map<String, String> leaders) {
    public static final ClusterView EMPTY = new ClusterView(Map.of(), List.of(), Map.of());

    public ClusterView {
        members = Map.copyOf(members);
        groups = groups.stream()
                .map(group -> (Map<String, ReplicaState>) new TreeMap<>(group))
                .toList();
        leaders = Map.copyOf(leaders);
    }

    /** Nodes whose replica of the group counts for writes, in order of their ids. */
    public List<String> holders(int group) {
        return inState(group, ReplicaState.MEMBER);
    }

    public List<String> inState(int group, ReplicaState state) {
        List<String> nodes = new ArrayList<>();
        if (group < groups.size()) {
            groups.get(group).forEach((node, is) -> {
                if (is == state) {
                    nodes.add(node);
                }
            });
        }
        return nodes;
    }

    public Optional<String> leader(String log) {
        return Optional.ofNullable(leaders.get(log));
    }

    public boolean isLive(String node) {
        ClusterMember member = members.get(node);
        return member != null && member.isLive();
    }

    /** Ids of the nodes that are there, in order. */
    public List<String> live() {
        return members.values().stream()
                .filter(ClusterMember::isLive)
                .map(ClusterMember::id)
                .sorted()
                .toList();
    }
}
