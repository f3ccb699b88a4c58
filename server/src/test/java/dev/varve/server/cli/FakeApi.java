package dev.varve.server.cli;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** Answers requests by method and path with prepared texts and remembers what came. */
final class FakeApi implements AutoCloseable {
    /** What is answered; {@code cutAt} bytes of it if not negative. */
    record Answer(int status, String body, int cutAt) {}

    /** What came. */
    record Seen(String method, String path, String query, String key, String contentType, String body) {}

    final Map<String, Answer> answers = new ConcurrentHashMap<>();
    final List<Seen> seen = Collections.synchronizedList(new ArrayList<>());
    private final HttpServer server;
    private final ExecutorService threads = Executors.newCachedThreadPool();

    FakeApi() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(threads);
        server.createContext("/", this::handle);
        server.start();
    }

    String url() {
        return "http://127.0.0.1:" + server.getAddress().getPort();
    }

    FakeApi answer(String methodAndPath, int status, String body) {
        answers.put(methodAndPath, new Answer(status, body, -1));
        return this;
    }

    private void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
            String path = exchange.getRequestURI().getPath();
            String query = exchange.getRequestURI().getQuery();
            seen.add(new Seen(
                    exchange.getRequestMethod(),
                    path,
                    query == null ? "" : query,
                    String.valueOf(exchange.getRequestHeaders().getFirst("Idempotency-Key")),
                    String.valueOf(exchange.getRequestHeaders().getFirst("Content-Type")),
                    body));
            Answer answer = answers.getOrDefault(
                    exchange.getRequestMethod() + " " + path, new Answer(404, "{\"code\": \"NOT_FOUND\"}", -1));
            byte[] bytes = answer.body().getBytes(StandardCharsets.UTF_8);
            if (answer.cutAt() >= 0) {
                exchange.sendResponseHeaders(answer.status(), bytes.length + 1);
                exchange.getResponseBody().write(bytes, 0, Math.min(bytes.length, answer.cutAt()));
                exchange.getResponseBody().flush();
                return;
            }
            exchange.sendResponseHeaders(answer.status(), bytes.length == 0 ? -1 : bytes.length);
            exchange.getResponseBody().write(bytes);
        }
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }
}
