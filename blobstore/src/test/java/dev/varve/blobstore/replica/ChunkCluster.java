package dev.varve.blobstore.replica;

import dev.varve.blobstore.chunk.ChunkId;
import dev.varve.blobstore.chunk.ChunkRef;
import dev.varve.blobstore.chunk.ChunkStore;
import dev.varve.blobstore.chunk.ChunkStoreConfig;
import dev.varve.blobstore.disk.FaultyDisk;
import dev.varve.model.cluster.ClusterMember;
import dev.varve.model.cluster.ClusterView;
import dev.varve.model.cluster.ReplicaState;
import dev.varve.model.cluster.Role;
import dev.varve.model.host.Peers;
import dev.varve.testkit.peers.TestPeers;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Nodes with chunks in one process, which can be killed, started, slowed down and harmed. */
final class ChunkCluster implements AutoCloseable {
    static final ReplicationSettings QUICK = ReplicationSettings.DEFAULT.withTimes(
            Duration.ofMillis(50), Duration.ofMillis(500), Duration.ofMillis(700));
    private static final UUID ID = new UUID(4, 2);
    private static final int GROUPS = 8;

    private final Path folder;
    private final ReplicationSettings settings;
    private final TestPeers network = new TestPeers();
    private final Map<String, Node> nodes = new TreeMap<>();
    private volatile ClusterView view = ClusterView.EMPTY;

    /** Who was told to lack which chunk. */
    final Queue<Map.Entry<String, ChunkRef>> lacking = new ConcurrentLinkedQueue<>();

    ChunkCluster(Path folder, ReplicationSettings settings, String... names) {
        this.folder = folder;
        this.settings = settings;
        for (String name : names) {
            nodes.put(name, new Node(name, !name.startsWith("bare")));
        }
        nodes.values().forEach(Node::start);
        refresh();
    }

    /** One node. */
    final class Node implements Admission {
        final String name;
        private final int number;
        final boolean hasStore;
        final Map<Integer, ReplicaState> states = new TreeMap<>();
        private final FaultyDisk disk = new FaultyDisk();
        private volatile long delayMillis;
        private @Nullable ChunkStore store;
        private @Nullable ReplicatedChunks chunks;
        private @Nullable ThreadedLoop loop;

        Node(String name, boolean hasStore) {
            this.name = name;
            this.hasStore = hasStore;
            number = nodes.size() + 1;
            for (int group = 0; group < GROUPS && hasStore; group++) {
                states.put(group, ReplicaState.MEMBER);
            }
        }

        ChunkStore store() {
            if (store == null) {
                throw new IllegalStateException(name + " has no store");
            }
            return store;
        }

        ReplicatedChunks chunks() {
            if (chunks == null) {
                throw new IllegalStateException(name + " is down");
            }
            return chunks;
        }

        FaultyDisk disk() {
            return disk;
        }

        boolean isUp() {
            return chunks != null;
        }

        Path folder() {
            return folder.resolve(name);
        }

        void start() {
            loop = new ThreadedLoop();
            store = hasStore
                    ? ChunkStore.open(
                            ChunkStoreConfig.of(folder().resolve("chunks"), ID, number)
                                    .withSegmentBytes(1 << 20)
                                    .withReserveBytes(0),
                            disk)
                    : null;
            chunks = new ReplicatedChunks(
                    store,
                    this,
                    new Slow(network.join(name)),
                    () -> view,
                    settings,
                    loop,
                    folder().resolve("cache"),
                    (node, ref) -> lacking.add(Map.entry(node, ref)));
        }

        /** Ends it; others do not notice yet. */
        void kill() {
            network.leave(name);
            chunks().close();
            chunks = null;
            if (loop != null) {
                loop.close();
            }
            if (store != null) {
                store.close();
            }
            store = null;
        }

        /** All its answers take that long from now on. */
        void slowDown(long millis) {
            delayMillis = millis;
        }

        @Override
        public boolean accepts(int group) {
            ReplicaState state = states.get(group);
            return state == ReplicaState.MEMBER || state == ReplicaState.BOOTSTRAP;
        }

        @Override
        public boolean counts(int group) {
            return states.get(group) == ReplicaState.MEMBER;
        }

        /** Peers whose handlers answer late. */
        private final class Slow implements Peers {
            private final Peers peers;

            Slow(Peers peers) {
                this.peers = peers;
            }

            @Override
            public String self() {
                return peers.self();
            }

            @Override
            public CompletableFuture<ByteBuffer> ask(String node, String method, ByteBuffer request, Duration timeout) {
                return peers.ask(node, method, request, timeout);
            }

            @Override
            public void serve(String method, Handler handler) {
                peers.serve(method, (from, request) -> {
                    long delay = delayMillis;
                    return delay == 0
                            ? handler.answer(from, request)
                            : CompletableFuture.completedFuture(request)
                                    .thenComposeAsync(
                                            bytes -> handler.answer(from, bytes),
                                            CompletableFuture.delayedExecutor(delay, TimeUnit.MILLISECONDS));
                });
            }
        }

        /** Turns a bit in this node's copy of a chunk; false if it has none. */
        boolean harm(ChunkRef ref, byte[] content) {
            if (store().find(ref.id()).isEmpty()) {
                return false;
            }
            try (Stream<Path> all = Files.walk(folder().resolve("chunks"))) {
                for (Path path : all.filter(Files::isRegularFile)
                        .filter(path -> path.toString().endsWith(".seg")
                                || path.toString().endsWith(ref.id() + ".parquet"))
                        .toList()) {
                    long at = find(Files.readAllBytes(path), content);
                    if (at >= 0) {
                        try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
                            file.seek(at + content.length / 2);
                            int before = file.read();
                            file.seek(at + content.length / 2);
                            file.write(before ^ 8);
                        }
                        return true;
                    }
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            return false;
        }

        private static long find(byte[] file, byte[] content) {
            ByteBuffer wanted = ByteBuffer.wrap(content);
            for (int at = 0; at + content.length <= file.length; at++) {
                if (file[at] == content[0]
                        && ByteBuffer.wrap(file, at, content.length).equals(wanted)) {
                    return at;
                }
            }
            return -1;
        }
    }

    Node node(String name) {
        Node node = nodes.get(name);
        if (node == null) {
            throw new IllegalArgumentException(name);
        }
        return node;
    }

    List<Node> nodes() {
        return List.copyOf(nodes.values());
    }

    TestPeers network() {
        return network;
    }

    /** Lets all know who is there and who holds what. */
    void refresh() {
        Map<String, ClusterMember> members = new TreeMap<>();
        nodes.forEach((name, node) -> members.put(
                name, new ClusterMember(name, node.number, name, "", 0, 0, 0, 0, Set.of(Role.values()), node.isUp())));
        List<Map<String, ReplicaState>> groups = new ArrayList<>();
        for (int group = 0; group < GROUPS; group++) {
            Map<String, ReplicaState> states = new TreeMap<>();
            for (Node node : nodes.values()) {
                ReplicaState state = node.states.get(group);
                if (state != null) {
                    states.put(node.name, state);
                }
            }
            groups.add(states);
        }
        view = new ClusterView(members, groups, Map.of());
    }

    /** How many nodes have a chunk. */
    long copies(ChunkId id) {
        return nodes.values().stream()
                .filter(node -> node.isUp() && node.hasStore)
                .filter(node -> node.store().contains(id))
                .count();
    }

    @Override
    public void close() {
        nodes.values().stream().filter(Node::isUp).forEach(Node::kill);
    }
}
