package dev.varve.blobstore;

import dev.varve.blobstore.chunk.ChunkStore;
import dev.varve.blobstore.chunk.ChunkStoreConfig;
import dev.varve.blobstore.disk.Disk;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;
import java.util.stream.Stream;

/** Nodes of one process that share logs in memory and the chunks of one disk. */
final class TestCluster implements AutoCloseable {
    /** Alarms that stand, by name and subject. */
    static final class Standing implements Alarms {
        final Map<String, String> alarms = new ConcurrentHashMap<>();

        @Override
        public void raise(String name, String subject, String text) {
            alarms.put(name + " " + subject, text);
        }

        @Override
        public void clear(String name, String subject) {
            alarms.remove(name + " " + subject);
        }
    }

    /** The logs of one node, from its start until it is stopped. */
    interface NodeLogs {
        SharedLog open(String name);

        /** The node stops; all of them are closed already. */
        default void stop() {}

        /** Replicated logs of a node, which are closed with it. */
        static NodeLogs of(SharedLogs logs) {
            return new NodeLogs() {
                @Override
                public SharedLog open(String name) {
                    return logs.open(name, ClusterObjectStore.LOGS.indexOf(name));
                }

                @Override
                public void stop() {
                    logs.close();
                }
            };
        }
    }

    final ChunkStore chunks;
    final Standing alarms = new Standing();
    final ObjectStoreConfig config;
    private final Path directory;
    private final InstantSource clock;
    private final Function<String, NodeLogs> logs;
    private final List<ClusterObjectStore> nodes = new CopyOnWriteArrayList<>();
    private final List<NodeLogs> nodeLogs = new CopyOnWriteArrayList<>();

    /** Nodes over logs in memory. */
    TestCluster(Path directory, ObjectStoreConfig config, MemoryLogs logs, InstantSource clock, int count) {
        this(directory, config, node -> name -> logs.open(node, name), clock, count);
    }

    TestCluster(
            Path directory, ObjectStoreConfig config, Function<String, NodeLogs> logs, InstantSource clock, int count) {
        this.directory = directory;
        this.config = config;
        this.logs = logs;
        this.clock = clock;
        this.chunks =
                ChunkStore.open(ChunkStoreConfig.of(directory.resolve("chunks"), config.clusterId(), config.nodeId()));
        for (int node = 0; node < count; node++) {
            nodeLogs.add(logs.apply("node" + node));
            nodes.add(start(node, nodeLogs.getLast()));
        }
    }

    private ClusterObjectStore start(int node, NodeLogs opened) {
        MetaConfig sizes = new MetaConfig(CommitLogConfig.DEFAULT, 1 << 20, 1 << 20, 1 << 20, Duration.ofSeconds(1));
        return ClusterObjectStore.open(
                new SharedRows.Opening(meta(node), sizes, chunks, opened::open, alarms, Disk.REAL),
                config,
                chunks,
                clock);
    }

    Path meta(int node) {
        return directory.resolve("meta" + node);
    }

    ClusterObjectStore node(int node) {
        return nodes.get(node);
    }

    int size() {
        return nodes.size();
    }

    void stop(int node) {
        nodes.get(node).close();
        nodeLogs.get(node).stop();
    }

    void startAgain(int node) {
        NodeLogs opened = logs.apply("node" + node);
        nodeLogs.set(node, opened);
        nodes.set(node, start(node, opened));
    }

    /** As if the node's disk had been lost, between {@link #stop} and {@link #startAgain}. */
    void forget(int node) throws IOException {
        try (Stream<Path> files = Files.walk(meta(node))) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }

    /** A store each call of which is made on some node. */
    ObjectStore anyNode(Random random) {
        return (ObjectStore) Proxy.newProxyInstance(
                ObjectStore.class.getClassLoader(), new Class<?>[] {ObjectStore.class}, (proxy, method, arguments) -> {
                    if (method.getName().equals("close")) {
                        close();
                        return null;
                    }
                    int node;
                    synchronized (random) {
                        node = random.nextInt(nodes.size());
                    }
                    try {
                        return method.invoke(nodes.get(node).objects(), arguments);
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                });
    }

    @Override
    public void close() {
        nodes.forEach(ClusterObjectStore::close);
        nodeLogs.forEach(NodeLogs::stop);
        chunks.close();
    }
}
