package dev.varve.blobstore.replica;

import dev.varve.blobstore.chunk.ChunkId;
import dev.varve.blobstore.chunk.ChunkRef;
import dev.varve.blobstore.chunk.ChunkStore;
import dev.varve.blobstore.chunk.ChunkStoreConfig;
import dev.varve.blobstore.chunk.FileDraft;
import dev.varve.blobstore.shared.ThreadLoop;
import dev.varve.model.VarveException;
import dev.varve.model.cluster.ClusterMember;
import dev.varve.model.cluster.ClusterView;
import dev.varve.model.cluster.ReplicaState;
import dev.varve.model.cluster.Role;
import dev.varve.testkit.peers.TestPeers;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BooleanSupplier;

/** Nodes with stores of their own in one process; everybody sees how everything is. */
final class ReplicaCluster implements AutoCloseable {
    static final UUID ID = new UUID(4, 4);
    static final ReplicaSettings QUICK =
            ReplicaSettings.DEFAULT.withPauses(Duration.ofMillis(300), Duration.ofMillis(50));

    private final Path folder;
    private final ReplicaSettings settings;
    private final TestPeers peers = new TestPeers();
    private final Map<String, Node> nodes = new TreeMap<>();
    private final Map<Integer, UUID> births = new ConcurrentHashMap<>();
    private volatile ClusterView view = ClusterView.EMPTY;
    final List<String> alarms = new CopyOnWriteArrayList<>();

    final class Node {
        final String name;
        final ChunkStore store;
        final Replicas replicas;
        private final ThreadLoop loop;

        private Node(String name) {
            this.name = name;
            int number = name.charAt(1) - '0';
            store = ChunkStore.open(ChunkStoreConfig.of(directory(name), ID, number)
                    .withReserveBytes(0)
                    .withSegmentBytes(1 << 20));
            loop = new ThreadLoop("loop " + name);
            replicas = Replicas.open(
                    directory(name),
                    store,
                    peers.join(name),
                    loop,
                    () -> view,
                    (group, claim) -> CompletableFuture.supplyAsync(() -> {
                        UUID before = births.putIfAbsent(group, claim);
                        return before == null ? claim : before;
                    }),
                    settings,
                    (alarm, group, node, text) -> alarms.add(alarm + " " + group + " " + node + " " + text));
        }

        void become(int group, ReplicaState state) {
            try {
                replicas.change(group, replicas.state(group), state);
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
            look();
        }

        boolean has(ChunkRef ref) {
            try {
                store.read(ref, 0, ByteBuffer.allocate(Math.toIntExact(ref.length())));
                return true;
            } catch (VarveException e) {
                return false;
            }
        }

        ChunkRef put(ChunkId id, byte[] bytes) {
            return store.put(id, ByteBuffer.wrap(bytes), 1).join();
        }

        ChunkRef putFile(ChunkId id, byte[] bytes) {
            try (FileDraft draft = store.draft(id, 1)) {
                draft.out().write(bytes);
                return draft.commit();
            } catch (IOException e) {
                throw new AssertionError(e);
            }
        }

        private void close() {
            peers.leave(name);
            replicas.close();
            loop.close();
            store.close();
        }
    }

    ReplicaCluster(Path folder, ReplicaSettings settings) {
        this.folder = folder;
        this.settings = settings;
    }

    Path directory(String name) {
        return folder.resolve(name);
    }

    Node start(String name) {
        Node node = new Node(name);
        nodes.put(name, node);
        look();
        return node;
    }

    void stop(String name) {
        Node node = nodes.remove(name);
        if (node != null) {
            node.close();
        }
        look();
    }

    /** Members of group 0 from the start. */
    List<Node> members(String... names) {
        List<Node> members = new ArrayList<>();
        for (String name : names) {
            Node node = start(name);
            node.become(0, ReplicaState.MEMBER);
            members.add(node);
        }
        return members;
    }

    /** What everybody sees from now on. */
    void look() {
        Map<String, ClusterMember> members = new HashMap<>();
        List<Map<String, ReplicaState>> groups = new ArrayList<>();
        nodes.keySet()
                .forEach(name -> members.put(
                        name,
                        new ClusterMember(name, name.charAt(1) - '0', "z", "h", 1, 2, 3, 4, Set.of(Role.STORE), true)));
        for (int group = 0; group < 3; group++) {
            Map<String, ReplicaState> states = new HashMap<>();
            for (Node node : nodes.values()) {
                states.put(node.name, node.replicas.state(group));
            }
            groups.add(states);
        }
        view = new ClusterView(members, groups, Map.of());
    }

    static void eventually(String what, BooleanSupplier condition) {
        long end = System.nanoTime() + Duration.ofSeconds(30).toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > end) {
                throw new AssertionError("not in time: " + what);
            }
            try {
                Thread.sleep(20);
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        }
    }

    @Override
    public void close() {
        nodes.values().forEach(Node::close);
    }
}
