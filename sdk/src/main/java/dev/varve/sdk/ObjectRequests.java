package dev.varve.sdk;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.InputStream;
import java.net.URLEncoder;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Requests about one family of objects, such as {@code /api/v1/kv}; for any number of threads. */
final class ObjectRequests {
    private final Wire wire;
    private final Options options;
    private final String root;

    ObjectRequests(Wire wire, Options options, String root) {
        this.wire = wire;
        this.options = options;
        this.root = root;
    }

    static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }

    String path(String bucket, String key) {
        return root + "/" + encoded(bucket) + "/" + encoded(key).replace("%2F", "/");
    }

    String path(String bucket) {
        return root + "/" + encoded(bucket);
    }

    static String query(Map<String, String> parameters) {
        return parameters.isEmpty()
                ? ""
                : parameters.entrySet().stream()
                        .map(one -> encoded(one.getKey()) + "=" + encoded(one.getValue()))
                        .collect(Collectors.joining("&", "?", ""));
    }

    /** A value of any size: no time limit. */
    JsonNode put(String path, Map<String, String> headers, HttpRequest.BodyPublisher body) {
        boolean isConditional = headers.containsKey("If-Match") || headers.containsKey("If-None-Match");
        Wire.Repeat repeat = isConditional ? Wire.Repeat.ONLY_IF_NOT_APPLIED : Wire.Repeat.SAFE;
        return wire.exchange(new Wire.Call("PUT", path, headers, body, Duration.ZERO, repeat), Json::parse);
    }

    /** For a body that can be read only once. */
    JsonNode putOnce(String path, HttpRequest.BodyPublisher body) {
        return wire.exchange(
                new Wire.Call("PUT", path, Map.of(), body, Duration.ZERO, Wire.Repeat.ONLY_IF_NOT_APPLIED),
                Json::parse);
    }

    JsonNode post(String path, JsonNode body) {
        return wire.exchange(
                new Wire.Call(
                        "POST",
                        path,
                        Map.of("Content-Type", "application/json"),
                        BodyPublishers.ofByteArray(Json.bytes(body)),
                        options.requestTimeout(),
                        Wire.Repeat.SAFE),
                Json::parse);
    }

    void create(String path, byte[] body) {
        wire.exchange(
                new Wire.Call(
                        "PUT",
                        path,
                        Map.of("Content-Type", "application/json"),
                        BodyPublishers.ofByteArray(body),
                        options.requestTimeout(),
                        Wire.Repeat.ONLY_IF_NOT_APPLIED),
                answer -> answer);
    }

    JsonNode json(String path) {
        return wire.exchange(
                new Wire.Call("GET", path, Map.of(), null, options.requestTimeout(), Wire.Repeat.SAFE), Json::parse);
    }

    /** The bytes as they come; an end is the end of the value, else reading throws. */
    InputStream open(String path, Map<String, String> headers) {
        return wire.open(new Wire.Call("GET", path, headers, null, Duration.ZERO, Wire.Repeat.SAFE))
                .body();
    }

    /** All bytes of a value; a part of them is asked for again. */
    byte[] whole(String path) {
        return wire.exchange(
                new Wire.Call("GET", path, Map.of(), null, Duration.ZERO, Wire.Repeat.SAFE), bytes -> bytes);
    }

    /** False if there is none. */
    boolean delete(String path) {
        try {
            wire.exchange(
                    new Wire.Call("DELETE", path, Map.of(), null, options.requestTimeout(), Wire.Repeat.SAFE),
                    answer -> answer);
            return true;
        } catch (VarveClientException e) {
            if (e.status() == 404) {
                return false;
            }
            throw e;
        }
    }

    /** The file appears under its name only when it is whole. */
    void download(String path, Path target) throws IOException {
        Path part = target.resolveSibling(target.getFileName() + ".part");
        try (InputStream bytes = open(path, Map.of())) {
            Files.copy(bytes, part, StandardCopyOption.REPLACE_EXISTING);
            Files.move(part, target, StandardCopyOption.REPLACE_EXISTING);
        } finally {
            Files.deleteIfExists(part);
        }
    }

    /** All keys that begin so, page by page. */
    List<StoredKey> list(String bucket, @Nullable String prefix, String member) {
        List<StoredKey> found = new ArrayList<>();
        String after = "";
        while (after != null) {
            JsonNode page = json(path(bucket)
                    + query(Map.of("prefix", prefix == null ? "" : prefix, "after", after, "limit", "1000")));
            page.path(member).forEach(key -> found.add(StoredKey.of(key)));
            after = Json.text(page, "next");
        }
        return List.copyOf(found);
    }
}
