package dev.varve.sdk;

import java.net.URLEncoder;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.jspecify.annotations.Nullable;

/**
 * A connection to a Varve node, or to several of a cluster.
 *
 * <p>Any number of threads may share it; the writers and results it hands out belong to one thread each. Closing it
 * closes the writers left open. Results must be closed before it.
 */
public final class Varve implements AutoCloseable {
    private final Options options;
    private final Wire wire;
    private final BufferAllocator memory = new RootAllocator();
    private final ExecutorService senders = Executors.newCachedThreadPool(daemons("varve-sender"));
    private final ScheduledThreadPoolExecutor timer = new ScheduledThreadPoolExecutor(1, daemons("varve-timer"));
    private final Set<RowWriter> writers = ConcurrentHashMap.newKeySet();

    private Varve(Options options) {
        this.options = options;
        this.wire = new Wire(options, timer);
        timer.setRemoveOnCancelPolicy(true);
        long tickNanos = Math.max(1_000_000, options.linger().toNanos() / 4);
        var unused = timer.scheduleWithFixedDelay(this::sendDue, tickNanos, tickNanos, TimeUnit.NANOSECONDS);
    }

    private static ThreadFactory daemons(String name) {
        return task -> {
            Thread thread = new Thread(task, name);
            thread.setDaemon(true);
            return thread;
        };
    }

    private void sendDue() {
        long now = System.nanoTime();
        for (RowWriter writer : writers) {
            writer.sendIfDue(now);
        }
    }

    /**
     * Reads the URL and connects with the first request.
     *
     * <p>{@code varve://host:port,host2:port2?option=value&…}; also {@code http://} and {@code https://}, or none of
     * these. Requests go to the hosts in turn, past those that do not answer. Options: {@code batchRows=65536}, {@code batchBytes=8MiB}, {@code linger=200ms}, {@code inFlight}
     * (4; 1 for a dataset with a key, where order counts), {@code retryTimeout=60s}, {@code requestTimeout=60s} (for
     * one attempt to send rows), {@code connectTimeout=5s}, {@code buffer=block|fail}, {@code
     * onError=reject-row|reject-batch}. An unknown option is an error.
     */
    public static Varve connect(String url) {
        return new Varve(Options.parse(url));
    }

    public List<DatasetSummary> datasets() {
        return wire.exchange(get("/api/v1/datasets"), answer -> {
            List<DatasetSummary> found = new ArrayList<>();
            Json.parse(answer).path("datasets").forEach(node -> found.add(DatasetSummary.of(node)));
            return List.copyOf(found);
        });
    }

    /** Throws {@code DATASET_NOT_FOUND}, with the nearest name as its hint. */
    public DatasetDescription describe(String dataset) {
        return wire.exchange(get(path(dataset)), answer -> DatasetDescription.of(Json.parse(answer)));
    }

    /** Throws {@code DATASET_EXISTS} if there is one of that name. */
    public DatasetDescription createDataset(DatasetSpec spec) {
        Wire.Call call = new Wire.Call(
                "POST",
                "/api/v1/datasets",
                Map.of("Content-Type", "application/json"),
                BodyPublishers.ofByteArray(spec.json()),
                options.requestTimeout(),
                Wire.Repeat.ONLY_IF_NOT_APPLIED);
        return wire.exchange(call, answer -> DatasetDescription.of(Json.parse(answer)));
    }

    /** Removes the dataset and all its rows. */
    public void deleteDataset(String dataset) {
        wire.exchange(
                new Wire.Call(
                        "DELETE",
                        path(dataset),
                        Map.of(),
                        null,
                        options.requestTimeout(),
                        Wire.Repeat.ONLY_IF_NOT_APPLIED),
                answer -> answer);
    }

    /** Writes the dataset's rows in memory to files and returns when they are committed. */
    public DatasetDescription flushDataset(String dataset) {
        Wire.Call call =
                new Wire.Call("POST", path(dataset) + "/flush", Map.of(), null, Duration.ZERO, Wire.Repeat.SAFE);
        return wire.exchange(call, answer -> DatasetDescription.of(Json.parse(answer)));
    }

    /** Runs a query; {@code params} are the values of {@code ?}: String, Long, Integer, Double, Boolean, Instant. */
    public QueryResult sql(String query, @Nullable Object... params) {
        return sql(Statement.of(query).params(Arrays.asList(params)));
    }

    public QueryResult sql(Statement statement) {
        return QueryResult.open(stream(statement, "arrow"), memory);
    }

