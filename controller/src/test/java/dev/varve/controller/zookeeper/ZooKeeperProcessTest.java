package dev.varve.controller.zookeeper;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.model.VarveException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.Watcher.Event.KeeperState;
import org.apache.zookeeper.ZooDefs.Ids;
import org.apache.zookeeper.ZooKeeper;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@SuppressWarnings("try") // closing a client may be interrupted
class ZooKeeperProcessTest {
    @TempDir
    Path folder;

    @Test
    void keepsItsDataAndGrantsShortSessions() throws Exception {
        int port = freePorts(1).getFirst();
        ZooKeeperProcess.Config config = new ZooKeeperProcess.Config(folder, "127.0.0.1", port, 0, List.of());
        try (ZooKeeperProcess first = ZooKeeperProcess.start(config);
                ZooKeeper client = connected("127.0.0.1:" + port)) {
            assertThat(client.getSessionTimeout()).isEqualTo(2_000);
            client.create("/kept", new byte[] {7}, Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT);
            assertThat(first.ended()).isNotDone();
            assertThat(fourLetters(port, "stat")).contains("not in the whitelist");
        }
        try (ZooKeeperProcess second = ZooKeeperProcess.start(config);
                ZooKeeper client = connected("127.0.0.1:" + port)) {
            assertThat(client.getData("/kept", false, null)).containsExactly(7);
            assertThat(second.ended()).isNotDone();
        }
    }

    @Test
    void threeAreOneAndOneMayBeMissing() throws Exception {
        List<Integer> ports = freePorts(9);
        List<EnsembleMember> members = IntStream.range(0, 3)
                .mapToObj(i -> new EnsembleMember(i + 1, "127.0.0.1", ports.get(3 + i), ports.get(6 + i)))
                .toList();
        List<ZooKeeperProcess> running = new ArrayList<>();
        try {
            for (int i = 0; i < 3; i++) {
                running.add(ZooKeeperProcess.start(new ZooKeeperProcess.Config(
                        folder.resolve("zookeeper-" + i), "127.0.0.1", ports.get(i), i + 1, members)));
            }
            try (ZooKeeper client = connected("127.0.0.1:%d,127.0.0.1:%d".formatted(ports.get(1), ports.get(2)))) {
                client.create("/kept", new byte[0], Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT);
                running.removeFirst().close();
            }
            try (ZooKeeper client = connected("127.0.0.1:%d,127.0.0.1:%d".formatted(ports.get(1), ports.get(2)))) {
                assertThat(client.exists("/kept", false)).isNotNull();
            }
        } finally {
            running.forEach(ZooKeeperProcess::close);
        }
    }

    @Test
    void aTakenPortIsNamed() throws IOException {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            assertThatThrownBy(() -> ZooKeeperProcess.start(
                            new ZooKeeperProcess.Config(folder, "127.0.0.1", taken.getLocalPort(), 0, List.of())))
                    .isInstanceOf(VarveException.class)
                    .hasMessageContaining("127.0.0.1:" + taken.getLocalPort());
        }
    }

    @Test
    void dataOfAnotherMemberIsNotTouched() throws IOException {
        List<EnsembleMember> members = EnsembleMember.parse("1=127.0.0.1:1:2,2=127.0.0.1:3:4,3=127.0.0.1:5:6");
        java.nio.file.Files.writeString(folder.resolve("myid"), "2\n");
        assertThatThrownBy(() ->
                        ZooKeeperProcess.start(new ZooKeeperProcess.Config(folder, "127.0.0.1", 2181, 1, members)))
                .isInstanceOf(VarveException.class)
                .hasMessageContaining("is of server 2, not of 1");
    }

    @Test
    void listsOfServersAreReadStrictly() {
        assertThat(EnsembleMember.parse("1=a:2888:3888, 2=b.example:2889:3889"))
                .containsExactly(
                        new EnsembleMember(1, "a", 2888, 3888), new EnsembleMember(2, "b.example", 2889, 3889));
        for (String wrong :
                List.of("", "a:2888:3888", "0=a:1:2", "256=a:1:2", "1=a:1", "1=a:1:2,1=b:1:2", "1=a:1:2,")) {
            assertThatThrownBy(() -> EnsembleMember.parse(wrong)).isInstanceOf(VarveException.class);
        }
    }

    private static ZooKeeper connected(String address) throws Exception {
        CountDownLatch connected = new CountDownLatch(1);
        ZooKeeper client = new ZooKeeper(address, 2_000, event -> {
            if (event.getState() == KeeperState.SyncConnected) {
                connected.countDown();
            }
        });
        assertThat(connected.await(60, TimeUnit.SECONDS)).isTrue();
        return client;
    }

    private static String fourLetters(int port, String command) throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.getOutputStream().write(command.getBytes(StandardCharsets.US_ASCII));
            socket.getOutputStream().flush();
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
        }
    }

    private static List<Integer> freePorts(int count) throws IOException {
        List<ServerSocket> sockets = new ArrayList<>();
        List<Integer> ports = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
            sockets.add(socket);
            ports.add(socket.getLocalPort());
        }
        for (ServerSocket socket : sockets) {
            socket.close();
        }
        return ports;
    }
}
