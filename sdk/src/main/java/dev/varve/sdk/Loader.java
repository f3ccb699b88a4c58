package dev.varve.sdk;

import java.io.FileNotFoundException;
import java.io.UncheckedIOException;
import java.net.URLEncoder;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;

/**
 * Sends bodies in a file format (CSV, NDJSON, Parquet, Arrow stream) that the node decodes.
 *
 * <p>Up to {@code inFlight} bodies are under way; then {@code send} waits. One thread at a time uses it. The caller
 * chooses the idempotency keys and looks at each future: a failed body does not stop the others.
 */
public final class Loader {
    private final RowSender sender;
    private final String query;

    Loader(RowSender sender, Map<String, String> parameters) {
        this.sender = sender;
        this.query = parameters.entrySet().stream()
                .map(parameter -> encoded(parameter.getKey()) + "=" + encoded(parameter.getValue()))
                .collect(Collectors.joining("&"));
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }

    /**
     * Sends bytes, which the caller must not change until the future completes.
     *
     * @param key 1 to 200 printable characters; the same key is applied once
     * @param rowsBefore added to the row numbers of the report
     */
    public CompletableFuture<LoadReport> send(
            String contentType, String key, byte[] bytes, int length, long rowsBefore) {
        return send(contentType, key, BodyPublishers.ofByteArray(bytes, 0, length), rowsBefore);
    }

    /** Sends a whole file, which must not change until the future completes. */
    public CompletableFuture<LoadReport> send(String contentType, String key, Path file) {
        try {
            return send(contentType, key, BodyPublishers.ofFile(file), 0);
        } catch (FileNotFoundException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Says what the node would make of these bytes, and writes nothing. */
    public LoadProposal dryRun(String contentType, byte[] bytes, int length) {
        return sender.dryRun(contentType, query, BodyPublishers.ofByteArray(bytes, 0, length));
    }

    /** Says what the node would make of the file, and writes nothing. */
    public LoadProposal dryRun(String contentType, Path file) {
        try {
            return sender.dryRun(contentType, query, BodyPublishers.ofFile(file));
        } catch (FileNotFoundException e) {
            throw new UncheckedIOException(e);
        }
    }

    private CompletableFuture<LoadReport> send(String contentType, String key, BodyPublisher bytes, long rowsBefore) {
        sender.acquire();
        return sender.send(() -> new RowSender.Body(contentType, query, key, bytes, rowsBefore));
    }
}