    /** The result's bytes in a format of the API: {@code json ndjson csv arrow parquet geojson pretty}. */
    public QueryStream stream(Statement statement, String format) {
        Wire.Call call = new Wire.Call(
                "POST",
                "/api/v1/sql",
                Map.of("Content-Type", "application/json", "X-Query-Id", statement.id()),
                BodyPublishers.ofByteArray(statement.json(format.toLowerCase(Locale.ROOT))),
                Duration.ZERO,
                Wire.Repeat.SAFE);
        Wire.Opened response = wire.open(call);
        String id = response.headers().firstValue("X-Query-Id").orElse(statement.id());
        return new QueryStream(id, response.body(), () -> senders.execute(() -> cancelQuietly(id)));
    }

    /** Pictures, videos, sounds, tracks. */
    public Media media() {
        return new Media(wire, options);
    }

    /** Keys and values. */
    public KeyValues kv() {
        return new KeyValues(wire, options);
    }

    /** Stops a running query; false if there is none of that id (any more). */
    public boolean cancel(String queryId) {
        try {
            wire.exchange(
                    new Wire.Call(
                            "DELETE",
                            "/api/v1/queries/" + URLEncoder.encode(queryId, StandardCharsets.UTF_8),
                            Map.of(),
                            null,
                            options.requestTimeout(),
                            Wire.Repeat.SAFE),
                    answer -> answer);
            return true;
        } catch (VarveClientException e) {
            if (e.status() == 404) {
                return false;
            }
            throw e;
        }
    }

    private boolean cancelQuietly(String queryId) {
        try {
            return cancel(queryId);
        } catch (VarveClientException e) {
            // The result was given up; the node also notices when the connection closes.
            return false;
        }
    }

    /** A row writer with an id of its own. */
    public RowWriter writer(String dataset) {
        return writer(dataset, newWriterId());
    }

    /**
     * A row writer whose batches have the keys {@code <writerId>-0}, {@code <writerId>-1}, …: one that adds the same
     * rows again under the same id, after a crash, with the same batch options and no linger or flush between, stores
     * them once.
     */
    public RowWriter writer(String dataset, String writerId) {
        DatasetDescription description = describe(dataset);
        RowWriter writer = new RowWriter(
                description,
                writerId,
                sender(description.name(), inFlight(description)),
                options,
                memory,
                writers::remove);
        writers.add(writer);
        return writer;
    }

    public ArrowWriter arrowWriter(String dataset) {
        return arrowWriter(dataset, newWriterId());
    }

    public ArrowWriter arrowWriter(String dataset, String writerId) {
        DatasetDescription description = describe(dataset);
        return new ArrowWriter(writerId, sender(description.name(), inFlight(description)), options);
    }

    /**
     * Sends files as they are; the parameters are those the API lists for rows: {@code time}, {@code map}, … The
     * dataset may be one that {@code create=true} will make.
     */
    public Loader loader(String dataset, Map<String, String> parameters) {
        return new Loader(sender(dataset, loaderInFlight(dataset, parameters)), parameters);
    }

    private int loaderInFlight(String dataset, Map<String, String> parameters) {
        try {
            return inFlight(describe(dataset));
        } catch (VarveClientException e) {
            if (e.status() != 404 || !"true".equals(parameters.get("create"))) {
                throw e;
            }
            int usual = parameters.containsKey("key") ? 1 : 4;
            return options.inFlight() > 0 ? options.inFlight() : usual;
        }
    }

    private RowSender sender(String dataset, int inFlight) {
        return new RowSender(wire, options, senders, dataset, inFlight);
    }

    /** Two versions of a row in two requests under way could overtake each other. */
    private int inFlight(DatasetDescription dataset) {
        if (options.inFlight() > 0) {
            return options.inFlight();
        }
        return dataset.key().isEmpty() ? 4 : 1;
    }

    private static String newWriterId() {
        return UUID.randomUUID().toString().replace("-", "");
    }

    private static String path(String dataset) {
        return "/api/v1/datasets/"
                + URLEncoder.encode(dataset, StandardCharsets.UTF_8).replace("+", "%20");
    }

    private Wire.Call get(String path) {
        return new Wire.Call("GET", path, Map.of(), null, options.requestTimeout(), Wire.Repeat.SAFE);
    }

    /** All rows are settled; only queries given up may still have to be cancelled. */
    private void awaitCancellations() {
        try {
            if (!senders.awaitTermination(2, TimeUnit.SECONDS)) {
                senders.shutdownNow();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            senders.shutdownNow();
        }
    }

    /** Closes the writers left open, throwing what they throw, and gives up all threads. */
    @Override
    public void close() {
        RuntimeException failure = null;
        for (RowWriter writer : List.copyOf(writers)) {
            try {
                writer.close();
            } catch (RuntimeException e) {
                if (failure == null) {
                    failure = e;
                } else {
                    failure.addSuppressed(e);
                }
            }
        }
        senders.shutdown();
        awaitCancellations();
        timer.shutdownNow();
        memory.close();
        if (failure != null) {
            throw failure;
        }
    }
}
