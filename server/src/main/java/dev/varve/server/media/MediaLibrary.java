package dev.varve.server.media;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.varve.blobstore.ObjectStore;
import dev.varve.blobstore.object.Body;
import dev.varve.blobstore.object.Bucket;
import dev.varve.blobstore.object.BucketSettings;
import dev.varve.blobstore.object.Change;
import dev.varve.blobstore.object.ChecksumAlgorithm;
import dev.varve.blobstore.object.Condition;
import dev.varve.blobstore.object.ObjectException;
import dev.varve.blobstore.object.ObjectKey;
import dev.varve.blobstore.object.ObjectProblem;
import dev.varve.blobstore.object.ObjectReader;
import dev.varve.blobstore.object.ObjectWrite;
import dev.varve.blobstore.object.StoredObject;
import dev.varve.catalog.Catalog;
import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import dev.varve.server.wire.Json;
import dev.varve.server.wire.RowStore;
import dev.varve.server.wire.SqlEngine;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** The media of a lake: put, found, linked, remarked upon. Thread-safe. */
public final class MediaLibrary implements AutoCloseable {
    /** The bucket tag that says what a bucket is for. */
    public static final String KIND_TAG = "varve-kind";

    public static final String MEDIA_KIND = "media";
    /** Who owns what the node makes by itself. */
    public static final String OWNER = "varve";

    /** Reactions that can be given. */
    public static final Set<String> REACTIONS = Set.of("like", "label", "comment");

    private static final Duration WAIT_FOR_ROW = Duration.ofSeconds(10);
    private static final Duration WAIT_FOR_THUMBNAIL = Duration.ofSeconds(20);

    private final ObjectStore objects;
    private final MediaTable table;
    private final Answers answers;
    private final MediaIndex index;
    private final MediaThumbnails thumbnails;
    private final MediaLinks links;
    private final InstantSource clock;

    private MediaLibrary(
            ObjectStore objects,
            MediaTable table,
            Answers answers,
            MediaIndex index,
            MediaThumbnails thumbnails,
            MediaLinks links,
            InstantSource clock) {
        this.objects = objects;
        this.table = table;
        this.answers = answers;
        this.index = index;
        this.thumbnails = thumbnails;
        this.links = links;
        this.clock = clock;
    }

    /**
     * Begins to keep rows and thumbnails; everything that commits objects must do so through {@code objects}.
     *
     * @param secret that links are signed with, of {@link MediaLinks#SECRET_BYTES}
     */
    public static MediaLibrary open(
            MediaConfig config,
            ObservedObjects objects,
            Catalog catalog,
            RowStore rows,
            SqlEngine sql,
            byte[] secret,
            InstantSource clock) {
        MediaLinks links = MediaLinks.of(secret, clock, config.longestLink());
        MediaTable table = new MediaTable(catalog, rows);
        Answers answers = new Answers(sql);
        MediaThumbnails thumbnails = new MediaThumbnails(objects, config);
        MediaIndex index = new MediaIndex(objects, table, answers, config, thumbnails::look);
        objects.listen(index);
        thumbnails.start();
        index.start();
        return new MediaLibrary(objects, table, answers, index, thumbnails, links, clock);
    }

    public Bucket createBucket(String name, String owner) {
        return objects.createBucket(name, owner, BucketSettings.DEFAULT.withTags(Map.of(KIND_TAG, MEDIA_KIND)));
    }

    public List<Bucket> buckets() {
        return objects.buckets().stream().filter(MediaRef::mayBeIn).toList();
    }

    /** The store's own view of a media bucket, for listings and readings. */
    public ObjectStore in(String bucket) {
        if (objects.bucket(bucket).filter(MediaRef::mayBeIn).isEmpty()) {
            throw new VarveException(ErrorCode.NOT_FOUND, "there is no media bucket '" + bucket + "'")
                    .withHint("PUT /api/v1/media/" + bucket + " makes it; the tag " + KIND_TAG + "=" + MEDIA_KIND
                            + " makes a media bucket of one that is there");
        }
        return objects;
    }

    /** What was written, and its row; the row is empty when it will come later. */
    public record Put(StoredObject object, Optional<ObjectNode> row) {}

