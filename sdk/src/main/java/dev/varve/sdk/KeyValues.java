package dev.varve.sdk;

import java.io.FileNotFoundException;
import java.io.InputStream;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** Bytes of any size under keys. For any number of threads. */
public final class KeyValues {
    private final ObjectRequests requests;

    KeyValues(Wire wire, Options options) {
        this.requests = new ObjectRequests(wire, options, "/api/v1/kv");
    }

    /** How a bucket keeps its values. */
    public enum Keeping {
        /** A new value replaces the old one. */
        LATEST,
        /** Older values stay and can be read by their version. */
        VERSIONS,
        /** A key that has a value refuses another one. */
        WRITE_ONCE
    }

    public void createBucket(String bucket, Keeping keeping) {
        requests.create(
                requests.path(bucket),
                Json.bytes(Json.object()
                        .put("versioned", keeping == Keeping.VERSIONS)
                        .put("writeOnce", keeping == Keeping.WRITE_ONCE)));
    }

    public List<String> buckets() {
        List<String> names = new ArrayList<>();
        requests.json("/api/v1/kv")
                .path("buckets")
                .forEach(bucket -> names.add(bucket.path("name").asText()));
        return List.copyOf(names);
    }

    /** False if there is none; a bucket with keys is refused. */
    public boolean deleteBucket(String bucket) {
        return requests.delete(requests.path(bucket));
    }

    public StoredKey put(String bucket, String key, byte[] value) {
        return put(bucket, key, BodyPublishers.ofByteArray(value), Map.of());
    }

    public StoredKey put(String bucket, String key, Path file) throws FileNotFoundException {
        return put(bucket, key, BodyPublishers.ofFile(file), Map.of());
    }

    /** Sends what the stream gives until its end; a failure is not tried again, as it can be read only once. */
    public StoredKey put(String bucket, String key, InputStream value) {
        AtomicReference<@Nullable InputStream> once = new AtomicReference<>(value);
        HttpRequest.BodyPublisher body = BodyPublishers.ofInputStream(() -> once.getAndSet(null));
        return StoredKey.of(requests.putOnce(requests.path(bucket, key), body));
    }

    /** Only if the value's ETag is this one, or with null if there is no value; else an error with status 412. */
    public StoredKey putIf(String bucket, String key, byte[] value, @Nullable String etag) {
        Map<String, String> condition =
                etag == null ? Map.of("If-None-Match", "*") : Map.of("If-Match", "\"" + etag + "\"");
        return put(bucket, key, BodyPublishers.ofByteArray(value), condition);
    }

    private StoredKey put(String bucket, String key, HttpRequest.BodyPublisher value, Map<String, String> condition) {
        return StoredKey.of(requests.put(requests.path(bucket, key), condition, value));
    }

    /** The whole value; null if there is none. */
    public byte @Nullable [] get(String bucket, String key) {
        try {
            return requests.whole(requests.path(bucket, key));
        } catch (VarveClientException e) {
            if (e.status() == 404) {
                return null;
            }
            throw e;
        }
    }

    /** The value as it comes; the caller closes it. {@code version} null is the latest. */
    public InputStream open(String bucket, String key, @Nullable String version) {
        Map<String, String> parameters = version == null ? Map.of() : Map.of("version", version);
        return requests.open(requests.path(bucket, key) + ObjectRequests.query(parameters), Map.of());
    }

    /** False if there is none. */
    public boolean delete(String bucket, String key) {
        return requests.delete(requests.path(bucket, key));
    }

    /** All keys that begin so, in their order. */
    public List<StoredKey> list(String bucket, @Nullable String prefix) {
        return requests.list(bucket, prefix, "keys");
    }

    /** The key's versions, newest first, at most 10,000; deletions are among them. */
    public List<StoredKey> history(String bucket, String key) {
        List<StoredKey> found = new ArrayList<>();
        requests.json(requests.path(bucket, key) + "?history&limit=10000")
                .path("versions")
                .forEach(node -> found.add(StoredKey.of(node)));
        return List.copyOf(found);
    }
}
