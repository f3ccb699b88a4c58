package dev.varve.blobstore;

import dev.varve.blobstore.chunk.ChunkStore;
import dev.varve.blobstore.chunk.ChunkStoreConfig;
import dev.varve.blobstore.chunk.Chunks;
import dev.varve.blobstore.replica.Admission;
import dev.varve.blobstore.replica.ReplicatedChunks;
import dev.varve.blobstore.replica.ReplicationSettings;
import dev.varve.blobstore.shared.Pointer;
import dev.varve.blobstore.shared.ThreadLoop;
import dev.varve.model.cluster.ClusterMember;
import dev.varve.model.cluster.ClusterView;
import dev.varve.model.cluster.ReplicaState;
import dev.varve.model.cluster.Role;
import dev.varve.model.host.EventLoop;
import dev.varve.model.host.Peers;
import dev.varve.model.host.Register;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;

/** Nodes with disks of their own that replicate chunks and logs; only the registers are not on any of them. */
final class ReplicatedNodes {
    private static final int GROUPS = 8;
    private static final ReplicationSettings SETTINGS =
            ReplicationSettings.DEFAULT.withTimes(Duration.ofMillis(50), Duration.ofSeconds(1), Duration.ofSeconds(2));

    final TestLogs logs = new TestLogs();
    private final Path directory;
    private final InstantSource clock;
    private final ClusterView view;

    ReplicatedNodes(Path directory, InstantSource clock, int count) {
        this.directory = directory;
        this.clock = clock;
        Map<String, ClusterMember> members = new HashMap<>();
        Map<String, ReplicaState> replicas = new HashMap<>();
        for (int node = 0; node < count; node++) {
            String name = "node" + node;
            members.put(name, new ClusterMember(name, node + 1, name, "here", 0, 0, 0, 0, Set.of(Role.values()), true));
            replicas.put(name, ReplicaState.MEMBER);
        }
        List<Map<String, ReplicaState>> groups = new ArrayList<>();
        for (int group = 0; group < GROUPS; group++) {
            groups.add(replicas);
        }
        this.view = new ClusterView(members, groups, Map.of());
    }

    Parts start(String name) {
        return new Parts(name);
    }

    /** One node until it ends. */
    final class Parts implements TestCluster.NodeParts, Admission {
        private final String name;
        private final ThreadLoop loop;
        private final ChunkStore store;
        private final ReplicatedChunks chunks;
        private final SharedLogs shared;
        private final Map<String, SharedLog> open = new ConcurrentHashMap<>();
        private volatile boolean isDead;

        private Parts(String name) {
            this.name = name;
            loop = new ThreadLoop("chunks of " + name);
            int number = Objects.requireNonNull(view.members().get(name)).number();
            store = ChunkStore.open(
                    ChunkStoreConfig.of(directory.resolve(name).resolve("chunks"), new UUID(4, 2), number)
                            .withSegmentBytes(4 << 20)
                            .withReserveBytes(0));
            Peers peers = ReplicatedNodes.this.logs.peers().join(name);
            Path cache = directory.resolve(name).resolve("cache");
            chunks = new ReplicatedChunks(store, this, peers, () -> view, SETTINGS, loop, cache, (node, ref) -> {});
            shared = SharedLogs.open(peers, chunks, this::register, clock);
        }

        /** A register that a dead node does not reach. */
        private Register<Pointer> register(String log, EventLoop on) {
            Register<Pointer> register = logs.register(log, on);
            return new Register<>() {
                @Override
                public CompletableFuture<Read<Pointer>> read() {
                    return isDead ? CompletableFuture.completedFuture(new Read.Failed<>("dead")) : register.read();
                }

                @Override
                public CompletableFuture<Read<Pointer>> readStale() {
                    return read();
                }

                @Override
                public CompletableFuture<Swap> swap(long expectedVersion, Pointer value) {
                    return isDead
                            ? CompletableFuture.completedFuture(new Swap.Unknown("dead"))
                            : register.swap(expectedVersion, value);
                }
            };
        }

        /** Its logs by name. */
        Map<String, SharedLog> logs() {
            return open;
        }

        /** From now on it reaches nobody, and nobody reaches it; to be stopped soon. */
        void kill() {
            isDead = true;
            logs.peers().leave(name);
        }

        @Override
        public boolean accepts(int group) {
            return true;
        }

        @Override
        public boolean counts(int group) {
            return true;
        }

        @Override
        public SharedLog open(String log) {
            SharedLog opened = shared.open(log, ClusterObjectStore.LOGS.indexOf(log));
            open.put(log, opened);
            return opened;
        }

        @Override
        public Chunks chunks(ChunkStore common) {
            return chunks;
        }

        @Override
        public ChunkStore disk(ChunkStore common) {
            return store;
        }

        @Override
        public void stop() {
            shared.close();
            chunks.close();
            loop.close();
            store.close();
        }
    }
}
