package dev.varve.server;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.varve.blobstore.Alarms;
import dev.varve.blobstore.BlobStore;
import dev.varve.blobstore.ClusterStore;
import dev.varve.blobstore.ObjectBlobStore;
import dev.varve.blobstore.ObjectStoreConfig;
import dev.varve.blobstore.SharedLog;
import dev.varve.blobstore.replica.ReplicaStatus;
import dev.varve.catalog.Catalog;
import dev.varve.catalog.CatalogConfig;
import dev.varve.catalog.IcebergCatalog;
import dev.varve.controller.ClusterAdmin;
import dev.varve.controller.ClusterSettings;
import dev.varve.controller.Enrolment;
import dev.varve.controller.Job;
import dev.varve.controller.Membership;
import dev.varve.ingest.Ingest;
import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import dev.varve.model.cluster.ClusterMember;
import dev.varve.model.cluster.ClusterView;
import dev.varve.query.Fragments;
import dev.varve.query.QueryEngine;
import dev.varve.server.cluster.PeerFragments;
import dev.varve.server.cluster.Roster;
import dev.varve.server.cluster.RosterFile;
import dev.varve.server.cluster.SharedKeys;
import dev.varve.server.http.ClusterEndpoint;
import dev.varve.server.keys.AccessKeys;
import dev.varve.server.media.MediaLinks;
import dev.varve.server.metrics.Metrics;
import dev.varve.server.peer.ClusterSecret;
import dev.varve.server.peer.GrpcPeers;
import dev.varve.server.peer.PeerConfig;
import dev.varve.server.peer.PeerIdentity;
import dev.varve.server.watch.Watchtower;
import dev.varve.server.wire.Json;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.apache.arrow.memory.BufferAllocator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A node's part of the lake of a cluster: its place among the others, what of the store lies on its disk, and its copies of
 * metadata and live rows.
 *
 * <p>It is opened in this order: who am I (ZooKeeper), the other nodes' questions, the disk, membership; when replicas are
 * placed, the logs; then what a lake is made of anywhere.
 */
final class ClusterLake implements Neighbours {
    private static final Logger LOG = LoggerFactory.getLogger(ClusterLake.class);
    private static final Duration SECOND = Duration.ofSeconds(1);
    private static final Duration MINUTE = Duration.ofMinutes(1);
    private static final Duration COLLECTION = Duration.ofMinutes(10);
    private static final Duration TELL_EVERY = Duration.ofSeconds(10);
    private static final int KEY_BYTES = 32;
    /** Fewer are read faster here than asked for elsewhere. */
    private static final long SPREAD_BYTES = 64L << 20;

    private final NodeConfig config;
    private final ClusterConfig cluster;
    private final InstantSource clock;
    private final Parts parts;
    private final ClusterSecret secret;
    private final ClusterSettings settings;
    private final Enrolment enrolment;
    private final GrpcPeers peers;
    private final ClusterStore store;
    private volatile Roster roster;
    private volatile @Nullable Membership membership;
    /** What others were last told of this node, once it serves. */
    private volatile @Nullable ClusterMember announced;

    private ClusterLake(NodeConfig config, ClusterConfig cluster, InstantSource clock, Parts parts, Alarms alarms) {
        this.config = config;
        this.cluster = cluster;
        this.clock = clock;
        this.parts = parts;
        secret = ClusterSecret.read(cluster.secretFile());
        settings = settings(cluster);
        enrolment = ClusterEntry.enrol(config, cluster, settings);
        peers = parts.add(GrpcPeers.start(
                PeerConfig.of(cluster.node(), listenAddress(), cluster.peerPort()),
                PeerIdentity.ofSecret(cluster.secretFile(), cluster.node(), clock),
                this::view));
        store = parts.add(ClusterStore.open(
                new ClusterStore.Settings(
                        config.dataDir().resolve(Lake.STORE),
                        enrolment.cluster(),
                        enrolment.number(),
                        cluster.zookeeper(),
                        ClusterEntry.root(cluster, enrolment.generation()),
                        settings.logs(),
                        cluster.replicas(),
                        cluster.moveBytesPerSecond()),
                peers,
                this::view,
                clock,
                alarms));
        roster = remembered();
        Membership joined = parts.add(Membership.join(
                settings,
                self(config.http().port(), config.flight().port(), config.s3().port()),
                disk(),
                free(),
                store::change));
        membership = joined;
        joined.onChange(store::nominate);
    }

    static ClusterSettings settings(ClusterConfig cluster) {
        return ClusterSettings.of(cluster.zookeeper(), cluster.name())
                .withReplicas(cluster.replicas())
                .withIngestShards(cluster.ingestShards())
                .withGiveUpAfter(cluster.giveUpAfter());
    }

