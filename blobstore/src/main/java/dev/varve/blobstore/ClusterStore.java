package dev.varve.blobstore;

import dev.varve.blobstore.chunk.Birth;
import dev.varve.blobstore.chunk.ChunkId;
import dev.varve.blobstore.chunk.ChunkStore;
import dev.varve.blobstore.chunk.ChunkStoreConfig;
import dev.varve.blobstore.chunk.DiskIdentity;
import dev.varve.blobstore.object.ObjectKey;
import dev.varve.blobstore.replica.GarbageFacts;
import dev.varve.blobstore.replica.GroupBirths;
import dev.varve.blobstore.replica.ReplicaSettings;
import dev.varve.blobstore.replica.ReplicaStatus;
import dev.varve.blobstore.replica.Replicas;
import dev.varve.blobstore.replica.ReplicatedChunks;
import dev.varve.blobstore.replica.ReplicationSettings;
import dev.varve.blobstore.shared.ThreadLoop;
import dev.varve.blobstore.zookeeper.ZooKeeperSession;
import dev.varve.model.cluster.ClusterView;
import dev.varve.model.cluster.ReplicaState;
import dev.varve.model.host.Peers;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One node's part of a store that lies on many: its disk and its replicas, the chunks of all nodes, the shared logs and the
 * metadata that they make.
 *
 * <p>Opened in two steps: {@link #open} serves the others, who may ask for replicas from then on; {@link #begin}, once
 * groups are placed, follows the logs. Thread-safe but for these.
 */
public final class ClusterStore implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ClusterStore.class);
    private static final Duration SESSION = Duration.ofSeconds(4);
    static final String CHUNKS = "chunks";
    static final String META = "meta";
    private static final String CACHE = "cache";

    /**
     * Where a node keeps its part, and who it is.
     *
     * @param directory that nobody else uses
     * @param cluster the same on all nodes
     * @param number of this node
     * @param zookeeper {@code host:port,…}
     * @param root in ZooKeeper, above all that the store keeps there
     * @param logs names of all logs, in an order that never changes: the place of each is its number
     * @param copies of each chunk
     * @param moveBytesPerSecond copied at most for moved and lost replicas
     */
    public record Settings(
            Path directory,
            UUID cluster,
            int number,
            String zookeeper,
            String root,
            List<String> logs,
            int copies,
            long moveBytesPerSecond) {
        public Settings {
            logs = List.copyOf(logs);
        }
    }

    private final Settings settings;
    private final Peers peers;
    private final Supplier<ClusterView> view;
    private final InstantSource clock;
    private final Alarms alarms;
    private final Deque<AutoCloseable> opened = new ArrayDeque<>();
    private final ZooKeeperSession zookeeper;
    private final ChunkStore disk;
    private final Replicas replicas;
    private final ReplicatedChunks chunks;
    private final SharedLogs logs;
    private final ExecutorService asking = Executors.newVirtualThreadPerTaskExecutor();
    private final Map<String, SharedLog> followed = new ConcurrentHashMap<>();
    private volatile ClusterView nominations = ClusterView.EMPTY;
    private @Nullable ClusterObjectStore metadata;

    private ClusterStore(
            Settings settings, Peers peers, Supplier<ClusterView> view, InstantSource clock, Alarms alarms) {
        this.settings = settings;
        this.peers = peers;
        this.view = view;
        this.clock = clock;
        this.alarms = alarms;
        try {
            zookeeper = add(ZooKeeperSession.open(settings.zookeeper(), SESSION));
            disk = add(ChunkStore.open(
                    ChunkStoreConfig.of(settings.directory().resolve(CHUNKS), settings.cluster(), settings.number())));
            ThreadLoop loop = add(new ThreadLoop("varve-replicas"));
            replicas = add(Replicas.open(
                    settings.directory().resolve(CHUNKS),
                    disk,
                    peers,
                    loop,
                    view,
                    births(new StoreFacts(zookeeper, settings.root())),
                    ReplicaSettings.DEFAULT.withBytesPerSecond(settings.moveBytesPerSecond()),
                    (name, group, node, text) -> alarms.raise(name, "group " + group + " on " + node, text)));
            chunks = add(new ReplicatedChunks(
                    disk,
                    replicas,
                    peers,
                    view,
                    replication(settings.copies()),
                    loop,
                    settings.directory().resolve(CACHE),
                    replicas));
            logs = add(SharedLogs.open(peers, chunks, zookeeper, settings.root(), clock));
        } catch (RuntimeException e) {
            close();
            throw e;
        }
    }

    /** Two of three copies are enough to answer; of fewer all are needed. */
    private static ReplicationSettings replication(int copies) {
        return ReplicationSettings.DEFAULT.withCopies(Math.min(copies, 2), copies);
    }

    private GroupBirths births(StoreFacts facts) {
        return (group, claim) -> CompletableFuture.supplyAsync(() -> facts.first(group, claim), asking);
    }

    private <T extends AutoCloseable> T add(T part) {
        opened.push(part);
        return part;
    }

    /** Opens this node's disk and serves other nodes from it. */
    public static ClusterStore open(
            Settings settings, Peers peers, Supplier<ClusterView> view, InstantSource clock, Alarms alarms) {
        return new ClusterStore(settings, peers, view, clock, alarms);
    }

    /** Whose store lies in a directory; empty if it is new. */
    public static Optional<DiskIdentity> identity(Path directory) {
        return DiskIdentity.find(directory.resolve(CHUNKS));
    }

    /** Folders with files of chunks, in which others may read. */
    public static List<Path> files(Path directory) {
        return List.of(LocalObjectStore.files(directory), directory.resolve(CACHE));
    }

    /** Brings a replica of this node into a state; returns when it is. */
    public void change(int group, ReplicaState from, ReplicaState to) throws InterruptedException {
        replicas.change(group, from, to);
    }

    /** What this node's replicas are. */
    public ReplicaStatus replicas() {
        return replicas.status();
    }

    /**
     * Deletes chunks of this node that nothing refers to and nothing ever will; returns how many. Does nothing while this
     * node has not seen all that was acknowledged.
     */
    public int collectGarbage() {
        if (!metadata().isCaughtUp()) {
            return 0;
        }
        Wanted wanted = metadata().wanted();
        return replicas.collectGarbage(new GarbageFacts() {
            @Override
            public long floor() {
                return wanted.floor();
            }

            @Override
            public boolean isBeforeStart(long birth) {
                return ClusterStore.this.isBeforeStart(birth);
            }

            @Override
            public void wanted(Consumer<ChunkId> sink) {
                wanted.ids(sink);
            }
        });
    }

    /**
     * Of a log that this node does not know nothing is garbage. The entry that ends where a log begins is kept: it may be the
     * newest, which tells where the log ends when its register is lost.
     */
    private boolean isBeforeStart(long birth) {
        int number = Birth.log(birth);
        SharedLog log =
                number < settings.logs().size() ? followed.get(settings.logs().get(number)) : null;
        return log != null && Birth.position(birth) + 1 < log.start().orElse(0);
    }

    /** Opens the metadata and follows the logs. */
    public void begin(ObjectStoreConfig config) {
        ClusterObjectStore begun = add(ClusterObjectStore.open(
                settings.directory().resolve(META), config, chunks, disk, this::log, clock, alarms));
        begun.serve(peers);
        metadata = begun;
    }

    private ClusterObjectStore metadata() {
        ClusterObjectStore begun = metadata;
        if (begun == null) {
            throw new IllegalStateException("the logs are not followed yet");
        }
        return begun;
    }

    /** A shared log of this cluster, which begins when it is followed. */
    public SharedLog log(String name) {
        int number = settings.logs().indexOf(name);
        if (number < 0) {
            throw new IllegalArgumentException("there is no log " + name + " among " + settings.logs());
        }
        SharedLog log = logs.open(name, number);
        followed.put(name, log);
        nominations.leader(name).ifPresent(log::nominate);
        return log;
    }

    /** Tells who shall lead which log. */
    public void nominate(ClusterView view) {
        nominations = view;
        followed.forEach((name, log) -> view.leader(name).ifPresent(log::nominate));
    }

    /** The logs that this node follows, by name. */
    public Map<String, SharedLog> logs() {
        return Map.copyOf(followed);
    }

    public ChunkObjectStore objects() {
        return metadata().objects();
    }

    /** Nodes that hold a blob written as a file, as far as this one has heard; empty if it has not. */
    public List<String> holders(String blob) {
        return objects().heardChunks(ObjectBlobStore.LAKE, ObjectKey.of(blob)).stream()
                .findFirst()
                .map(chunk -> view.get().holders(chunk.group()))
                .orElse(List.of());
    }

    /** Writes a checkpoint that is due; false if none is. */
    public boolean checkpointOnce() {
        return metadata().checkpointOnce();
    }

    /** Loads this node's metadata again if they cannot follow the others any more; false if there was nothing to do. */
    public boolean mendMetadata() {
        return metadata().mend();
    }

    /** Compares this node's metadata with those of others; differences are alarms. */
    public List<String> compare(Collection<String> nodes) {
        return metadata().compare(peers, nodes);
    }

    @Override
    public void close() {
        while (!opened.isEmpty()) {
            try {
                opened.pop().close();
            } catch (Exception e) {
                // The others must be closed all the same.
                LOG.error("closing a part of the store failed", e);
            }
        }
    }
}
