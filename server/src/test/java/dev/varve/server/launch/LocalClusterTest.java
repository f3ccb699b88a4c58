package dev.varve.server.launch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.model.VarveException;
import dev.varve.server.NodeConfig;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
class LocalClusterTest {
    private static final ClusterPlan PLAN = ClusterPlan.of(3).withZooKeepers(3);

    @TempDir
    Path folder;

    @Test
    void whatIsWrittenIsReadAgainAndUnderstoodByNodes() throws Exception {
        List<LocalNode> made;
        try (LocalCluster cluster = LocalCluster.create(
                folder,
                PLAN.withSettings(Map.of("flush.max-age", "5s", "cluster.zone", "it's")),
                Surroundings.LOOPBACK)) {
            made = cluster.nodes();
            assertThat(cluster.processes())
                    .containsExactly("zookeeper-1", "zookeeper-2", "zookeeper-3", "node-1", "node-2", "node-3");
        }
        try (LocalCluster again = LocalCluster.open(folder, Surroundings.LOOPBACK)) {
            assertThat(again.nodes()).isEqualTo(made);
            assertThat(again.zookeeper().split(",", -1)).hasSize(3);
            Set<Integer> ports = new HashSet<>();
            for (LocalNode node : again.nodes()) {
                ports.addAll(List.of(node.httpPort(), node.flightPort(), node.s3Port(), node.peerPort()));
                NodeConfig config = NodeConfig.load(node.config(), Map.of(), Map.of());
                assertThat(config.http().port()).isEqualTo(node.httpPort());
                assertThat(config.dataDir()).isEqualTo(node.data());
                assertThat(config.ingest().flushMaxAge()).isEqualTo(Duration.ofSeconds(5));
                assertThat(config.cluster()).isPresent();
            }
            assertThat(ports).hasSize(12);
            assertThat(again.state("node-2")).isEqualTo(ProcessState.STOPPED);
            assertThat(again.view()).isEmpty();
        }
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(folder.resolve("secret"))))
                .isEqualTo("rw-------");
        assertThat(Files.size(folder.resolve("secret"))).isEqualTo(32);
    }

    @Test
    void numbersOfRemovedNodesAreNotUsedAgain() {
        try (LocalCluster cluster = LocalCluster.create(folder, PLAN, Surroundings.LOOPBACK)) {
            assertThat(cluster.add().id()).isEqualTo("node-4");
            assertThat(cluster.forget("node-4")).exists();
            assertThat(cluster.add().id()).isEqualTo("node-5");
        }
        try (LocalCluster again = LocalCluster.open(folder, Surroundings.LOOPBACK)) {
            assertThat(again.nodes()).extracting(LocalNode::id).containsExactly("node-1", "node-2", "node-3", "node-5");
            assertThatThrownBy(() -> again.node("node-4"))
                    .isInstanceOf(VarveException.class)
                    .hasMessageContaining("node-4");
        }
    }

    @Test
    void aBasePortThatIsTakenIsNamed() throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            int base = taken.getLocalPort() - 50;
            assertThatThrownBy(() -> LocalCluster.create(folder, PLAN.withBasePort(base), Surroundings.LOOPBACK))
                    .isInstanceOf(VarveException.class)
                    .hasMessageContaining("the ports " + taken.getLocalPort());
        }
        assertThat(LocalCluster.exists(folder)).isFalse();
    }

    @Test
    void eachNodeMayHaveAnAddressAndACommandOfItsOwn() throws Exception {
        Surroundings apart = new Surroundings() {
            @Override
            public String host(String process) {
                return "127.0.0." + (process.startsWith("node") ? 10 : 20);
            }

            @Override
            public List<String> prefix(String process) {
                return List.of("nice", "-n", "5");
            }
        };
        try (LocalCluster cluster = LocalCluster.create(folder, ClusterPlan.of(1), apart)) {
            assertThat(cluster.node("node-1").host()).isEqualTo("127.0.0.10");
            assertThat(cluster.zookeeper()).startsWith("127.0.0.20:");
            cluster.start("zookeeper-1");
            try {
                String[] address = cluster.zookeeper().split(":", -1);
                awaitOpen(address[0], Integer.parseInt(address[1]));
                assertThat(cluster.state("zookeeper-1")).isEqualTo(ProcessState.RUNNING);
                cluster.kill("zookeeper-1");
                assertThat(cluster.state("zookeeper-1")).isEqualTo(ProcessState.DEAD);
            } finally {
                assertThat(cluster.stop(Duration.ofSeconds(30))).isEmpty();
            }
        }
    }

    @Test
    void aNodeThatCannotStartSaysWhy() throws Exception {
        try (LocalCluster cluster = LocalCluster.create(folder, ClusterPlan.of(1), Surroundings.LOOPBACK)) {
            Files.writeString(cluster.node("node-1").config(), "http.prot: 1\n");
            try {
                cluster.start("node-1");
                assertThatThrownBy(() -> cluster.awaitReady(List.of("node-1"), Duration.ofSeconds(60)))
                        .isInstanceOf(VarveException.class)
                        .hasMessageContaining("unknown setting 'http.prot'");
            } finally {
                cluster.stop(Duration.ofSeconds(30));
            }
        }
    }

    private static void awaitOpen(String host, int port) throws InterruptedException {
        while (true) {
            try (Socket _ = new Socket(host, port)) {
                return;
            } catch (IOException notYet) {
                Thread.sleep(50);
            }
        }
    }
}