    /** Joins the cluster and opens this node's part of its lake; waits until there are nodes enough. */
    static Lake open(
            NodeConfig config,
            ClusterConfig cluster,
            BufferAllocator memory,
            InstantSource clock,
            Metrics metrics,
            Parts parts,
            Alarms alarms) {
        ClusterLake lake = new ClusterLake(config, cluster, clock, parts, alarms);
        lake.awaitPlacement();
        lake.rememberIfThereIsRoom();
        return lake.begin(memory, metrics);
    }

    private String listenAddress() {
        return cluster.host().equals("127.0.0.1") ? cluster.host() : "0.0.0.0";
    }

    private ClusterView view() {
        Membership joined = membership;
        return joined == null ? ClusterView.EMPTY : joined.get();
    }

    private ClusterMember self(int httpPort, int flightPort, int s3Port) {
        return new ClusterMember(
                cluster.node(),
                enrolment.number(),
                cluster.zone().isEmpty() ? cluster.node() : cluster.zone(),
                cluster.host(),
                peers.port(),
                httpPort,
                flightPort,
                s3Port,
                cluster.roles(),
                true);
    }

    private long disk() {
        return config.dataDir().toFile().getTotalSpace();
    }

    private long free() {
        return config.dataDir().toFile().getUsableSpace();
    }

    /** Waits until every group has a member; the first time that needs as many nodes as there are copies. */
    private void awaitPlacement() {
        long told = System.nanoTime();
        while (true) {
            ClusterView view = view();
            long placed =
                    view.groups().stream().filter(group -> !group.isEmpty()).count();
            long whole = IntStream.range(0, view.groups().size())
                    .filter(group -> !view.holders(group).isEmpty())
                    .count();
            if (whole == settings.groups()) {
                return;
            }
            if (System.nanoTime() - told > TELL_EVERY.toNanos()) {
                told = System.nanoTime();
                LOG.info(
                        "waiting for the cluster nodes={} of={} placed={} whole={} of={}",
                        view.live().size(),
                        settings.replicas(),
                        placed,
                        whole,
                        settings.groups());
            }
            sleep(Duration.ofMillis(100));
        }
    }

    /** Keeps on this disk what would be needed if ZooKeeper were lost. */
    private void remember() {
        Roster before = roster;
        Roster next = before.with(view(), clock.instant());
        if (!next.equals(before)) {
            RosterFile.write(config.dataDir(), next);
            roster = next;
        }
    }

    /** The job tries again; a node whose disk is full shall start. */
    private void rememberIfThereIsRoom() {
        try {
            remember();
        } catch (VarveException e) {
            LOG.warn("cannot keep the roster of the cluster yet", e);
        }
    }

    private Roster remembered() {
        return RosterFile.read(config.dataDir())
                .filter(known -> known.cluster().equals(enrolment.cluster()))
                .orElseGet(() -> new Roster(
                        enrolment.cluster(),
                        cluster.name(),
                        cluster.node(),
                        enrolment.number(),
                        settings.replicas(),
                        settings.logs(),
                        clock.instant(),
                        List.of(),
                        List.of()));
    }

    private static void sleep(Duration time) {
        try {
            Thread.sleep(time);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new VarveException(ErrorCode.NOT_READY, "the node is stopping", e);
        }
    }

    /** Repeats what fails while the logs have no leader yet. */
    private static <T> T patiently(String doing, Supplier<T> work) {
        long told = System.nanoTime();
        while (true) {
            try {
                return work.get();
            } catch (VarveException e) {
                if (e.code() != ErrorCode.NOT_READY && e.code() != ErrorCode.UNKNOWN_OUTCOME) {
                    throw e;
                }
                if (System.nanoTime() - told > TELL_EVERY.toNanos()) {
                    told = System.nanoTime();
                    LOG.info("waiting to {} cause={}", doing, e.getMessage());
                }
                sleep(Duration.ofMillis(200));
            }
        }
    }

