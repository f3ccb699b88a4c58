package dev.varve.server.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.blobstore.DiskSurvey;
import dev.varve.blobstore.chunk.DiskIdentity;
import dev.varve.model.VarveException;
import dev.varve.model.cluster.ClusterMember;
import dev.varve.model.cluster.ClusterView;
import dev.varve.model.cluster.ReplicaState;
import dev.varve.model.cluster.Role;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LostClusterTest {
    private static final UUID CLUSTER = new UUID(1, 2);
    private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");
    private static final ReplicaState MEMBER = ReplicaState.MEMBER;

    private static ClusterMember member(int number, boolean isLive) {
        return new ClusterMember(
                "n" + number, number, "z", "host" + number, 1, 2, 3, 4, Set.of(Role.STORE, Role.INGEST), isLive);
    }

    private static Roster roster(int node, int replicas) {
        return new Roster(
                CLUSTER, "varve", "n" + node, node, replicas, List.of("meta/00"), START, List.of(), List.of());
    }

    private static ClusterView view(int nodes, Set<Integer> away, List<Map<String, ReplicaState>> groups) {
        Map<String, ClusterMember> members = new HashMap<>();
        for (int number = 1; number <= nodes; number++) {
            members.put("n" + number, member(number, !away.contains(number)));
        }
        return new ClusterView(members, groups, Map.of());
    }

    private static Map<String, ReplicaState> members(int... nodes) {
        Map<String, ReplicaState> states = new TreeMap<>();
        for (int node : nodes) {
            states.put("n" + node, MEMBER);
        }
        return states;
    }

    private static DiskReport disk(Roster roster) {
        TreeMap<Integer, ReplicaState> marks = new TreeMap<>();
        for (int group = 0; group < roster.holders().size(); group++) {
            if (roster.holders().get(group).contains(roster.node())) {
                marks.put(group, MEMBER);
            }
        }
        return new DiskReport(
                Optional.of(roster),
                new DiskSurvey(
                        new DiskIdentity(CLUSTER, roster.number(), new UUID(3, roster.number()), 1),
                        marks,
                        List.of(),
                        List.of(),
                        Map.of(),
                        roster.number()),
                100,
                50);
    }

    private static List<DiskReport> disks(ClusterView view, int... nodes) {
        List<DiskReport> disks = new ArrayList<>();
        for (int node : nodes) {
            disks.add(disk(roster(node, 3).with(view, START)));
        }
        return disks;
    }

    @Test
    void oneDiskOfEachGroupMayBeMissing() {
        ClusterView view = view(5, Set.of(), List.of(members(1, 2, 3), members(2, 3, 4), members(1, 4, 5)));
        LostCluster lost = LostCluster.of(disks(view, 1, 3, 4));
        assertThat(lost.missing()).containsExactly("n2", "n5");
        assertThat(lost.placement())
                .containsExactly(List.of("n1", "n2", "n3"), List.of("n2", "n3", "n4"), List.of("n1", "n4", "n5"));
        assertThat(lost.born()).containsExactly(0, 1, 2);
        assertThat(lost.highestNumber()).isEqualTo(5);
        assertThatThrownBy(() -> LostCluster.of(disks(view, 3, 4, 5)))
                .isInstanceOf(VarveException.class)
                .hasMessage(
                        "the disks of n3, n4, n5 are too few to be sure of all that was acknowledged: without those of"
                                + " n1 (host1), n2 (host2), what 1 of 3 placement groups (0) hold may be missing");
    }

    @Test
    void aNodeThatWasGivenUpIsNotNeeded() {
        ClusterView before = view(4, Set.of(), List.of(members(1, 2, 3)));
        ClusterView lostTwo = view(4, Set.of(2, 3), List.of(members(1)));
        ClusterView replaced = view(4, Set.of(2, 3), List.of(members(1, 2, 4)));
        Roster first = roster(1, 3).with(before, START).with(lostTwo, START.plusSeconds(1));
        // Who is away holds what it held.
        assertThat(first.holders()).containsExactly(Set.of("n1", "n2", "n3"));
        assertThatThrownBy(() -> LostCluster.of(List.of(disk(first)))).hasMessageContaining("n2 (host2), n3 (host3)");
        Roster later = first.with(replaced, START.plusSeconds(2));
        assertThat(later.holders()).containsExactly(Set.of("n1", "n2", "n4"));
        assertThat(later.with(replaced, START.plusSeconds(3))).isSameAs(later);
    }

    @Test
    void aViewWithoutThisNodeTellsNothing() {
        Roster known = roster(1, 3).with(view(3, Set.of(), List.of(members(1, 2, 3))), START);
        assertThat(known.with(ClusterView.EMPTY, START)).isSameAs(known);
    }

    @Test
    void aDiskThatKnowsNothingOfAGroupIsNone() {
        ClusterView view = view(3, Set.of(), List.of(members(1, 2, 3)));
        DiskReport emptied = new DiskReport(
                Optional.empty(),
                new DiskSurvey(
                        new DiskIdentity(CLUSTER, 2, new UUID(3, 9), 1),
                        new TreeMap<>(),
                        List.of(),
                        List.of(),
                        Map.of(),
                        2),
                100,
                50);
        List<DiskReport> both = new ArrayList<>(disks(view, 1));
        both.add(emptied);
        assertThatThrownBy(() -> LostCluster.of(both)).hasMessageContaining("n2 (host2), n3 (host3)");
    }

    @Test
    void withOneReplicaNoneMayBeMissing() {
        ClusterView view = view(2, Set.of(), List.of(members(1), members(2)));
        DiskReport one = disk(roster(1, 1).with(view, START));
        DiskReport two = disk(roster(2, 1).with(view, START));
        assertThat(LostCluster.of(List.of(one, two)).placement()).containsExactly(List.of("n1"), List.of("n2"));
        assertThatThrownBy(() -> LostCluster.of(List.of(one))).hasMessageContaining("n2 (host2)");
    }

    @Test
    void theRosterIsReadAsItWasWritten(@TempDir Path folder) {
        Roster roster = roster(2, 3).with(view(3, Set.of(1), List.of(members(1, 2, 3))), START);
        assertThat(RosterFile.read(folder)).isEmpty();
        RosterFile.write(folder, roster);
        assertThat(RosterFile.read(folder)).contains(roster);
    }
}
