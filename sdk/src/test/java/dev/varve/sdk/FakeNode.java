package dev.varve.sdk;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.ipc.ArrowStreamReader;
import org.jspecify.annotations.Nullable;

/** A small server that keeps rows by idempotency key and misbehaves on demand. */
final class FakeNode implements AutoCloseable {
    /** What happens to one POST of rows. */
    sealed interface Behaviour {
        record Accept() implements Behaviour {}

        /** Stores the rows and breaks the connection without an answer. */
        record StoreAndDrop() implements Behaviour {}

        /** Stores the rows and sends half an answer. */
        record StoreAndTruncate() implements Behaviour {}

        record Answer(int status, String body, Map<String, String> headers) implements Behaviour {}

        /** Waits before it accepts. */
        record Wait(CountDownLatch until) implements Behaviour {}
    }

    private final HttpServer server;
    private final ExecutorService threads = Executors.newCachedThreadPool();
    final ConcurrentLinkedQueue<Behaviour> script = new ConcurrentLinkedQueue<>();
    final List<String> keysSeen = new ArrayList<>();
    final Map<String, List<List<Object>>> rowsByKey = new TreeMap<>();
    final List<String> queries = new ArrayList<>();
    final List<String> cancelled = new ArrayList<>();
    final AtomicInteger requests = new AtomicInteger();
    volatile boolean discard;
    volatile byte[] sqlAnswer = new byte[0];
    volatile int sqlCut = -1;
    volatile int sqlStatus = 200;

    /** While it is there, everything waits for it, as at a node that is stopped. */
    volatile @Nullable CountDownLatch frozen;

    /** What everything is answered with, also whether it is ready; 0 = as usual. */
    volatile int refusing;

    /** It freezes when a cut answer has been begun. */
    volatile @Nullable CountDownLatch freezeInAnswer;

    volatile String key = "";

