package dev.varve.server.launch;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.Optional;

/** Asks nodes over HTTP how they are, without patience. Thread-safe. */
final class NodeProbe implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(2);
    private static final ObjectMapper MAPPER = new ObjectMapper();

    private final HttpClient http = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(PATIENCE)
            .build();

    boolean isReady(LocalNode node) {
        return get(node, "/readyz").map(answer -> answer.statusCode() == 200).orElse(false);
    }

    /** What the node says of its cluster, if it is there and part of one. */
    Optional<JsonNode> cluster(LocalNode node) {
        return get(node, "/cluster")
                .filter(answer -> answer.statusCode() == 200)
                .flatMap(answer -> {
                    try {
                        return Optional.of(MAPPER.readTree(answer.body()));
                    } catch (IOException e) {
                        return Optional.empty();
                    }
                });
    }

    private Optional<HttpResponse<byte[]>> get(LocalNode node, String path) {
        HttpRequest request = HttpRequest.newBuilder(URI.create(node.url() + path))
                .timeout(PATIENCE)
                .build();
        try {
            return Optional.of(http.send(request, BodyHandlers.ofByteArray()));
        } catch (IOException notThere) {
            return Optional.empty();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Optional.empty();
        }
    }

    @Override
    public void close() {
        http.shutdownNow();
    }
}