    /** Writes a medium and waits a little for its row; the medium is durable in any case. */
    public Put put(
            String bucket,
            ObjectKey key,
            String owner,
            @Nullable String contentType,
            GivenFacts given,
            Condition condition,
            InputStream bytes) {
        in(bucket);
        if (!ObjectKey.of(key.text()).equals(key)) {
            throw new VarveException(ErrorCode.BAD_REQUEST, "the key of a medium is UTF-8 text");
        }
        ObjectWrite write = ObjectWrite.of(bucket, key, owner)
                .withCondition(condition)
                .withMetadata(given.metadata())
                .withHeaders(contentType == null ? Map.of() : Map.of("content-type", contentType));
        StoredObject object = objects.put(write, new Checked(bytes));
        boolean isIndexed = await(index.upToDate(new MediaRef(bucket, key)), WAIT_FOR_ROW);
        return new Put(object, isIndexed ? row(bucket, key) : Optional.empty());
    }

    /** Asks the store for a SHA-256. */
    private record Checked(InputStream stream) implements Body {
        @Override
        public Set<ChecksumAlgorithm> algorithms() {
            return Set.of(ChecksumAlgorithm.SHA256);
        }

        @Override
        public void verify(Digests digests) {}
    }

    private static boolean await(CompletableFuture<Void> done, Duration most) {
        try {
            done.get(most.toMillis(), TimeUnit.MILLISECONDS);
            return true;
        } catch (ExecutionException | TimeoutException later) {
            // Logged where it failed; the next walk makes up for it.
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    /** Deletes a medium, and with it its row and thumbnails. */
    public void delete(String bucket, ObjectKey key, Condition condition) {
        find(bucket, key, Optional.empty());
        objects.change(bucket, List.of(new Change.Delete(key, Optional.empty(), condition, false)));
        var _ = await(index.upToDate(new MediaRef(bucket, key)), WAIT_FOR_ROW);
    }

    /** A medium's object; never a delete marker. */
    public StoredObject find(String bucket, ObjectKey key, Optional<String> versionId) {
        return in(bucket)
                .find(bucket, key, versionId)
                .filter(object -> !object.isDeleteMarker())
                .orElseThrow(() -> new ObjectException(
                        ObjectProblem.NO_SUCH_KEY, "there is no medium '" + key + "' in bucket " + bucket));
    }

    public ObjectReader open(String bucket, StoredObject object) {
        return objects.open(bucket, object);
    }

    /** Opens the thumbnail of a side, made now if it has not been. */
    public ObjectReader thumbnail(String bucket, ObjectKey key, int side) {
        if (!thumbnails.sides().contains(side)) {
            throw new VarveException(ErrorCode.BAD_REQUEST, "there are no thumbnails of " + side + " pixels")
                    .withHint("there are those of " + thumbnails.sides());
        }
        MediaRef ref = new MediaRef(bucket, key);
        StoredObject object = find(bucket, key, Optional.empty());
        Optional<StoredObject> found = thumbnails.find(ref, object, side);
        if (found.isEmpty() && thumbnails.refusal(ref, object).isEmpty()) {
            var _ = await(thumbnails.upToDate(ref), WAIT_FOR_THUMBNAIL);
            found = thumbnails.find(ref, object, side);
        }
        if (found.isPresent()) {
            return objects.open(MediaThumbnails.BUCKET, found.get());
        }
        throw thumbnails
                .refusal(ref, object)
                .map(reason -> new VarveException(ErrorCode.NOT_FOUND, "'" + key + "' has no thumbnail: " + reason))
                .orElseGet(() -> new VarveException(ErrorCode.OVERLOADED, "the thumbnail is not made yet")
                        .withHint("try again in a moment"));
    }

    /** A link's token and when it ends. */
    public record Link(String token, Instant expires) {}

    public Link link(String bucket, ObjectKey key, Duration time) {
        StoredObject object = find(bucket, key, Optional.empty());
        return link(bucket, key, object.versionId(), time);
    }

    private Link link(String bucket, ObjectKey key, String versionId, Duration time) {
        MediaLinks.Link link = links.make(new MediaRef(bucket, key), versionId, time);
        return new Link(link.token(), link.expires());
    }

    /** What a link leads to. */
    public record Linked(String bucket, StoredObject object) {}

    public Linked linked(String token) {
        MediaLinks.Target target = links.target(token);
        return new Linked(
                target.ref().bucket(),
                find(target.ref().bucket(), target.ref().key(), Optional.of(target.versionId())));
    }

    /** The rows that match, each with a link if a time is given. */
    public List<ObjectNode> search(MediaSearch search, @Nullable Duration linkTime) {
        List<ObjectNode> found = new ArrayList<>();
        if (table.isThere(MediaTable.MEDIA)) {
            List<@Nullable Object> params = new ArrayList<>();
            String sql = search.sql(params);
            answers.each(sql, params, row -> {
                ObjectNode json = json(row);
                if (linkTime != null) {
                    Link link = link(
                            json.path("bucket").asText(),
                            ObjectKey.of(json.path("key").asText()),
                            json.path("version").asText(),
                            linkTime);
                    json.put("link", link.token());
                }
                found.add(json);
            });
        }
        return found;
    }

    /** A medium's row, as JSON. */
    public Optional<ObjectNode> row(String bucket, ObjectKey key) {
        List<ObjectNode> found = new ArrayList<>();
        if (table.isThere(MediaTable.MEDIA)) {
            answers.each(
                    "SELECT " + MediaSearch.COLUMNS + " FROM media WHERE bucket = ? AND key = ?",
                    List.of(bucket, key.text()),
                    row -> found.add(json(row)));
        }
        return found.stream().findFirst();
    }

    private static ObjectNode json(Answers.Row row) {
        ObjectNode json = Json.object()
                .put("bucket", row.text("bucket"))
                .put("key", row.text("key"))
                .put("time", time(row, "time"))
                .put("lat", row.decimal("lat"))
                .put("lon", row.decimal("lon"))
                .put("cell", row.number("cell"))
                .put("version", row.text("version_id"))
                .put("size", row.number("size"))
                .put("type", row.text("type"))
                .put("kind", row.text("kind"))
                .put("checksum", row.text("checksum"))
                .put("owner", row.text("owner"))
                .put("width", row.number("width"))
                .put("height", row.number("height"))
                .put("duration", row.decimal("duration"))
                .put("altitude", row.decimal("altitude"))
                .put("timeSource", row.text("time_source"))
                .put("placeSource", row.text("place_source"))
                .put("uploaded", time(row, "uploaded"));
        String attributes = Objects.requireNonNullElse(row.text("attributes"), "{}");
        Json.parseObject(attributes.getBytes(StandardCharsets.UTF_8), "attributes")
                .members()
                .forEach(json.putObject("attributes")::set);
        return json;
    }

    private static @Nullable String time(Answers.Row row, String column) {
        Long micros = row.number(column);
        return micros == null ? null : MediaRows.text(MediaRows.instant(micros));
    }

    /**
     * Notes a reaction to a medium; returns it as JSON.
     *
     * @param id the same id again is the same reaction; null makes one up
     * @param time null means now
     */
    public ObjectNode react(
            String bucket,
            ObjectKey key,
            String kind,
            @Nullable String text,
            String who,
            @Nullable Instant time,
            @Nullable String id) {
        find(bucket, key, Optional.empty());
        if (!REACTIONS.contains(kind)) {
            throw new VarveException(ErrorCode.BAD_REQUEST, "kind is '" + kind + "'")
                    .withHint("use like, label or comment");
        }
        if (!kind.equals("like") && (text == null || text.isBlank())) {
            throw new VarveException(ErrorCode.BAD_REQUEST, "a " + kind + " needs a text");
        }
        String known = id == null ? UUID.randomUUID().toString() : id;
        ObjectNode row = Json.object()
                .put("time", MediaRows.text(time == null ? clock.instant() : time))
                .put("id", known)
                .put("bucket", bucket)
                .put("key", key.text())
                .put("kind", kind)
                .put("text", text)
                .put("who", who);
        table.write(MediaTable.REACTIONS, List.of(row), "reaction-" + Sha256.hex(known + row));
        return row;
    }

    /** The reactions to a medium, oldest first. */
    public List<ObjectNode> reactions(String bucket, ObjectKey key) {
        find(bucket, key, Optional.empty());
        List<ObjectNode> found = new ArrayList<>();
        if (table.isThere(MediaTable.REACTIONS)) {
            answers.each(
                    "SELECT time, id, kind, text, who FROM media_reactions WHERE bucket = ? AND key = ? ORDER BY time, id"
                            + " LIMIT " + MediaSearch.MOST,
                    List.of(bucket, key.text()),
                    row -> found.add(Json.object()
                            .put("time", time(row, "time"))
                            .put("id", row.text("id"))
                            .put("kind", row.text("kind"))
                            .put("text", row.text("text"))
                            .put("who", row.text("who"))));
        }
        return found;
    }

    /** Completes when rows equal objects as of now; failures complete it exceptionally. */
    public CompletableFuture<Void> reconcile() {
        return index.walk();
    }

    @Override
    public void close() {
        index.close();
        thumbnails.close();
    }
}
