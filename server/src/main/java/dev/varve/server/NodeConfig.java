package dev.varve.server;

import dev.varve.blobstore.media.MediaLimits;
import dev.varve.blobstore.media.Thumbnails;
import dev.varve.ingest.IngestConfig;
import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import dev.varve.model.cluster.Role;
import dev.varve.server.flight.FlightConfig;
import dev.varve.server.http.HttpConfig;
import dev.varve.server.media.MediaConfig;
import dev.varve.server.s3.S3Config;
import dev.varve.server.wire.Units;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * How a node runs.
 *
 * @param dataDir everything the node keeps
 * @param memoryLimit most bytes in Arrow buffers: rows not yet in files, results on their way out, batches coming in
 * @param drainTimeout how long a closing node waits for what still runs
 * @param compactionPause how long compaction rests after it found nothing to do
 * @param collectionPause how long the deletion of files that nothing refers to rests
 * @param cluster empty for a node that is alone
 * @param watch how it says what happens
 */
public record NodeConfig(
        Path dataDir,
        long memoryLimit,
        Duration drainTimeout,
        Duration compactionPause,
        Duration collectionPause,
        HttpConfig http,
        FlightConfig flight,
        S3Config s3,
        MediaConfig media,
        IngestConfig ingest,
        QueryLimits query,
        Optional<ClusterConfig> cluster,
        WatchConfig watch) {
    /**
     * What queries may take.
     *
     * @param memoryBytes for sorts, joins and aggregates of all queries together, before they spill
     * @param spillBytes what they may spill to disk
     * @param threads that compute, for all queries together
     * @param maxConcurrent queries at a time; more wait
     * @param maxWait how long they wait before they are refused
     * @param timeout of a query that names none
     * @param maxTimeout the longest a query may name
     * @param slowAfter queries that take longer are logged
     */
    public record QueryLimits(
            long memoryBytes,
            long spillBytes,
            int threads,
            int maxConcurrent,
            Duration maxWait,
            Duration timeout,
            Duration maxTimeout,
            Duration slowAfter) {}

    private static final IngestConfig INGEST = IngestConfig.DEFAULT;

    /** The defaults, with everything kept in {@code dataDir}. */
    public static NodeConfig in(Path dataDir) {
        return load(null, Map.of(), Map.of("data.dir", dataDir.toString()));
    }

    /**
     * Reads the configuration; later sources win.
     *
     * @param file lines of {@code key = value}, or YAML, or null
     * @param environment in which {@code VARVE_SECTION__SOME_KEY} means {@code section.some-key}
     * @param flags values by key
     */
    public static NodeConfig load(@Nullable Path file, Map<String, String> environment, Map<String, String> flags) {
        Settings settings = Settings.of(file, environment, flags);
        NodeConfig config = read(settings);
        settings.end();
        return config;
    }

    /** Every setting, with its default and its meaning. */
    static List<Settings.Known> settings() {
        Settings settings = Settings.of(null, Map.of(), Map.of());
        NodeConfig ignored = read(settings);
        return settings.known();
    }

    private static NodeConfig read(Settings settings) {
        Path data = Path.of(settings.text("data.dir", "varve-data", "directory of everything the node keeps"));
        long memory = settings.bytes(
                "memory.limit",
                2L << 30,
                "most bytes in Arrow buffers: rows not yet in files, results going out, batches coming in");
        return new NodeConfig(
                data,
                memory,
                settings.duration(
                        "shutdown.drain", Duration.ofSeconds(30), "how long closing waits for what still runs"),
                settings.duration("compaction.pause", Duration.ofSeconds(10), "rest after nothing was to be compacted"),
                settings.duration("garbage.pause", Duration.ofMinutes(1), "rest between deletions of unneeded files"),
                http(settings),
                flight(settings),
                s3(settings),
                media(settings),
                ingest(settings, memory),
                query(settings),
                cluster(settings),
                WatchConfig.read(settings));
    }

    private static HttpConfig http(Settings settings) {
        HttpConfig absent = HttpConfig.DEFAULT;
        return new HttpConfig(
                settings.text("http.host", absent.host(), "address to listen on; 0.0.0.0 for all"),
                settings.count("http.port", absent.port(), 0, "port of HTTP; 0 takes any free one"),
                settings.bytes("http.max-body", absent.maxBodyBytes(), "largest body of rows, also when unpacked"),
                settings.bytes("http.max-request", absent.maxRequestBytes(), "largest body of SQL or JSON"),
                settings.bytesAsInt("http.max-header", absent.maxHeaderBytes(), "largest request line and headers"),
                settings.count("http.max-concurrent", absent.maxConcurrent(), 1, "requests worked on at a time"),
                settings.count("http.max-queued", absent.maxQueued(), 0, "requests that wait; the next gets 503"),
                settings.duration("http.idle-timeout", absent.idleTimeout(), "an idle connection is closed after it"),
                settings.duration(
                        "http.client-timeout", absent.clientTimeout(), "a stalled request or answer is cut after it"),
                settings.flag("http.access-log", absent.isAccessLogged(), "whether each request is logged"));
    }

    private static FlightConfig flight(Settings settings) {
        FlightConfig absent = FlightConfig.DEFAULT;
        return new FlightConfig(
                settings.text("flight.host", absent.host(), "address to listen on; 0.0.0.0 for all"),
                settings.count("flight.port", absent.port(), 0, "port of Arrow Flight; 0 takes any free one"),
                settings.bytesAsInt("flight.max-message", absent.maxMessageBytes(), "largest batch taken in"),
                settings.count("flight.in-flight", absent.inFlight(), 1, "batches of one DoPut not yet durable"),
                settings.duration(
                        "flight.client-timeout", absent.clientTimeout(), "a stalled DoGet is ended after it"));
    }

    private static S3Config s3(Settings settings) {
        S3Config absent = S3Config.DEFAULT;
        return new S3Config(
                settings.text("s3.host", absent.host(), "address to listen on; 0.0.0.0 for all"),
                settings.count("s3.port", absent.port(), 0, "port of S3; 0 takes any free one"),
                Optional.of(settings.text(
                                "s3.domain", "", "name under which BUCKET.name means a bucket; none if empty"))
                        .filter(domain -> !domain.isEmpty())
                        .map(domain -> domain.toLowerCase(Locale.ROOT)),
                settings.text("s3.region", absent.region(), "region that clients are told"),
                settings.bytes("s3.max-object", absent.maxObjectBytes(), "largest PUT and largest part"),
                settings.bytesAsInt("s3.max-header", absent.maxHeaderBytes(), "largest request line and headers"),
                settings.count("s3.max-concurrent", absent.maxConcurrent(), 1, "requests worked on at a time"),
                settings.count("s3.max-queued", absent.maxQueued(), 0, "requests that wait; the next gets 503"),
                settings.duration("s3.idle-timeout", absent.idleTimeout(), "an idle connection is closed after it"),
                settings.duration(
                        "s3.client-timeout", absent.clientTimeout(), "a stalled request or answer is cut after it"),
                settings.flag("s3.access-log", absent.isAccessLogged(), "whether each request is logged"));
    }

    private static MediaConfig media(Settings settings) {
        MediaConfig absent = MediaConfig.DEFAULT;
        Thumbnails.Limits pictures = absent.thumbnails();
        MediaLimits reading = absent.reading();
        return new MediaConfig(
                settings.duration(
                        "media.compare-pause", absent.reconcilePause(), "rest between comparisons of media with rows"),
                settings.duration("media.longest-link", absent.longestLink(), "how long a link is good at most"),
                MediaConfig.sides(settings.text(
                        "media.thumbnail-sides",
                        absent.thumbnailSides().stream().map(String::valueOf).collect(Collectors.joining(",")),
                        "longest sides of thumbnails in pixels; none if empty")),
                new Thumbnails.Limits(
                        settings.number("media.max-pixels", pictures.pixels(), 1, "larger pictures have no thumbnails"),
                        settings.bytes("media.max-picture", pictures.bytes(), "larger files have no thumbnails"),
                        settings.count(
                                "media.max-scans", pictures.scans(), 1, "scans of a progressive JPEG with thumbnails"),
                        settings.duration(
                                "media.decode-timeout", pictures.time(), "decoding a picture is ended after it")),
                settings.bytes(
                        "media.decoder-heap", absent.decoderHeapBytes(), "memory of the process that decodes pictures"),
                new MediaLimits(
                        settings.bytes("media.max-read", reading.readBytes(), "read of a medium for its facts"),
                        settings.count("media.max-steps", reading.steps(), 1, "boxes, chunks and entries looked at"),
                        settings.bytes("media.max-track", reading.trackBytes(), "read of a GPX track"),
                        settings.count("media.max-track-points", reading.trackPoints(), 1, "points kept of a track")));
    }

    private static IngestConfig ingest(Settings settings, long memory) {
        long waiting = settings.bytes(
                "memtable.max-bytes",
                Math.min(INGEST.memtableMaxBytes(), memory / 4),
                "rows that wait for a flush; a quarter of memory.limit if that is less");
        if (waiting > memory / 2) {
            throw new VarveException(
                            ErrorCode.BAD_REQUEST,
                            "memtable.max-bytes is " + Units.text(waiting) + " and memory.limit " + Units.text(memory)
                                    + ": as many bytes again may be in a flush")
                    .withHint("set it to at most half of memory.limit");
        }
        return new IngestConfig(
                waiting,
                settings.duration(
                        "memtable.max-wait", INGEST.memtableMaxWait(), "how long rows wait for memory until refused"),
                settings.number("flush.max-rows", INGEST.flushMaxRows(), 1, "a dataset with so many rows is flushed"),
                settings.bytes(
                        "flush.max-bytes",
                        Math.min(INGEST.flushMaxBytes(), waiting / 4 * 3),
                        "a dataset with so many bytes is flushed; three quarters of memtable.max-bytes if that is less"),
                settings.duration("flush.max-age", INGEST.flushMaxAge(), "rows are flushed when they are so old"),
                settings.count("append.in-flight", INGEST.inFlight(), 1, "batches on their way into the log"),
                settings.count(
                        "idempotency.max-keys", INGEST.keysRemembered(), 1, "idempotency keys that are remembered"),
                settings.duration("idempotency.max-age", INGEST.keysMaxAge(), "how long they are remembered"),
                settings.bytes(
                        "load.max-batch-bytes", INGEST.batchLoadMaxBytes(), "largest body with onError=reject-batch"),
                settings.bytes("file.max-bytes", INGEST.fileMaxBytes(), "compaction begins a new file about there"),
                settings.number("file.min-rows", INGEST.fileMinRows(), 1, "rows that make a day, month or year a file"),
                settings.count("file.row-group-rows", INGEST.rowGroupRows(), 1, "rows of a row group"),
                INGEST.codec(),
                settings.number("compaction.max-rows", INGEST.compactionMaxRows(), 1, "rows compacted at once"),
                settings.duration("compaction.min-age", INGEST.compactionMinAge(), "replaced versions rest so long"),
                INGEST.background());
    }

    private static QueryLimits query(Settings settings) {
        int threads = settings.count("query.threads", 0, 0, "threads that compute; 0 for one a core");
        return new QueryLimits(
                settings.bytes("query.memory-limit", 1L << 30, "sorts, joins and aggregates, before they spill"),
                settings.bytes("query.spill-limit", 16L << 30, "what queries may spill to disk"),
                threads == 0 ? Runtime.getRuntime().availableProcessors() : threads,
                settings.count("query.max-concurrent", 8, 1, "queries at a time; more wait"),
                settings.duration("query.max-wait", Duration.ofSeconds(10), "how long they wait until refused"),
                settings.duration("query.timeout", Duration.ofMinutes(5), "time limit of a query that names none"),
                settings.duration("query.max-timeout", Duration.ofHours(1), "longest time limit a query may name"),
                settings.duration("query.slow-after", Duration.ofSeconds(10), "queries that take longer are logged"));
    }

    private static Optional<ClusterConfig> cluster(Settings settings) {
        String zookeeper = settings.text(
                "cluster.zookeeper", "", "host:port of each ZooKeeper server, with commas; empty for a node alone");
        ClusterConfig config = new ClusterConfig(
                zookeeper,
                settings.text("cluster.name", "varve", "name of the cluster"),
                settings.text("cluster.node", "", "name of this node, unlike that of any other, for good"),
                settings.text("cluster.host", "127.0.0.1", "under which the other nodes reach this one"),
                settings.count("cluster.peer-port", 8184, 0, "port for the other nodes; 0 takes any free one"),
                settings.text("cluster.zone", "", "nodes of one zone may fail together; empty for one of its own"),
                roles(settings.text("cluster.roles", "store,ingest,query,controller", "what this node does")),
                Path.of(settings.text("cluster.secret-file", "", "file of random bytes that all nodes have")),
                settings.count("cluster.replicas", 3, 1, "copies of each chunk"),
                settings.count("cluster.ingest-shards", 4, 1, "logs that rows are spread over, fixed at the start"),
                settings.duration(
                        "cluster.give-up-after", Duration.ofMinutes(30), "a node away longer is replaced by others"),
                settings.bytes(
                        "cluster.move-bytes-per-second", 100L << 20, "copied at most by a node to move replicas"));
        if (zookeeper.isEmpty()) {
            return Optional.empty();
        }
        if (config.node().isEmpty() || config.secretFile().toString().isEmpty()) {
            throw new VarveException(
                            ErrorCode.BAD_REQUEST, "a node of a cluster needs cluster.node and cluster.secret-file")
                    .withHint("varve cluster start writes such a configuration; docs/configuration.md lists all");
        }
        return Optional.of(config);
    }

    private static Set<Role> roles(String text) {
        Set<Role> roles = EnumSet.noneOf(Role.class);
        for (String name : text.split(",", -1)) {
            try {
                roles.add(Role.valueOf(name.strip().toUpperCase(Locale.ROOT)));
            } catch (IllegalArgumentException e) {
                throw new VarveException(
                                ErrorCode.BAD_REQUEST, "cluster.roles names '" + name + "', which is no role", e)
                        .withHint("store, ingest, query, controller, with commas");
            }
        }
        return roles;
    }
}
