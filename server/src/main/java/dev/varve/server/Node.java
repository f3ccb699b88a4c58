package dev.varve.server;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.varve.blobstore.ClusterStore;
import dev.varve.blobstore.LocalObjectStore;
import dev.varve.blobstore.ObjectStore;
import dev.varve.controller.Maintenance;
import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import dev.varve.query.Fragments;
import dev.varve.query.QueryConfig;
import dev.varve.query.QueryEngine;
import dev.varve.query.Tables;
import dev.varve.server.alert.StandingAlarms;
import dev.varve.server.flight.FlightService;
import dev.varve.server.http.HttpEndpoint;
import dev.varve.server.http.WatchEndpoint;
import dev.varve.server.media.MediaLibrary;
import dev.varve.server.media.ObservedObjects;
import dev.varve.server.metrics.Metrics;
import dev.varve.server.s3.S3Endpoint;
import dev.varve.server.watch.Watchtower;
import dev.varve.server.wire.Json;
import dev.varve.server.wire.SqlEngine;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A running node.
 *
 * <p>Started from the bottom up: stores, catalog, replay of the log, query engine, endpoints; it is ready when the last
 * of them listens. Closed the other way round, after what still runs has ended or the drain timeout has passed.
 */
public final class Node implements AutoCloseable {
    public static final String VERSION = "0.1.0";

    private static final Logger LOG = LoggerFactory.getLogger(Node.class);
    private static final Duration CANCEL_GRACE = Duration.ofSeconds(5);

    private final NodeConfig config;
    private final Parts parts;
    private final AtomicBoolean isReady = new AtomicBoolean();
    private final AtomicBoolean isClosed = new AtomicBoolean();

    private final Lake lake;
    private final QueryEngine engine;
    private final SqlEngine sql;
    private final HttpEndpoint http;
    private final FlightService flight;
    private final S3Endpoint s3;

    private Node(NodeConfig config) {
        this.config = config;
        this.parts = new Parts();
        config.watch().logFormat().apply(NodeWatch.name(config));
        try {
            long start = System.nanoTime();
            Path scratch = emptied(config.dataDir().resolve("scratch"));
            InstantSource clock = InstantSource.system();
            Metrics metrics = new Metrics();
            BufferAllocator memory = parts.add(new RootAllocator(config.memoryLimit()));
            // Loading the engine's native code takes as long as all the rest, and needs nothing of it.
            CompletableFuture<Tables> tables = new CompletableFuture<>();
            CompletableFuture<Fragments> fragments = new CompletableFuture<>();
            OpenedAhead<QueryEngine> ahead = parts.add(OpenedAhead.begin(
                    "varve-open-engine",
                    () -> QueryEngine.open(
                            queries(config, scratch), new LaterTables(tables), new LaterFragments(fragments), memory),
                    QueryEngine::close));
            StandingAlarms alarms = new StandingAlarms(NodeWatch.name(config), clock);
            Optional<ClusterConfig> cluster = config.cluster();
            lake = cluster.isPresent()
                    ? ClusterLake.open(config, cluster.get(), memory, clock, metrics, parts, alarms)
                    : Lake.local(config, memory, clock, metrics, parts);
            tables.complete(new LakeTables(lake.catalog(), lake.ingest(), lake.blobs()));
            fragments.complete(lake.neighbours().fragments());
            engine = parts.add(ahead.take());
            lake.neighbours().computeWith(engine);
            parts.add(Maintenance.start(lake.jobs()));
            NodeMetrics.register(metrics, lake.ingest(), memory, engine, Lake.log(config.dataDir()));
            sql = new LakeSql(engine, config.query(), clock, metrics);
            LakeRows rows = new LakeRows(lake.ingest());
            // Every door to objects commits through this one, or its media become rows only by the next walk.
            ObservedObjects observed = new ObservedObjects(lake.objects());
            MediaLibrary media = parts.add(
                    MediaLibrary.open(config.media(), observed, lake.catalog(), rows, sql, lake.linkSecret(), clock));
            flight = parts.add(FlightService.start(
                    config.flight(), new FlightService.Parts(sql, rows, metrics, isReady::get), memory));
            Watchtower watch = parts.add(NodeWatch.start(
                    config,
                    alarms,
                    lake.catalog(),
                    lake.ingest(),
                    lake.neighbours().sight(),
                    metrics,
                    clock));
            http = parts.add(HttpEndpoint.start(
                    config.http(),
                    new HttpEndpoint.Parts(
                            sql,
                            rows,
                            lake.catalog(),
                            metrics,
                            this::description,
                            isReady::get,
                            scratch,
                            Optional.of(new HttpEndpoint.Stores(observed, media)),
                            lake.neighbours().cluster()),
                    Optional.of(new WatchEndpoint.Parts(
                            watch::health, watch::alertsJson, lake.neighbours().moves()))));
            s3 = parts.add(S3Endpoint.start(
                    config.s3(), new S3Endpoint.Parts(observed, lake.keys(), clock, metrics, isReady::get)));
            lake.neighbours().listens(http.port(), flight.port(), s3.port());
            isReady.set(true);
            UnpackedLibraries.unlink();
            LOG.info(
                    "ready http={}:{} flight={}:{} s3={}:{} data={} millis={}",
                    config.http().host(),
                    http.port(),
                    config.flight().host(),
                    flight.port(),
                    config.s3().host(),
                    s3.port(),
                    config.dataDir(),
                    (System.nanoTime() - start) / 1_000_000);
        } catch (RuntimeException e) {
            parts.close();
            throw e;
        }
    }

