package dev.varve.server.http;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.varve.blobstore.ObjectStore;
import dev.varve.blobstore.object.Body;
import dev.varve.blobstore.object.Bucket;
import dev.varve.blobstore.object.BucketSettings;
import dev.varve.blobstore.object.Change;
import dev.varve.blobstore.object.ListRequest;
import dev.varve.blobstore.object.Listing;
import dev.varve.blobstore.object.ObjectException;
import dev.varve.blobstore.object.ObjectKey;
import dev.varve.blobstore.object.ObjectProblem;
import dev.varve.blobstore.object.ObjectWrite;
import dev.varve.blobstore.object.StoredObject;
import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import dev.varve.server.media.MediaLibrary;
import dev.varve.server.wire.Fields;
import dev.varve.server.wire.Json;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Keys and values: bytes under a name, with versions where the bucket keeps them. */
final class KeyValueEndpoint {
    static final String KIND = "kv";
    private static final int KEY_SLASHES = 5;
    private static final int USUAL_PAGE = 1000;
    private static final int MOST_PAGE = 10_000;
    /** As much as an object may have. */
    private static final long MOST_BYTES = 5L << 40;

    private final ObjectStore objects;

    KeyValueEndpoint(ObjectStore objects) {
        this.objects = objects;
    }

    void buckets(Call call) {
        call.parameters().end();
        ObjectNode json = Json.object();
        ArrayNode list = json.putArray("buckets");
        objects.buckets().stream().filter(KeyValueEndpoint::isOurs).forEach(bucket -> list.add(json(bucket)));
        call.json(200, json);
    }

    private static boolean isOurs(Bucket bucket) {
        return KIND.equals(bucket.settings().tags().get(MediaLibrary.KIND_TAG));
    }

    private static ObjectNode json(Bucket bucket) {
        return Json.object()
                .put("name", bucket.name())
                .put("versioned", bucket.settings().versioning() == BucketSettings.Versioning.ENABLED)
                .put("writeOnce", bucket.settings().writeOnce())
                .put("owner", bucket.owner())
                .put("created", bucket.created().toString());
    }

    void createBucket(Call call) throws IOException {
        call.parameters().end();
        byte[] body = call.smallBody();
        boolean isVersioned = false;
        boolean isWriteOnce = false;
        if (body.length > 0) {
            Fields fields = Json.parseObject(body, "the bucket");
            isVersioned = fields.flag("versioned");
            isWriteOnce = fields.flag("writeOnce");
            fields.end();
        }
        BucketSettings settings = BucketSettings.DEFAULT
                .withTags(Map.of(MediaLibrary.KIND_TAG, KIND))
                .withWriteOnce(isWriteOnce)
                .withVersioning(isVersioned ? BucketSettings.Versioning.ENABLED : BucketSettings.Versioning.OFF);
        call.json(201, json(objects.createBucket(call.pathValue(), MediaEndpoint.user(call), settings)));
    }

    void deleteBucket(Call call) {
        call.parameters().end();
        objects.deleteBucket(bucket(call));
        call.empty(204);
    }

    private String bucket(Call call) {
        String name = call.pathValue();
        if (objects.bucket(name).filter(KeyValueEndpoint::isOurs).isEmpty()) {
            throw new VarveException(
                            ErrorCode.NOT_FOUND, "there is no bucket '" + Call.shortened(name) + "' of keys and values")
                    .withHint("PUT /api/v1/kv/" + Call.shortened(name) + " makes it, in the shell: create "
                            + Call.shortened(name));
        }
        return name;
    }

    void list(Call call) {
        Parameters parameters = call.parameters();
        String prefix = parameters.take("prefix");
        String after = parameters.take("after");
        int limit = limit(parameters, USUAL_PAGE, MOST_PAGE);
        parameters.end();
        call.json(200, listing(objects, bucket(call), prefix, after, limit, "keys"));
    }

    static int limit(Parameters parameters, int usual, int most) {
        Long limit = parameters.takeNumber("limit");
        if (limit != null && (limit < 1 || limit > most)) {
            throw new VarveException(ErrorCode.BAD_REQUEST, "limit is " + limit + "; it must be 1 to " + most);
        }
        return limit == null ? usual : limit.intValue();
    }