    private Lake begin(BufferAllocator memory, Metrics metrics) {
        store.begin(new ObjectStoreConfig(
                enrolment.cluster(),
                enrolment.number(),
                ObjectStoreConfig.DEFAULT.inlineBytes(),
                ObjectStoreConfig.DEFAULT.chunkBytes(),
                ObjectStoreConfig.DEFAULT.bufferBytes(),
                ObjectStoreConfig.DEFAULT.grace(),
                ObjectStoreConfig.DEFAULT.scrubBytesPerSecond()));
        BlobStore blobs =
                patiently("open the lake's bucket", () -> ObjectBlobStore.open(store.objects(), ObjectBlobStore.LAKE));
        Catalog catalog = patiently(
                "open the catalog", () -> parts.add(IcebergCatalog.open(blobs, CatalogConfig.DEFAULT.shared(), clock)));
        List<SharedLog> logs = settings.logs().stream()
                .filter(name -> name.startsWith("ingest/"))
                .map(store::log)
                .toList();
        Ingest ingest = patiently(
                "read the keys of rows",
                () -> parts.add(Ingest.openShared(config.ingest(), logs, catalog, blobs, memory, clock)));
        List<Job> jobs = new ArrayList<>(StoreJobs.of(store.objects().maintenance()));
        jobs.add(new Job("compaction", config.compactionPause(), ingest::compactOnce));
        jobs.add(new Job("garbage", config.collectionPause(), () -> catalog.collectGarbage() < 0));
        jobs.add(new Job("checkpoints", SECOND, store::checkpointOnce));
        jobs.add(new Job("cluster roster", SECOND, () -> {
            remember();
            return false;
        }));
        jobs.add(new Job("disk report", MINUTE, () -> {
            announce();
            return false;
        }));
        jobs.add(new Job("chunk garbage", COLLECTION, () -> store.collectGarbage() < 0));
        jobs.add(new Job("metadata mending", MINUTE, () -> {
            store.mendMetadata();
            return false;
        }));
        jobs.add(new Job("metadata comparison", MINUTE, () -> {
            store.compare(others());
            return false;
        }));
        AccessKeys keys = AccessKeys.open(config.dataDir().resolve(AccessKeys.DIRECTORY), clock);
        SharedKeys shared = new SharedKeys(keys, blobs, secret.derive("access keys 1", KEY_BYTES));
        jobs.add(new Job("access keys", SECOND, () -> {
            shared.exchange();
            return false;
        }));
        StoreJobs.register(metrics, store.objects().maintenance());
        return new Lake(
                store.objects(),
                blobs,
                catalog,
                ingest,
                keys,
                secret.derive("media links 1", MediaLinks.SECRET_BYTES),
                jobs,
                this);
    }

    private List<String> others() {
        return view().live().stream()
                .filter(node -> !node.equals(cluster.node()))
                .toList();
    }

    @Override
    public Fragments fragments() {
        return new PeerFragments(peers, this::view, store::holders, SPREAD_BYTES);
    }

    @Override
    public void computeWith(QueryEngine engine) {
        PeerFragments.serve(peers, engine::compute);
    }

    @Override
    public void listens(int httpPort, int flightPort, int s3Port) {
        announced = self(httpPort, flightPort, s3Port);
        announce();
    }

    /** Tells where this node serves and how full its disk is. */
    private void announce() {
        Membership joined = membership;
        ClusterMember self = announced;
        if (joined != null && self != null) {
            joined.describe(self, disk(), free());
        }
    }

    @Override
    public Optional<ClusterEndpoint.Parts> cluster() {
        return Optional.of(new ClusterEndpoint.Parts(cluster.node(), settings.replicas(), this::view, this::here));
    }

    @Override
    public Optional<Watchtower.Sight> sight() {
        return Optional.of(new Watchtower.Sight(
                settings.replicas(),
                this::view,
                () -> is(Membership::isConnected),
                () -> is(Membership::isLeading),
                peers,
                () -> store.logs().values()));
    }

    private boolean is(Predicate<Membership> question) {
        Membership joined = membership;
        return joined != null && question.test(joined);
    }

    @Override
    public Optional<Supplier<ObjectNode>> moves() {
        ClusterAdmin admin = parts.add(ClusterAdmin.connect(cluster.zookeeper(), cluster.name()));
        // ZooKeeper may not answer; the page of moves shall.
        return Optional.of(new Recent<>(NodeWatch.noMoves(), () -> NodeWatch.moves(admin.status())));
    }

    private ObjectNode here() {
        ReplicaStatus replicas = store.replicas();
        ObjectNode here = Json.object()
                .put("missingChunks", replicas.underReplicated())
                .put("copiedChunks", replicas.copiedChunks())
                .put("copiedBytes", replicas.copiedBytes())
                .put("divergences", replicas.divergences())
                .put("healedChunks", replicas.healed())
                .put("unhealedChunks", replicas.unhealed())
                .put("usableBytes", store.objects().usableBytes());
        ObjectNode logs = here.putObject("logs");
        store.logs().entrySet().stream()
                .sorted(Map.Entry.comparingByKey())
                .forEach(log -> logs.putObject(log.getKey())
                        .put("leads", log.getValue().leads())
                        .put("leader", log.getValue().leader().orElse(null))
                        .put("seen", log.getValue().seen())
                        .put("start", log.getValue().start().orElse(0)));
        return here;
    }
}
