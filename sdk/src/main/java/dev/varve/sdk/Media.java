package dev.varve.sdk;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Pictures, videos, sounds and tracks; each is also a row of the dataset {@code media}. For any number of threads. */
public final class Media {
    private static final String ROOT = "/api/v1/media";

    private final ObjectRequests requests;

    Media(Wire wire, Options options) {
        this.requests = new ObjectRequests(wire, options, ROOT);
    }

    public void createBucket(String bucket) {
        requests.create(requests.path(bucket), new byte[0]);
    }

    /** Sends a file as it is; returns when it is durable and its row can be found. */
    public MediaItem put(String bucket, String key, Path file, MediaFacts facts) throws FileNotFoundException {
        return put(bucket, key, BodyPublishers.ofFile(file), facts);
    }

    public MediaItem put(String bucket, String key, byte[] bytes, MediaFacts facts) {
        return put(bucket, key, BodyPublishers.ofByteArray(bytes), facts);
    }

    private MediaItem put(String bucket, String key, HttpRequest.BodyPublisher body, MediaFacts facts) {
        String path = requests.path(bucket, key) + ObjectRequests.query(facts.parameters());
        return MediaItem.of(requests.put(path, facts.headers(), body));
    }

    /** The original's bytes; the caller closes them. */
    public InputStream get(String bucket, String key) {
        return requests.open(requests.path(bucket, key), Map.of());
    }

    /** The bytes from {@code from} up to, but without, {@code to}. */
    public InputStream get(String bucket, String key, long from, long to) {
        return requests.open(requests.path(bucket, key), Map.of("Range", "bytes=" + from + "-" + (to - 1)));
    }

    public void download(String bucket, String key, Path target) throws IOException {
        requests.download(requests.path(bucket, key), target);
    }

    /** An upright JPEG whose longest side is 256 or 1024 pixels at most. */
    public InputStream thumbnail(String bucket, String key, int side) {
        return requests.open(requests.path(bucket, key) + "?thumbnail=" + side, Map.of());
    }

    /** What is known of a medium. */
    public MediaItem describe(String bucket, String key) {
        return MediaItem.of(requests.json(requests.path(bucket, key) + "?row"));
    }

    /** False if there is none. */
    public boolean delete(String bucket, String key) {
        return requests.delete(requests.path(bucket, key));
    }

    /** All keys of a bucket that begin so, in their order. */
    public List<StoredKey> list(String bucket, @Nullable String prefix) {
        return requests.list(bucket, prefix, "media");
    }

    public List<MediaItem> search(MediaQuery query) {
        List<MediaItem> found = new ArrayList<>();
        requests.json(ROOT + ObjectRequests.query(query.parameters()))
                .path("media")
                .forEach(node -> found.add(MediaItem.of(node)));
        return List.copyOf(found);
    }

    /** A URL by which anybody may read the medium, in ranges too, for so long. */
    public String url(String bucket, String key, Duration time) {
        JsonNode answer = requests.json(requests.path(bucket, key) + "?url=" + time.toMillis() + "ms");
        return answer.path("url").asText();
    }

    /** Notes a {@code like}, {@code label} or {@code comment}; the last two need a text. */
    public void react(String bucket, String key, String kind, @Nullable String text, String who) {
        ObjectNode body = Json.object()
                .put("kind", kind)
                .put("text", text)
                .put("who", who)
                .put("id", UUID.randomUUID().toString());
        requests.post(requests.path(bucket, key) + "/reactions", body);
    }
}
