package dev.varve.server.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.catalog.DataFile;
import dev.varve.model.TimeGrain;
import dev.varve.model.cluster.ClusterMember;
import dev.varve.model.cluster.ClusterView;
import dev.varve.model.cluster.Role;
import dev.varve.testkit.peers.TestPeers;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class PeerFragmentsTest {
    private static final long MIB = 1 << 20;

    private static ClusterMember member(String id, boolean isLive, Role... roles) {
        return new ClusterMember(id, 1, "z", "127.0.0.1", 1, 2, 3, 4, Set.of(roles), isLive);
    }

    private static PeerFragments fragments(Map<String, List<String>> holders) {
        ClusterView view = new ClusterView(
                Map.of(
                        "a", member("a", true, Role.QUERY),
                        "b", member("b", true, Role.QUERY),
                        "c", member("c", false, Role.QUERY),
                        "d", member("d", true, Role.STORE)),
                List.of(),
                Map.of());
        return new PeerFragments(
                new TestPeers().join("a"), () -> view, blob -> holders.getOrDefault(blob, List.of()), 10 * MIB);
    }

    private static DataFile file(String blob, long mib) {
        return new DataFile(blob, 1, mib * MIB, 0, TimeGrain.DAY, 0, 0, 1, null, Map.of());
    }

    @Test
    void filesGoToTheirLiveHoldersEvenly() {
        Map<String, List<String>> holders = new TreeMap<>();
        List<DataFile> files = List.of(file("1", 30), file("2", 20), file("3", 10), file("4", 40));
        files.forEach(file -> holders.put(file.blob(), List.of("a", "b", "c", "d")));
        Map<String, List<DataFile>> spread = fragments(holders).elsewhere(files);
        assertThat(spread).containsOnlyKeys("b");
        assertThat(spread.getOrDefault("b", List.of()).stream()
                        .mapToLong(DataFile::bytes)
                        .sum())
                .isEqualTo(50 * MIB);
    }

    @Test
    void aFileThatNobodyElseHoldsIsReadHere() {
        assertThat(fragments(Map.of("1", List.of("c"), "2", List.of()))
                        .elsewhere(List.of(file("1", 30), file("2", 30))))
                .isEmpty();
    }

    @Test
    void littleIsNotWorthTheAsking() {
        assertThat(fragments(Map.of("1", List.of("b"), "2", List.of("b")))
                        .elsewhere(List.of(file("1", 2), file("2", 3))))
                .isEmpty();
    }
}