    private static QueryConfig queries(NodeConfig config, Path scratch) {
        NodeConfig.QueryLimits limits = config.query();
        return new QueryConfig(
                limits.threads(),
                limits.memoryBytes(),
                config.dataDir().resolve("spill"),
                limits.spillBytes(),
                directories(config, scratch),
                limits.maxConcurrent(),
                limits.maxWait(),
                QueryConfig.DEFAULT_CACHED_PLANS);
    }

    /** What queries may read and write. */
    private static List<Path> directories(NodeConfig config, Path scratch) {
        Path store = config.dataDir().resolve(Lake.STORE);
        List<Path> directories = new ArrayList<>(
                config.cluster().isPresent() ? ClusterStore.files(store) : List.of(LocalObjectStore.files(store)));
        directories.add(scratch);
        return directories;
    }

    /** Starts a node; it is ready when this returns. */
    public static Node start(NodeConfig config) {
        return new Node(config);
    }

    /** The directory, with nothing in it: what was in it belonged to requests of an earlier run. */
    private static Path emptied(Path directory) {
        try {
            Files.createDirectories(directory);
            try (DirectoryStream<Path> leftovers = Files.newDirectoryStream(directory)) {
                for (Path leftover : leftovers) {
                    Files.delete(leftover);
                }
            }
            return directory;
        } catch (IOException e) {
            throw new VarveException(ErrorCode.STORAGE, "cannot write to " + directory + ": " + e.getMessage(), e)
                    .withHint("choose another directory with --data");
        }
    }

    private ObjectNode description() {
        return Json.object()
                .put("name", "varve")
                .put("version", VERSION)
                .put("httpPort", http.port())
                .put("flightPort", flight.port())
                .put("s3Port", s3.port())
                .put("durability", "fsync");
    }

    /** Makes the first queries fast, in the background; for a node that has its process to itself. */
    public void warmUp() {
        Thread.ofPlatform().daemon().name("varve-warm-up").start(engine::warmUp);
    }

    ObjectStore objects() {
        return lake.objects();
    }

    public int httpPort() {
        return http.port();
    }

    public int flightPort() {
        return flight.port();
    }

    public int s3Port() {
        return s3.port();
    }

    /** Refuses new work, waits for what runs, writes what is in memory to files, and ends. */
    @Override
    public void close() {
        if (!isClosed.compareAndSet(false, true)) {
            return;
        }
        isReady.set(false);
        LOG.info("stopping, running queries={}", sql.running().size());
        try {
            drain();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        parts.close();
        LOG.info("stopped");
    }

    private void drain() throws InterruptedException {
        long end = System.nanoTime() + config.drainTimeout().toNanos();
        boolean isIdle = http.awaitIdle(config.drainTimeout());
        Duration left = Duration.ofNanos(Math.max(0, end - System.nanoTime()));
        isIdle &= flight.awaitIdle(left);
        isIdle &= s3.awaitIdle(Duration.ofNanos(Math.max(0, end - System.nanoTime())));
        if (!isIdle) {
            List<SqlEngine.Running> running = sql.running();
            LOG.warn("drain timeout passed, cancelling queries={}", running.size());
            running.forEach(query -> sql.cancel(query.id()));
            http.awaitIdle(CANCEL_GRACE);
            flight.awaitIdle(CANCEL_GRACE);
        }
    }
}
