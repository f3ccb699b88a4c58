package dev.varve.server.http;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.varve.blobstore.ObjectStore;
import dev.varve.catalog.Catalog;
import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import dev.varve.server.media.MediaLibrary;
import dev.varve.server.metrics.Metrics;
import dev.varve.server.patience.Patience;
import dev.varve.server.wire.Json;
import dev.varve.server.wire.RowStore;
import dev.varve.server.wire.SqlEngine;
import io.undertow.Undertow;
import io.undertow.UndertowOptions;
import io.undertow.server.handlers.HttpContinueReadHandler;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.xnio.Options;

/**
 * The HTTP server.
 *
 * <p>Requests that wait or work run on virtual threads, as many at a time as the configuration says; the others on
 * Undertow's I/O threads.
 */
public final class HttpEndpoint implements AutoCloseable {
    /**
     * What the endpoint speaks for.
     *
     * @param node the answer of {@code /api/v1/node}
     * @param isReady whether rows and queries are accepted
     * @param scratch existing directory for files that live as long as a request
     * @param stores media, keys and values; empty for a node that keeps none
     * @param cluster what {@code /cluster} tells; empty for a node that is alone
     */
    public record Parts(
            SqlEngine engine,
            RowStore rows,
            Catalog catalog,
            Metrics metrics,
            Supplier<ObjectNode> node,
            BooleanSupplier isReady,
            Path scratch,
            Optional<Stores> stores,
            Optional<ClusterEndpoint.Parts> cluster) {
        /** Of a node that is alone. */
        public Parts(
                SqlEngine engine,
                RowStore rows,
                Catalog catalog,
                Metrics metrics,
                Supplier<ObjectNode> node,
                BooleanSupplier isReady,
                Path scratch,
                Optional<Stores> stores) {
            this(engine, rows, catalog, metrics, node, isReady, scratch, stores, Optional.empty());
        }

        /** Without media, keys and values. */
        public Parts(
                SqlEngine engine,
                RowStore rows,
                Catalog catalog,
                Metrics metrics,
                Supplier<ObjectNode> node,
                BooleanSupplier isReady,
                Path scratch) {
            this(engine, rows, catalog, metrics, node, isReady, scratch, Optional.empty());
        }
    }

    /** Objects, and the media among them. */
    public record Stores(ObjectStore objects, MediaLibrary media) {}

    private static final int MOST_HEADERS = 100;
    private static final int MOST_PARAMETERS = 300;
    private static final int IO_THREADS = 2;

    private final Undertow undertow;
    private final ExecutorService workers;
    private final Patience patience;
    private final Router router;

    private HttpEndpoint(Undertow undertow, ExecutorService workers, Patience patience, Router router) {
        this.patience = patience;
        this.undertow = undertow;
        this.workers = workers;
        this.router = router;
    }

    public static HttpEndpoint start(HttpConfig config, Parts parts) {
        return start(config, parts, Optional.empty());
    }

    /** Likewise, of a node that is watched. */
    public static HttpEndpoint start(HttpConfig config, Parts parts, Optional<WatchEndpoint.Parts> watch) {
        List<Route> routes = routes(config, parts);
        watch.ifPresent(watching -> routes.addAll(WatchEndpoint.routes(watching, parts.isReady())));
        ExecutorService workers = Executors.newThreadPerTaskExecutor(
                Thread.ofVirtual().name("http-", 0).factory());
        Patience patience = new Patience(config.clientTimeout(), config.maxConcurrent(), config.maxQueued());
        Router router = new Router(routes, config, workers, patience, parts.isReady(), parts.metrics());
        Undertow undertow = Undertow.builder()
                .addHttpListener(config.port(), config.host())
                .setIoThreads(IO_THREADS)
                .setWorkerThreads(IO_THREADS)
                .setServerOption(UndertowOptions.MAX_HEADER_SIZE, config.maxHeaderBytes())
                .setServerOption(UndertowOptions.MAX_HEADERS, MOST_HEADERS)
                .setServerOption(UndertowOptions.MAX_PARAMETERS, MOST_PARAMETERS)
                .setServerOption(UndertowOptions.MAX_ENTITY_SIZE, config.maxBodyBytes())
                .setServerOption(UndertowOptions.NO_REQUEST_TIMEOUT, millis(config.idleTimeout()))
                .setServerOption(UndertowOptions.REQUEST_PARSE_TIMEOUT, millis(config.clientTimeout()))
                .setServerOption(UndertowOptions.ENABLE_HTTP2, false)
                .setSocketOption(Options.TCP_NODELAY, true)
                .setHandler(new HttpContinueReadHandler(router))
                .build();
        try {
            undertow.start();
        } catch (RuntimeException e) {
            workers.close();
            patience.close();
            if (e.getCause() instanceof BindException) {
                throw new VarveException(
                                ErrorCode.BAD_REQUEST,
                                "cannot listen on " + config.host() + ":" + config.port() + " for HTTP: "
                                        + e.getCause().getMessage(),
                                e)
                        .withHint("stop what listens there, or choose another port with --http-port");
            }
            throw e;
        }
        return new HttpEndpoint(undertow, workers, patience, router);
    }

