package dev.varve.server;

import dev.varve.blobstore.ObjectStore;
import dev.varve.controller.zookeeper.ZooKeeperProcess;
import dev.varve.server.keys.AccessKeys;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/** Three nodes of a cluster and its ZooKeeper in this process, for tests that were written for one node. */
public final class TestCluster implements AutoCloseable {
    private static final int NODES = 3;
    private static final int SECRET_BYTES = 32;

    private final ZooKeeperProcess zookeeper;
    private final List<Node> nodes;
    private final AtomicInteger turn = new AtomicInteger();

    private TestCluster(ZooKeeperProcess zookeeper, List<Node> nodes) {
        this.zookeeper = zookeeper;
        this.nodes = nodes;
    }

    /** Whether tests are to run against a cluster: {@code ./varve test --cluster}. */
    public static boolean isWanted() {
        return Boolean.getBoolean("varve.cluster");
    }

    /**
     * Starts it in a directory, or starts the one again that was there.
     *
     * @param settings of each node; the data directory and what makes it part of a cluster are added
     * @param keys makes the access keys that each node shall know from the start
     */
    public static TestCluster start(Path directory, Map<String, String> settings, Consumer<AccessKeys> keys) {
        return start(directory, settings, keys, NODES);
    }

    /** The same with the first few of the nodes. */
    static TestCluster start(Path directory, Map<String, String> settings, Consumer<AccessKeys> keys, int count) {
        int port = freePort();
        Path secret = directory.resolve("secret");
        try {
            Files.createDirectories(directory);
            if (!Files.exists(secret)) {
                byte[] bytes = new byte[SECRET_BYTES];
                new SecureRandom().nextBytes(bytes);
                Files.write(secret, bytes);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        ZooKeeperProcess zookeeper = zookeeper(directory, port);
        List<CompletableFuture<Node>> starting = new ArrayList<>();
        for (int i = 1; i <= count; i++) {
            Map<String, String> own = settings(directory, settings, port, i);
            Path data = directory.resolve("node-" + i);
            if (!Files.exists(data)) {
                keys.accept(AccessKeys.open(data.resolve(AccessKeys.DIRECTORY), InstantSource.system()));
            }
            CompletableFuture<Node> started = new CompletableFuture<>();
            Thread.ofPlatform().name("start node-" + i).start(() -> {
                try {
                    started.complete(Node.start(NodeConfig.load(null, Map.of(), own)));
                } catch (RuntimeException | Error e) {
                    started.completeExceptionally(e);
                }
            });
            starting.add(started);
        }
        List<Node> started = new ArrayList<>();
        RuntimeException failed = null;
        for (CompletableFuture<Node> node : starting) {
            try {
                started.add(node.join());
            } catch (CompletionException e) {
                failed = e.getCause() instanceof RuntimeException cause ? cause : e;
            }
        }
        TestCluster cluster = new TestCluster(zookeeper, started);
        if (failed != null) {
            cluster.close();
            throw failed;
        }
        return cluster;
    }

    /** The ZooKeeper of a cluster in a directory. */
    static ZooKeeperProcess zookeeper(Path directory, int port) {
        return ZooKeeperProcess.start(
                new ZooKeeperProcess.Config(directory.resolve("zookeeper"), "127.0.0.1", port, 1, List.of()));
    }

    /** What a node of a cluster in a directory is started with. */
    static Map<String, String> settings(Path directory, Map<String, String> settings, int zookeeper, int node) {
        Map<String, String> own = new HashMap<>(settings);
        own.put("data.dir", directory.resolve("node-" + node).toString());
        own.put("cluster.zookeeper", "127.0.0.1:" + zookeeper);
        own.put("cluster.node", "node-" + node);
        own.put("cluster.peer-port", "0");
        own.put("cluster.secret-file", directory.resolve("secret").toString());
        return own;
    }

    static int freePort() {
        try (ServerSocket probe = new ServerSocket(0)) {
            return probe.getLocalPort();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The nodes in turn. */
    Node node() {
        return nodes.get(Math.floorMod(turn.getAndIncrement(), nodes.size()));
    }

    /** What one of the nodes has. */
    public ObjectStore objects() {
        return nodes.getFirst().objects();
    }

    public int s3Port() {
        return node().s3Port();
    }

    @Override
    public void close() {
        nodes.parallelStream().forEach(Node::close);
        zookeeper.close();
    }
}
