package dev.varve.server;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.varve.server.keys.AccessKeys;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/**
 * A whole node in this process, or the nodes of a cluster in turn, and HTTP to it; who knows the key may do everything by
 * S3.
 */
public final class TestNode implements AutoCloseable {
    public static final String KEY_ID = "TESTNODEKEY0000000001";
    public static final String SECRET = "secret-of-the-test-node-0000000000000001";
    private static final ObjectMapper JSON = new ObjectMapper();

    private final Supplier<Node> node;
    private final AutoCloseable all;
    private final HttpClient client = HttpClient.newHttpClient();

    private TestNode(Supplier<Node> node, AutoCloseable all) {
        this.node = node;
        this.all = all;
    }

    /** Starts one on free ports with a few settings of its own. */
    public static TestNode start(Path directory, Map<String, String> own) {
        Map<String, String> settings = settings(directory, own);
        if (TestCluster.isWanted()) {
            TestCluster cluster = TestCluster.start(directory, settings, TestNode::addKey);
            return new TestNode(cluster::node, cluster);
        }
        addKey(AccessKeys.open(directory.resolve(AccessKeys.DIRECTORY), InstantSource.system()));
        Node started = Node.start(NodeConfig.load(null, Map.of(), settings));
        return new TestNode(() -> started, started);
    }

    private static Map<String, String> settings(Path directory, Map<String, String> own) {
        Map<String, String> settings = new HashMap<>(Map.of(
                "data.dir", directory.toString(),
                "http.port", "0",
                "flight.port", "0",
                "s3.port", "0",
                "query.memory-limit", "256MiB",
                "shutdown.drain", "10s"));
        settings.putAll(own);
        return settings;
    }

    /** Starts the first few nodes of a cluster, which answer in turn. */
    static TestNode startCluster(Path directory, int nodes) {
        TestCluster cluster = TestCluster.start(directory, settings(directory, Map.of()), TestNode::addKey, nodes);
        return new TestNode(cluster::node, cluster);
    }

    private static void addKey(AccessKeys keys) {
        keys.add(KEY_ID, SECRET, "tester", List.of());
    }

    public int s3Port() {
        return node.get().s3Port();
    }

    public int httpPort() {
        return node.get().httpPort();
    }

    private HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(
                URI.create("http://127.0.0.1:" + node.get().httpPort() + path));
    }

    public HttpResponse<byte[]> get(String path) throws IOException, InterruptedException {
        return client.send(request(path).build(), BodyHandlers.ofByteArray());
    }

    public HttpResponse<byte[]> put(String path, byte[] body) throws IOException, InterruptedException {
        return client.send(request(path).PUT(BodyPublishers.ofByteArray(body)).build(), BodyHandlers.ofByteArray());
    }

    /** Sends rows as CSV; makes the dataset if it is not there. */
    HttpResponse<byte[]> rows(String dataset, String csv) throws IOException, InterruptedException {
        HttpRequest request = request("/api/v1/datasets/" + dataset + "/rows?create=true")
                .header("Content-Type", "text/csv")
                .POST(BodyPublishers.ofString(csv))
                .build();
        return client.send(request, BodyHandlers.ofByteArray());
    }

    public HttpResponse<byte[]> delete(String path) throws IOException, InterruptedException {
        return client.send(request(path).DELETE().build(), BodyHandlers.ofByteArray());
    }

    public static JsonNode json(HttpResponse<byte[]> response) throws IOException {
        return JSON.readTree(response.body());
    }

    /** The rows of an answer, each as the texts of its values. */
    public List<List<String>> sql(String query) throws IOException, InterruptedException {
        HttpRequest request = request("/api/v1/sql?format=json")
                .header("Content-Type", "text/plain")
                .POST(BodyPublishers.ofString(query))
                .build();
        JsonNode answer = json(client.send(request, BodyHandlers.ofByteArray()));
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
        try {
            all.close();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
        client.close();
    }
}
