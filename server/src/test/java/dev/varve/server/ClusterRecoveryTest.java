package dev.varve.server;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.controller.zookeeper.ZooKeeperProcess;
import dev.varve.model.VarveException;
import dev.varve.server.cluster.DiskReport;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Loses the ZooKeeper of three nodes in this process, and recovers. */
@Tag("slow")
@Timeout(600)
class ClusterRecoveryTest {
    private static final int NODES = 3;

    @TempDir
    Path directory;

    private int values;
    private int rows;

    /** Puts values through all nodes in turn, and rows. */
    private void write(TestNode cluster, int count) throws Exception {
        for (int i = 0; i < count; i++) {
            int key = values++;
            assertThat(cluster.put("/api/v1/kv/facts/k" + key, ("value " + key).getBytes(UTF_8))
                            .statusCode())
                    .isEqualTo(201);
            StringBuilder csv = new StringBuilder("time,station,pm25\n");
            for (int row = 0; row < 10; row++) {
                csv.append("2021-07-%02d,s%d,%d\n".formatted(1 + row, rows++, row));
            }
            assertThat(cluster.rows("air", csv.toString()).statusCode()).isEqualTo(200);
        }
    }

    /** Asks every node for everything. */
    private void check(TestNode cluster) throws Exception {
        for (int node = 0; node < NODES; node++) {
            assertThat(cluster.sql("SELECT count(*), count(DISTINCT station) FROM air"))
                    .containsExactly(List.of(Integer.toString(rows), Integer.toString(rows)));
            for (int key = 0; key < values; key++) {
                assertThat(cluster.get("/api/v1/kv/facts/k" + key).body()).isEqualTo(("value " + key).getBytes(UTF_8));
            }
        }
    }

    private void loseZooKeeper() throws IOException {
        try (Stream<Path> all = Files.walk(directory.resolve("zookeeper"))) {
            for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        }
    }

    private List<DiskReport> surveys(Integer... nodes) {
        return Stream.of(nodes)
                .map(node -> ClusterRecovery.survey(directory.resolve("node-" + node)))
                .toList();
    }

    /** Recovers from the disks of some nodes as files; tells whether that was needed. */
    private boolean recover(Integer... nodes) throws IOException {
        int port = TestCluster.freePort();
        try (ZooKeeperProcess _ = TestCluster.zookeeper(directory, port)) {
            List<DiskReport> carried = surveys(nodes).stream().map(this::carry).toList();
            ClusterRecovery recovery = ClusterRecovery.of(config(port), carried);
            if (recovery.isNeeded()) {
                recovery.write();
                assertThat(recovery.logs()).hasSize(20);
            }
            return recovery.isNeeded();
        }
    }

    private DiskReport carry(DiskReport report) {
        try {
            Path file = Files.createTempFile(directory, "disk", ".survey");
            report.write(file);
            DiskReport read = DiskReport.read(file);
            assertThat(read).isEqualTo(report);
            return read;
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private NodeConfig config(int zookeeper) {
        return NodeConfig.load(null, Map.of(), TestCluster.settings(directory, Map.of(), zookeeper, 1));
    }

    private Set<String> entries(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            return new TreeSet<>(files.map(Path::toString).toList());
        }
    }

    @Test
    void everythingAcknowledgedIsThereAgain() throws Exception {
        try (TestNode cluster = TestNode.startCluster(directory, NODES)) {
            assertThat(cluster.put("/api/v1/kv/facts", new byte[0]).statusCode())
                    .isEqualTo(201);
            write(cluster, 20);
            check(cluster);
        }
        loseZooKeeper();
        assertThatThrownBy(() -> TestNode.startCluster(directory, NODES).close())
                .isInstanceOfSatisfying(VarveException.class, e -> {
                    assertThat(e.getMessage()).contains("has no cluster varve").contains("belongs to node");
                    assertThat(e.hint()).contains("varve admin recover-pointers");
                });
        assertThat(recover(1, 2, 3)).isTrue();
        assertThat(recover(1, 2, 3)).isFalse();
        try (TestNode cluster = TestNode.startCluster(directory, NODES)) {
            check(cluster);
            write(cluster, 10);
            check(cluster);
        }
        assertThat(recover(1, 2, 3)).isFalse();
        // Once more, without the third: it comes back later, and two others have gone on meanwhile.
        loseZooKeeper();
        assertThat(recover(1, 2)).isTrue();
        try (TestNode cluster = TestNode.startCluster(directory, 2)) {
            check(cluster);
            write(cluster, 10);
        }
        try (TestNode cluster = TestNode.startCluster(directory, NODES)) {
            check(cluster);
            write(cluster, 5);
            check(cluster);
        }
        assertThat(recover(1, 2, 3)).isFalse();
        refusesTooFewDisksAndOtherClusters();
    }

    private void refusesTooFewDisksAndOtherClusters() throws Exception {
        List<DiskReport> one = surveys(2);
        NodeConfig config = config(TestCluster.freePort());
        assertThatThrownBy(() -> ClusterRecovery.of(config, one))
                .hasMessageContaining("the disks of node-2 are too few")
                .hasMessageContaining("node-1 (127.0.0.1), node-3 (127.0.0.1)")
                .hasMessageContaining("128 of 128 placement groups");
        assertThatThrownBy(() -> ClusterRecovery.of(config, surveys(2, 2)))
                .hasMessageContaining("there are two disks of node node-2");
        Path other = directory.resolve("other");
        loseZooKeeper();
        int port = TestCluster.freePort();
        try (ZooKeeperProcess _ = TestCluster.zookeeper(directory, port)) {
            // A node with an empty disk may begin a cluster of its own; that is not one to be written over.
            Files.createDirectories(other);
            Files.copy(directory.resolve("secret"), other.resolve("secret"));
            ClusterConfig begun = NodeConfig.load(null, Map.of(), TestCluster.settings(other, Map.of(), port, 4))
                    .cluster()
                    .orElseThrow();
            ClusterEntry.enrol(
                    NodeConfig.load(null, Map.of(), TestCluster.settings(other, Map.of(), port, 4)),
                    begun,
                    ClusterLake.settings(begun));
            assertThatThrownBy(() -> ClusterRecovery.of(config(port), surveys(1, 2, 3)))
                    .hasMessageContaining("there is another cluster varve");
            Set<String> before =
                    entries(directory.resolve("node-1").resolve("store").resolve("meta"));
            assertThatThrownBy(() -> Node.start(config(port))).hasMessageContaining("belongs to node ");
            assertThat(entries(directory.resolve("node-1").resolve("store").resolve("meta")))
                    .isEqualTo(before);
        }
        assertThat(IntStream.rangeClosed(1, NODES)).allMatch(node -> Files.exists(directory.resolve("node-" + node)));
    }
}
