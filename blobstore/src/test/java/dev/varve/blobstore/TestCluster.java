package dev.varve.blobstore;

import dev.varve.blobstore.chunk.ChunkStore;
import dev.varve.blobstore.chunk.ChunkStoreConfig;
import dev.varve.blobstore.chunk.Chunks;
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

    /** What one node has of its own, from its start until it is stopped. */
    interface NodeParts {
        SharedLog open(String name);

        /** Where it writes chunks, unless to those of all nodes. */
        default Chunks chunks(ChunkStore common) {
            return common;
        }

        /** Its disk, unless it is that of all nodes. */
        default ChunkStore disk(ChunkStore common) {
            return common;
        }

        /** The node stops; its logs are closed already. */
        default void stop() {}

        /** Replicated logs of a node, which are closed with it. */
        static NodeParts of(SharedLogs logs) {
            return new NodeParts() {
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
    private final Function<String, NodeParts> logs;
    private final List<ClusterObjectStore> nodes = new CopyOnWriteArrayList<>();
    private final List<NodeParts> parts = new CopyOnWriteArrayList<>();

    /** Nodes over logs in memory. */
    TestCluster(Path directory, ObjectStoreConfig config, MemoryLogs logs, InstantSource clock, int count) {
        this(directory, config, node -> name -> logs.open(node, name), clock, count);
    }

    TestCluster(
            Path directory,
            ObjectStoreConfig config,
            Function<String, NodeParts> logs,
            InstantSource clock,
            int count) {
        this.directory = directory;
        this.config = config;
        this.logs = logs;
        this.clock = clock;
        this.chunks =
                ChunkStore.open(ChunkStoreConfig.of(directory.resolve("chunks"), config.clusterId(), config.nodeId()));
        for (int node = 0; node < count; node++) {
            parts.add(logs.apply("node" + node));
            nodes.add(start(node, parts.getLast()));
        }
    }

    private ClusterObjectStore start(int node, NodeParts opened) {
        MetaConfig sizes = new MetaConfig(CommitLogConfig.DEFAULT, 1 << 20, 1 << 20, 1 << 20, Duration.ofSeconds(1));
        return ClusterObjectStore.open(
                new SharedRows.Opening(meta(node), sizes, opened.chunks(chunks), opened::open, alarms, Disk.REAL),
                config,
                opened.disk(chunks),
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
        parts.get(node).stop();
    }

    void startAgain(int node) {
        NodeParts opened = logs.apply("node" + node);
        parts.set(node, opened);
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
        parts.forEach(NodeParts::stop);
        chunks.close();
    }
}
