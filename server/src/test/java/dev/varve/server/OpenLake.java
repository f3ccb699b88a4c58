package dev.varve.server;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.varve.blobstore.BlobStore;
import dev.varve.blobstore.ChunkObjectStore;
import dev.varve.blobstore.CommitLog;
import dev.varve.blobstore.CommitLogConfig;
import dev.varve.blobstore.LocalCommitLog;
import dev.varve.blobstore.LocalObjectStore;
import dev.varve.blobstore.ObjectBlobStore;
import dev.varve.blobstore.ObjectStore;
import dev.varve.blobstore.ObjectStoreConfig;
import dev.varve.catalog.Catalog;
import dev.varve.catalog.CatalogConfig;
import dev.varve.catalog.IcebergCatalog;
import dev.varve.ingest.Ingest;
import dev.varve.query.QueryConfig;
import dev.varve.query.QueryEngine;
import dev.varve.server.http.HttpConfig;
import dev.varve.server.http.HttpEndpoint;
import dev.varve.server.media.MediaConfig;
import dev.varve.server.media.MediaLibrary;
import dev.varve.server.media.ObservedObjects;
import dev.varve.server.metrics.Metrics;
import dev.varve.server.wire.Json;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;

/** Everything of a node that media need, real but for the object store and the clock, which the test chooses. */
public final class OpenLake implements AutoCloseable {
    static final ObjectMapper JSON = new ObjectMapper();

    final ObservedObjects objects;
    final MediaLibrary media;
    private final HttpEndpoint http;
    private final HttpClient client = HttpClient.newHttpClient();
    private final Deque<AutoCloseable> parts = new ArrayDeque<>();

    public OpenLake(Path directory, ObjectStore store, InstantSource clock) throws IOException {
        Path scratch = Files.createDirectories(directory.resolve("scratch"));
        NodeConfig config = NodeConfig.in(directory);
        Metrics metrics = new Metrics();
        BufferAllocator memory = add(new RootAllocator());
        ChunkObjectStore files = add(
                LocalObjectStore.open(directory.resolve("store"), ObjectStoreConfig.DEFAULT, InstantSource.system()));
        BlobStore blobs = ObjectBlobStore.open(files, ObjectBlobStore.LAKE);
        CommitLog log = add(LocalCommitLog.open(directory.resolve("log"), CommitLogConfig.DEFAULT));
        Catalog catalog = add(IcebergCatalog.open(blobs, CatalogConfig.DEFAULT, InstantSource.system()));
        Ingest ingest = add(Ingest.open(config.ingest(), log, catalog, blobs, memory, InstantSource.system()));
        QueryConfig queries = new QueryConfig(
                2,
                256L << 20,
                directory.resolve("spill"),
                1L << 30,
                List.of(LocalObjectStore.files(directory.resolve("store")), scratch),
                8,
                Duration.ofSeconds(30),
                QueryConfig.DEFAULT_CACHED_PLANS);
        QueryEngine engine = add(QueryEngine.open(queries, new LakeTables(catalog, ingest, blobs), memory));
        LakeSql sql = new LakeSql(engine, config.query(), InstantSource.system(), metrics);
        LakeRows rows = new LakeRows(ingest);
        objects = add(new ObservedObjects(store));
        media = add(MediaLibrary.open(
                MediaConfig.DEFAULT,
                objects,
                catalog,
                rows,
                sql,
                dev.varve.server.media.MediaLinks.secretIn(directory.resolve("links.key")),
                clock));
        http = add(HttpEndpoint.start(
                HttpConfig.DEFAULT.withPort(0),
                new HttpEndpoint.Parts(
                        sql,
                        rows,
                        catalog,
                        metrics,
                        Json::object,
                        () -> true,
                        scratch,
                        Optional.of(new HttpEndpoint.Stores(objects, media)))));
    }

    public String url() {
        return "http://127.0.0.1:" + http.port();
    }

    private <T extends AutoCloseable> T add(T part) {
        parts.push(part);
        return part;
    }

    HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create(url() + path));
    }

    HttpResponse<byte[]> send(HttpRequest.Builder request) throws IOException, InterruptedException {
        return client.send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
    }

    HttpResponse<byte[]> get(String path, String... headers) throws IOException, InterruptedException {
        HttpRequest.Builder request = request(path);
        return send(headers.length == 0 ? request : request.headers(headers));
    }

    HttpResponse<byte[]> put(String path, byte[] body, String... headers) throws IOException, InterruptedException {
        HttpRequest.Builder request = request(path).PUT(HttpRequest.BodyPublishers.ofByteArray(body));
        return send(headers.length == 0 ? request : request.headers(headers));
    }

    HttpResponse<byte[]> post(String path, String body) throws IOException, InterruptedException {
        return send(request(path).POST(HttpRequest.BodyPublishers.ofString(body)));
    }

    HttpResponse<byte[]> delete(String path) throws IOException, InterruptedException {
        return send(request(path).DELETE());
    }

    static JsonNode json(HttpResponse<byte[]> response) throws IOException {
        return JSON.readTree(response.body());
    }

    /** The rows of an answer, each as the texts of its values. */
    List<List<String>> sql(String query) throws IOException, InterruptedException {
        HttpResponse<byte[]> response = send(request("/api/v1/sql?format=json")
                .header("Content-Type", "text/plain")
                .POST(HttpRequest.BodyPublishers.ofString(query)));
        JsonNode answer = json(response);
        if (!answer.has("rows")) {
            throw new AssertionError(answer.toString());
        }
        return answer.path("rows")
                .valueStream()
                .map(row -> row.valueStream().map(JsonNode::asText).toList())
                .toList();
    }

    @Override
    public void close() {
        while (!parts.isEmpty()) {
            try {
                parts.pop().close();
            } catch (Exception e) {
                throw new IllegalStateException("a part does not close", e);
            }
        }
        client.close();
    }
}