    /** A page of current objects; {@code next} is what to give as {@code after} for the following one. */
    static ObjectNode listing(
            ObjectStore objects,
            String bucket,
            @Nullable String prefix,
            @Nullable String after,
            int limit,
            String member) {
        Listing page = objects.list(new ListRequest(
                bucket,
                ObjectKey.Prefix.of(prefix == null ? "" : prefix),
                Optional.empty(),
                ObjectKey.Prefix.of(after == null ? "" : after),
                Optional.empty(),
                limit));
        ObjectNode json = Json.object();
        ArrayNode keys = json.putArray(member);
        page.objects().forEach(object -> keys.add(json(object)));
        json.put("next", page.nextAfter().map(ObjectKey.Prefix::text).orElse(null));
        return json;
    }

    private static ObjectNode json(StoredObject object) {
        return Json.object()
                .put("key", object.key().text())
                .put("version", object.versionId())
                .put("size", object.size())
                .put("etag", object.etag())
                .put("modified", object.lastModified().toString());
    }

    void put(Call call) throws IOException {
        call.parameters().end();
        String bucket = bucket(call);
        String type = call.contentType();
        ObjectWrite write = ObjectWrite.of(bucket, key(call), MediaEndpoint.user(call))
                .withCondition(ObjectAnswer.condition(call))
                .withHeaders(type.isEmpty() ? Map.of() : Map.of("content-type", type));
        StoredObject written;
        try (InputStream body = call.body(MOST_BYTES)) {
            written = objects.put(write, Body.of(body));
        }
        ObjectAnswer.describe(call, written);
        call.json(201, json(written));
    }

    private static ObjectKey key(Call call) {
        return RawPath.key(call.exchange(), KEY_SLASHES, "");
    }

    void get(Call call) throws IOException {
        Parameters parameters = call.parameters();
        boolean isHistory = parameters.takeFlag("history");
        String version = parameters.take("version");
        String bucket = bucket(call);
        ObjectKey key = key(call);
        if (isHistory) {
            String after = parameters.take("after");
            int limit = limit(parameters, USUAL_PAGE, MOST_PAGE);
            parameters.end();
            call.json(200, history(bucket, key, after, limit));
            return;
        }
        parameters.end();
        StoredObject found = objects.find(bucket, key, Optional.ofNullable(version))
                .filter(object -> !object.isDeleteMarker())
                .orElseThrow(() -> missing(bucket, key, version));
        String type = found.headers().getOrDefault("content-type", "application/octet-stream");
        ObjectAnswer.send(call, objects.open(bucket, found), type);
    }

    private static ObjectException missing(String bucket, ObjectKey key, @Nullable String version) {
        String shown = Call.shortened(key.text());
        return version == null
                ? new ObjectException(ObjectProblem.NO_SUCH_KEY, "there is no key '" + shown + "' in " + bucket)
                : new ObjectException(
                        ObjectProblem.NO_SUCH_VERSION,
                        "key '" + shown + "' has no version '" + Call.shortened(version) + "'");
    }

    /** Versions, newest first; deletions are among them. */
    private ObjectNode history(String bucket, ObjectKey key, @Nullable String after, int limit) {
        ObjectNode json = Json.object().put("key", key.text());
        ArrayNode versions = json.putArray("versions");
        Listing page = objects.listVersions(new ListRequest(
                bucket,
                ObjectKey.Prefix.of(key.bytes()),
                Optional.empty(),
                after == null ? ObjectKey.Prefix.ALL : ObjectKey.Prefix.of(key.bytes()),
                Optional.ofNullable(after),
                limit));
        page.objects().stream()
                .filter(object -> object.key().equals(key))
                .forEach(object -> versions.add(
                        json(object).put("deleted", object.isDeleteMarker()).put("latest", object.isLatest())));
        if (versions.isEmpty() && after == null) {
            throw missing(bucket, key, null);
        }
        boolean isMore = page.isTruncated() && versions.size() == page.objects().size();
        return json.put(
                "next",
                isMore ? versions.get(versions.size() - 1).path("version").asText() : null);
    }

    void delete(Call call) {
        Parameters parameters = call.parameters();
        Optional<String> version = Optional.ofNullable(parameters.take("version"));
        parameters.end();
        String bucket = bucket(call);
        ObjectKey key = key(call);
        boolean isThere = objects.find(bucket, key, version)
                .filter(object -> version.isPresent() || !object.isDeleteMarker())
                .isPresent();
        if (!isThere) {
            throw missing(bucket, key, version.orElse(null));
        }
        objects.change(bucket, List.of(new Change.Delete(key, version, ObjectAnswer.condition(call), false)));
        call.empty(204);
    }
}