    private static int millis(Duration duration) {
        return Math.toIntExact(duration.toMillis());
    }

    private static List<Route> routes(HttpConfig config, Parts parts) {
        SqlEndpoint sql = new SqlEndpoint(parts.engine(), parts.scratch(), parts.metrics());
        DatasetsEndpoint datasets = new DatasetsEndpoint(parts.catalog(), parts.rows());
        RowsEndpoint rows = new RowsEndpoint(parts.catalog(), parts.rows(), config, parts.scratch());
        String dataset = "/api/v1/datasets/{name}";
        List<Route> routes = new ArrayList<>(List.of(
                new Route("GET", "/livez", Route.Weight.CHEAP, HttpEndpoint::alive),
                new Route("GET", "/readyz", Route.Weight.CHEAP, call -> ready(call, parts.isReady())),
                new Route("GET", "/metrics", Route.Weight.ALWAYS, call -> metrics(call, parts.metrics())),
                new Route(
                        "GET",
                        "/api/v1/node",
                        Route.Weight.CHEAP,
                        call -> call.json(200, parts.node().get())),
                new Route("GET", "/api/v1/datasets", Route.Weight.ALWAYS, datasets::list),
                new Route("POST", "/api/v1/datasets", Route.Weight.WORK, datasets::create),
                new Route("GET", dataset, Route.Weight.ALWAYS, datasets::describe),
                new Route("DELETE", dataset, Route.Weight.WORK, datasets::drop),
                new Route("POST", dataset + "/columns", Route.Weight.WORK, datasets::addColumns),
                new Route("POST", dataset + "/flush", Route.Weight.WORK, datasets::flush),
                new Route("POST", dataset + "/rows", Route.Weight.WORK, rows::post),
                new Route("POST", "/api/v1/sql", Route.Weight.WORK, sql::post),
                new Route("GET", "/api/v1/sql", Route.Weight.WORK, sql::get),
                new Route("GET", "/api/v1/queries", Route.Weight.ALWAYS, sql::list),
                new Route("DELETE", "/api/v1/queries/{id}", Route.Weight.ALWAYS, sql::cancel)));
        parts.cluster()
                .ifPresent(cluster -> routes.add(
                        new Route("GET", "/cluster", Route.Weight.ALWAYS, new ClusterEndpoint(cluster)::get)));
        parts.stores().ifPresent(stores -> {
            addMedia(routes, new MediaEndpoint(stores.media()));
            addKeyValues(routes, new KeyValueEndpoint(stores.objects()));
        });
        return routes;
    }

    private static void addMedia(List<Route> routes, MediaEndpoint media) {
        String bucket = "/api/v1/media/{bucket}";
        String key = bucket + "/{key*}";
        routes.addAll(List.of(
                new Route("GET", "/api/v1/media", Route.Weight.WORK, media::search),
                new Route("GET", "/api/v1/media-buckets", Route.Weight.WORK, media::buckets),
                new Route("GET", "/api/v1/media-links/{token}", Route.Weight.WORK, media::linked),
                new Route("PUT", bucket, Route.Weight.WORK, media::createBucket),
                new Route("GET", bucket, Route.Weight.WORK, media::list),
                new Route("PUT", key, Route.Weight.WORK, media::put),
                new Route("POST", key, Route.Weight.WORK, media::post),
                new Route("GET", key, Route.Weight.WORK, media::get),
                new Route("DELETE", key, Route.Weight.WORK, media::delete)));
    }

    private static void addKeyValues(List<Route> routes, KeyValueEndpoint values) {
        String bucket = "/api/v1/kv/{bucket}";
        String key = bucket + "/{key*}";
        routes.addAll(List.of(
                new Route("GET", "/api/v1/kv", Route.Weight.WORK, values::buckets),
                new Route("PUT", bucket, Route.Weight.WORK, values::createBucket),
                new Route("GET", bucket, Route.Weight.WORK, values::list),
                new Route("DELETE", bucket, Route.Weight.WORK, values::deleteBucket),
                new Route("PUT", key, Route.Weight.WORK, values::put),
                new Route("GET", key, Route.Weight.WORK, values::get),
                new Route("DELETE", key, Route.Weight.WORK, values::delete)));
    }

    private static void alive(Call call) {
        call.json(200, Json.object().put("status", "alive"));
    }

    private static void ready(Call call, BooleanSupplier isReady) {
        boolean ready = isReady.getAsBoolean();
        call.json(ready ? 200 : 503, Json.object().put("status", ready ? "ready" : "not ready"));
    }

    private static void metrics(Call call, Metrics metrics) {
        call.send(200, Metrics.MEDIA_TYPE, metrics.text().getBytes(StandardCharsets.UTF_8));
    }

    /** The port that is listened on. */
    public int port() {
        return ((InetSocketAddress) undertow.getListenerInfo().getFirst().getAddress()).getPort();
    }

    /** Waits until no request is being worked on, or for so long; says whether none is. */
    public boolean awaitIdle(Duration most) throws InterruptedException {
        return router.awaitIdle(most);
    }

    @Override
    public void close() {
        undertow.stop();
        workers.shutdownNow();
        patience.close();
    }
}
