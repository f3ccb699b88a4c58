package dev.varve.server.alert;

import dev.varve.server.wire.Json;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;

/** Posts messages as JSON. */
public final class Webhook implements Channel {
    private static final Duration TIMEOUT = Duration.ofSeconds(10);

    private final URI target;
    private final HttpClient client =
            HttpClient.newBuilder().connectTimeout(TIMEOUT).build();

    public Webhook(URI target) {
        this.target = target;
    }

    @Override
    public String name() {
        // The path is often a secret.
        return "webhook " + target.getHost();
    }

    @Override
    public void send(Message message) throws IOException {
        HttpRequest request = HttpRequest.newBuilder(target)
                .timeout(TIMEOUT)
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofByteArray(Json.bytes(message.json())))
                .build();
        try {
            HttpResponse<Void> answer = client.send(request, HttpResponse.BodyHandlers.discarding());
            if (answer.statusCode() / 100 != 2) {
                throw new IOException("it answers " + answer.statusCode());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("stopped while it was told", e);
        }
    }
}
