package dev.varve.server.cluster;

import dev.varve.model.cluster.ClusterMember;
import dev.varve.model.cluster.ClusterView;
import dev.varve.model.cluster.ReplicaState;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;

/**
 * What a node remembers on its disk of its cluster, for the day on which ZooKeeper is lost: who else there was, and who may
 * hold what.
 *
 * @param name of the cluster
 * @param node that remembers this
 * @param replicas of each chunk
 * @param logs all of them, the place of each being its number
 * @param written when it was last found to have changed
 * @param members all nodes, whether they were there or not
 * @param holders of each group the nodes whose disks may be needed for it
 */
public record Roster(
        UUID cluster,
        String name,
        String node,
        int number,
        int replicas,
        List<String> logs,
        Instant written,
        List<ClusterMember> members,
        List<Set<String>> holders) {
    private static final Set<ReplicaState> HOLDING =
            EnumSet.of(ReplicaState.BOOTSTRAP, ReplicaState.MEMBER, ReplicaState.DRAINING);

    public Roster {
        logs = List.copyOf(logs);
        members = List.copyOf(members);
        holders = List.copyOf(holders);
    }

    /** What is known now. A view without this node tells nothing: it may be that of a ZooKeeper that was emptied. */
    public Roster with(ClusterView view, Instant now) {
        if (!view.members().containsKey(node)) {
            return this;
        }
        List<ClusterMember> next = view.members().values().stream()
                .map(Roster::absent)
                .sorted(Comparator.comparingInt(ClusterMember::number))
                .toList();
        List<Set<String>> held = new ArrayList<>();
        for (int group = 0; group < view.groups().size(); group++) {
            held.add(holders(view, group));
        }
        return next.equals(members) && held.equals(holders)
                ? this
                : new Roster(cluster, name, node, number, replicas, logs, now, next, held);
    }

    private static ClusterMember absent(ClusterMember member) {
        return new ClusterMember(
                member.id(),
                member.number(),
                member.zone(),
                member.host(),
                member.peerPort(),
                member.httpPort(),
                member.flightPort(),
                member.s3Port(),
                member.roles(),
                false);
    }

    /** Who is away holds what it held, until there are as many others as there shall be. */
    private Set<String> holders(ClusterView view, int group) {
        Map<String, ReplicaState> states = view.groups().get(group);
        Set<String> held = new TreeSet<>();
        states.forEach((holder, state) -> {
            if (HOLDING.contains(state)) {
                held.add(holder);
            }
        });
        if (view.holders(group).size() < replicas && group < holders.size()) {
            holders.get(group).stream().filter(view.members()::containsKey).forEach(held::add);
        }
        return held;
    }
}
