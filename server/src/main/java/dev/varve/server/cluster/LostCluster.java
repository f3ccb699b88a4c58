package dev.varve.server.cluster;

import dev.varve.blobstore.DiskSurvey;
import dev.varve.blobstore.chunk.DiskIdentity;
import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import dev.varve.model.cluster.ClusterMember;
import dev.varve.model.cluster.ReplicaState;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * A cluster whose ZooKeeper is lost, as the disks of some of its nodes know it; there are disks enough to be sure of all
 * that was acknowledged.
 *
 * @param roster the newest one
 * @param disks by the names of their nodes
 */
public record LostCluster(Roster roster, SortedMap<String, DiskReport> disks) {
    private static final int SHOWN_GROUPS = 5;

    /**
     * Puts together what disks say. What was acknowledged lies on as many disks of a group as a write waits for, two of three:
     * so of each group one disk less may be missing.
     */
    public static LostCluster of(List<DiskReport> reports) {
        Roster newest = reports.stream()
                .flatMap(report -> report.roster().stream())
                .max(Comparator.comparing(Roster::written))
                .orElseThrow(() -> new VarveException(
                                ErrorCode.NOT_FOUND,
                                "none of the %d disks has a cluster.json".formatted(reports.size()))
                        .withHint("name the data directories of nodes that have taken part in the cluster"));
        SortedMap<String, DiskReport> disks = new TreeMap<>();
        for (DiskReport report : reports) {
            DiskIdentity identity = report.survey().identity();
            if (!identity.clusterId().equals(newest.cluster())) {
                throw new VarveException(
                                ErrorCode.BAD_REQUEST,
                                "a disk of node %d is of cluster %s, and others are of %s"
                                        .formatted(identity.nodeId(), identity.clusterId(), newest.cluster()))
                        .withHint("name the disks of one cluster only");
            }
            String node = name(report, newest, identity.nodeId());
            if (disks.put(node, report) != null) {
                throw new VarveException(ErrorCode.BAD_REQUEST, "there are two disks of node " + node)
                        .withHint("name each node's disk once, the one that it used last");
            }
        }
        LostCluster lost = new LostCluster(newest, disks);
        lost.refuseTooFew();
        return lost;
    }

    private static String name(DiskReport report, Roster newest, int number) {
        return report.roster()
                .map(Roster::node)
                .or(() -> newest.members().stream()
                        .filter(member -> member.number() == number)
                        .map(ClusterMember::id)
                        .findFirst())
                .orElseThrow(() -> new VarveException(
                                ErrorCode.NOT_FOUND, "no disk says the name of the node with the number " + number)
                        .withHint("leave its disk out: it never held anything that others know of"));
    }

    private void refuseTooFew() {
        int mayMiss = Math.min(2, roster.replicas()) - 1;
        SortedSet<String> needed = new TreeSet<>();
        List<Integer> unsure = new ArrayList<>();
        for (int group = 0; group < roster.holders().size(); group++) {
            int of = group;
            Set<String> absent = new TreeSet<>(roster.holders().get(group));
            absent.removeIf(node -> state(node, of).isPresent());
            if (absent.size() > mayMiss || (!absent.isEmpty() && !isBorn(group))) {
                unsure.add(group);
                needed.addAll(absent);
            }
        }
        if (!unsure.isEmpty()) {
            String groups =
                    unsure.stream().limit(SHOWN_GROUPS).map(Object::toString).collect(Collectors.joining(", "))
                            + (unsure.size() > SHOWN_GROUPS ? ", …" : "");
            throw new VarveException(
                            ErrorCode.NOT_READY,
                            "the disks of %s are too few to be sure of all that was acknowledged: without those of %s, what %d"
                                            .formatted(
                                                    String.join(", ", disks.keySet()),
                                                    String.join(
                                                            ", ",
                                                            needed.stream()
                                                                    .map(this::place)
                                                                    .toList()),
                                                    unsure.size())
                                    + " of %d placement groups (%s) hold may be missing"
                                            .formatted(roster.holders().size(), groups))
                    .withHint(
                            "of each group the disks of all but %d holders have to be here: name more of them; nothing was"
                                            .formatted(mayMiss)
                                    + " changed");
        }
    }

    private String place(String node) {
        return roster.members().stream()
                .filter(member -> member.id().equals(node))
                .findFirst()
                .map(member -> node + " (" + member.host() + ")")
                .orElse(node);
    }

    /** What the disks say of logs and replicas. */
    public SortedMap<String, DiskSurvey> surveys() {
        SortedMap<String, DiskSurvey> surveys = new TreeMap<>();
        disks.forEach((node, report) -> surveys.put(node, report.survey()));
        return surveys;
    }

    /** All nodes, also those whose disks are not here. */
    public List<ClusterMember> members() {
        Map<String, ClusterMember> members = new HashMap<>();
        roster.members().forEach(member -> members.put(member.id(), member));
        // One that had joined when the newest roster was written already.
        disks.forEach((node, report) -> report.roster().stream()
                .flatMap(own -> own.members().stream())
                .filter(member -> member.id().equals(node))
                .forEach(member -> members.putIfAbsent(node, member)));
        return members.values().stream()
                .sorted(Comparator.comparingInt(ClusterMember::number))
                .toList();
    }

    /** Names of nodes whose disks are not here. */
    public List<String> missing() {
        return members().stream()
                .map(ClusterMember::id)
                .filter(node -> !disks.containsKey(node))
                .toList();
    }

    /** Of all nodes there ever were, as far as is known. */
    public int highestNumber() {
        Stream<Integer> written =
                disks.values().stream().map(report -> report.survey().highestNumber());
        Stream<Integer> known = disks.values().stream()
                .flatMap(report -> report.roster().stream())
                .flatMap(own -> own.members().stream())
                .map(ClusterMember::number);
        return Stream.concat(written, known).max(Comparator.naturalOrder()).orElse(0);
    }

    private Optional<ReplicaState> state(String node, int group) {
        return Optional.ofNullable(disks.get(node))
                .map(report -> report.survey().replicas().get(group));
    }

    private boolean isMember(String node, int group) {
        return state(node, group).filter(state -> state == ReplicaState.MEMBER).isPresent();
    }

    /** Groups that had a member, so that none may begin anew. */
    public List<Integer> born() {
        return IntStream.range(0, roster.holders().size())
                .filter(this::isBorn)
                .boxed()
                .toList();
    }

    /** Whether a disk that is here is a member, or was until it began to leave. */
    private boolean isBorn(int group) {
        return disks.keySet().stream()
                .anyMatch(node -> state(node, group)
                        .filter(state -> state == ReplicaState.MEMBER || state == ReplicaState.DRAINING)
                        .isPresent());
    }

    /** Of each group the nodes that hold it, so that nothing has to move: members, and those that may be, but are not here. */
    public List<List<String>> placement() {
        List<List<String>> placement = new ArrayList<>();
        for (int i = 0; i < roster.holders().size(); i++) {
            int group = i;
            Set<String> held = roster.holders().get(group);
            placement.add(members().stream()
                    .map(ClusterMember::id)
                    .filter(node -> disks.containsKey(node) ? isMember(node, group) : held.contains(node))
                    .sorted(Comparator.comparing((String node) -> !held.contains(node)))
                    .limit(roster.replicas())
                    .toList());
        }
        return placement;
    }
}