    FakeNode() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(threads);
        server.createContext("/", this::handle);
        server.start();
    }

    int port() {
        return server.getAddress().getPort();
    }

    String url(String options) {
        return "varve://127.0.0.1:" + port() + "?" + options;
    }

    List<List<Object>> rows() {
        synchronized (rowsByKey) {
            return rowsByKey.values().stream().flatMap(List::stream).toList();
        }
    }

    private void handle(HttpExchange exchange) throws IOException {
        String path = exchange.getRequestURI().getPath();
        if (!path.equals("/readyz")) {
            requests.incrementAndGet();
        }
        try (exchange) {
            byte[] body = exchange.getRequestBody().readAllBytes();
            CountDownLatch thawed = frozen;
            if (thawed != null) {
                awaitQuietly(thawed);
            }
            if (refusing != 0) {
                answer(exchange, refusing, "{}");
            } else if (path.equals("/readyz")) {
                answer(exchange, 200, "{}");
            } else if (path.endsWith("/rows")) {
                rows(exchange, body);
            } else if (path.equals("/api/v1/sql")) {
                sql(exchange, body);
            } else if (path.startsWith("/api/v1/queries/")) {
                synchronized (cancelled) {
                    cancelled.add(path.substring("/api/v1/queries/".length()));
                }
                exchange.sendResponseHeaders(204, -1);
            } else if (path.equals("/api/v1/datasets")) {
                answer(exchange, 200, "{\"datasets\": [" + description() + "]}");
            } else if (path.equals("/api/v1/datasets/air")) {
                answer(exchange, 200, description());
            } else {
                answer(
                        exchange,
                        404,
                        "{\"code\": \"DATASET_NOT_FOUND\", \"detail\": \"dataset 'aire' not found\","
                                + " \"hint\": \"did you mean 'air'?\"}");
            }
        }
    }

    private String description() {
        return """
                {"name": "air", "rows": 7, "unflushedRows": 3, "files": 2, "bytes": 99, "timeMin": null, "timeMax": null,
                 "key": [%s], "h3Resolution": 9, "partition": "day", "columns": [
                 {"name": "time", "type": "timestamp", "role": "leading"}, {"name": "lat", "type": "double", "role": "leading"},
                 {"name": "lon", "type": "double", "role": "leading"}, {"name": "cell", "type": "long", "role": "leading"},
                 {"name": "station", "type": "string", "role": "own"}, {"name": "temp", "type": "double", "unit": "Cel", "role": "own"},
                 {"name": "count", "type": "long", "role": "own"}, {"name": "ok", "type": "boolean", "role": "own"},
                 {"name": "small", "type": "float", "role": "own"}, {"name": "day", "type": "date", "role": "own"},
                 {"name": "raw", "type": "binary", "role": "own"},
                 {"name": "recorded_at", "type": "timestamp", "role": "system"}]}""".formatted(key);
    }

    private void rows(HttpExchange exchange, byte[] body) throws IOException {
        String idempotencyKey = exchange.getRequestHeaders().getFirst("Idempotency-Key");
        synchronized (rowsByKey) {
            keysSeen.add(idempotencyKey);
            queries.add(String.valueOf(exchange.getRequestURI().getRawQuery()));
        }
        Behaviour behaviour = script.poll();
        switch (behaviour) {
            case null -> accept(exchange, idempotencyKey, body);
            case Behaviour.Accept accept -> accept(exchange, idempotencyKey, body);
            case Behaviour.StoreAndDrop drop -> store(idempotencyKey, body);
            case Behaviour.StoreAndTruncate truncate -> {
                String answer = report(store(idempotencyKey, body), false);
                exchange.sendResponseHeaders(200, answer.length());
                exchange.getResponseBody().write(answer.substring(0, 10).getBytes(StandardCharsets.UTF_8));
            }
            case Behaviour.Wait wait -> {
                awaitQuietly(wait.until());
                accept(exchange, idempotencyKey, body);
            }
            case Behaviour.Answer answer -> {
                answer.headers().forEach(exchange.getResponseHeaders()::set);
                answer(exchange, answer.status(), answer.body());
            }
        }
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void accept(HttpExchange exchange, String idempotencyKey, byte[] body) throws IOException {
        boolean known;
        synchronized (rowsByKey) {
            known = rowsByKey.containsKey(idempotencyKey);
        }
        answer(exchange, 200, report(store(idempotencyKey, body), known));
    }

    private static String report(long rows, boolean duplicate) {
        return "{\"accepted\": " + rows + ", \"rejected\": 0, \"position\": 5, \"duplicate\": " + duplicate
                + ", \"errors\": [], \"errorsTruncated\": false}";
    }

    private long store(String idempotencyKey, byte[] body) throws IOException {
        List<List<Object>> found = new ArrayList<>();
        long count = 0;
        try (RootAllocator memory = new RootAllocator();
                ArrowStreamReader reader = new ArrowStreamReader(new ByteArrayInputStream(body), memory)) {
            VectorSchemaRoot root = reader.getVectorSchemaRoot();
            while (reader.loadNextBatch()) {
                count += root.getRowCount();
                for (int i = 0; i < root.getRowCount() && !discard; i++) {
                    List<Object> row = new ArrayList<>();
                    for (int c = 0; c < root.getFieldVectors().size(); c++) {
                        Object value = root.getVector(c).getObject(i);
                        row.add(
                                value instanceof byte[] bytes
                                        ? bytes.length
                                        : value == null ? "null" : value.toString());
                    }
                    found.add(row);
                }
            }
        }
        synchronized (rowsByKey) {
            rowsByKey.putIfAbsent(idempotencyKey, found);
        }
        return count;
    }

    private void sql(HttpExchange exchange, byte[] body) throws IOException {
        synchronized (rowsByKey) {
            queries.add(new String(body, StandardCharsets.UTF_8));
        }
        byte[] answer = sqlAnswer;
        if (sqlStatus != 200) {
            answer(exchange, sqlStatus, new String(answer, StandardCharsets.UTF_8));
            return;
        }
        if (sqlCut >= 0) {
            // Promises more than it sends, then closes.
            exchange.sendResponseHeaders(200, answer.length + 1);
            exchange.getResponseBody().write(answer, 0, sqlCut);
            CountDownLatch more = freezeInAnswer;
            if (more != null) {
                exchange.getResponseBody().flush();
                frozen = more;
                awaitQuietly(more);
            }
            return;
        }
        exchange.sendResponseHeaders(200, 0);
        exchange.getResponseBody().write(answer);
    }

    private static void answer(HttpExchange exchange, int status, String text) throws IOException {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        exchange.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
        exchange.getResponseBody().write(bytes);
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }
}
