package dev.varve.server.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.varve.blobstore.media.MediaType;
import dev.varve.blobstore.object.Condition;
import dev.varve.blobstore.object.ObjectKey;
import dev.varve.blobstore.object.ObjectReader;
import dev.varve.blobstore.object.StoredObject;
import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import dev.varve.server.media.GivenFacts;
import dev.varve.server.media.MediaLibrary;
import dev.varve.server.media.MediaSearch;
import dev.varve.server.wire.Fields;
import dev.varve.server.wire.Json;
import dev.varve.server.wire.Texts;
import dev.varve.server.wire.Units;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Media: put, read, listed, searched, linked, remarked upon. */
final class MediaEndpoint {
    private static final int KEY_SLASHES = 5;
    private static final String REACTIONS = "/reactions";
    private static final int USUAL_PAGE = 1000;
    private static final int USUAL_FOUND = 100;
    private static final long MOST_BYTES = 5L << 40;

    private final MediaLibrary media;

    MediaEndpoint(MediaLibrary media) {
        this.media = media;
    }

    /** Who says to be asking; nobody checks it, as the node has no accounts yet. */
    static String user(Call call) {
        String user = call.requestHeader("X-Varve-User");
        return user == null ? "anonymous" : Texts.token("X-Varve-User", user);
    }

    private static ObjectKey key(Call call) {
        return RawPath.key(call.exchange(), KEY_SLASHES, "");
    }

    void createBucket(Call call) throws IOException {
        call.parameters().end();
        if (call.smallBody().length > 0) {
            throw new VarveException(ErrorCode.BAD_REQUEST, "a media bucket is made without a body")
                    .withHint("a medium needs a key: /api/v1/media/" + Call.shortened(call.pathValue()) + "/KEY");
        }
        String name = media.createBucket(call.pathValue(), user(call)).name();
        call.json(201, Json.object().put("name", name));
    }

    void post(Call call) throws IOException {
        if (call.exchange().getRequestURI().endsWith(REACTIONS)) {
            react(call);
        } else {
            put(call);
        }
    }

    void put(Call call) throws IOException {
        Parameters parameters = call.parameters();
        GivenFacts given = GivenFacts.parse(
                given(call, parameters, "time", "X-Varve-Time"),
                given(call, parameters, "lat", "X-Varve-Lat"),
                given(call, parameters, "lon", "X-Varve-Lon"),
                given(call, parameters, "zone", "X-Varve-Zone"),
                given(call, parameters, "track", "X-Varve-Track"),
                given(call, parameters, "attributes", "X-Varve-Attributes"));
        parameters.end();
        String type = call.contentType();
        Condition condition = ObjectAnswer.condition(call);
        MediaLibrary.Put put;
        try (InputStream body = call.body(MOST_BYTES)) {
            put = media.put(
                    call.pathValue(), key(call), user(call), type.isEmpty() ? null : type, given, condition, body);
        }
        ObjectAnswer.describe(call, put.object());
        ObjectNode answer = put.row()
                .orElseGet(() -> Json.object()
                        .put("bucket", call.pathValue())
                        .put("key", put.object().key().text())
                        .put("version", put.object().versionId())
                        .put("size", put.object().size())
                        .put("row", "pending"));
        call.json(201, answer);
    }

    private static @Nullable String given(Call call, Parameters parameters, String name, String header) {
        String parameter = parameters.take(name);
        return parameter == null ? call.requestHeader(header) : parameter;
    }

    void get(Call call) throws IOException {
        Parameters parameters = call.parameters();
        Long side = parameters.takeNumber("thumbnail");
        String link = parameters.take("url");
        boolean isRow = parameters.takeFlag("row");
        boolean isReactions = parameters.takeFlag("reactions");
        String version = parameters.take("version");
        parameters.end();
        String bucket = call.pathValue();
        ObjectKey key = key(call);
        if (side != null) {
            int wanted = Math.clamp(side, 0, Integer.MAX_VALUE);
            ObjectAnswer.send(call, media.thumbnail(bucket, key, wanted), "image/jpeg");
        } else if (link != null) {
            MediaLibrary.Link made = media.link(bucket, key, Units.duration("url", link));
            call.json(
                    200,
                    Json.object()
                            .put("url", url(call, made.token()))
                            .put("expires", made.expires().toString()));
        } else if (isRow) {
            media.find(bucket, key, Optional.empty());
            call.json(
                    200,
                    media.row(bucket, key)
                            .orElseThrow(() -> new VarveException(
                                            ErrorCode.OVERLOADED,
                                            "the row of '" + Call.shortened(key.text()) + "' is not there yet")
                                    .withHint("try again in a moment")));
        } else if (isReactions) {
            ArrayNode list = Json.object().putArray("reactions");
            media.reactions(bucket, key).forEach(list::add);
            ObjectNode json = Json.object();
            json.set("reactions", list);
            call.json(200, json);
        } else {
            send(call, bucket, media.find(bucket, key, Optional.ofNullable(version)));
        }
    }

    void linked(Call call) throws IOException {
        call.parameters().end();
        MediaLibrary.Linked linked = media.linked(call.pathValue());
        send(call, linked.bucket(), linked.object());
    }

    private void send(Call call, String bucket, StoredObject object) throws IOException {
        ObjectReader reader = media.open(bucket, object);
        String declared = object.headers().getOrDefault("content-type", "");
        boolean isTold = !declared.isEmpty()
                && !declared.equals("application/octet-stream")
                && !declared.equals("binary/octet-stream");
        ObjectAnswer.send(call, reader, isTold ? declared : sniffed(reader));
    }

    private static String sniffed(ObjectReader reader) {
        try {
            byte[] head = new byte
                    [(int) Math.min(MediaType.HEAD_BYTES, reader.object().size())];
            if (head.length > 0) {
                reader.read(0, ByteBuffer.wrap(head));
            }
            return MediaType.of(head).mime();
        } catch (RuntimeException e) {
            reader.close();
            throw e;
        }
    }

    private static String url(Call call, String token) {
        return "http://" + call.exchange().getHostAndPort() + "/api/v1/media-links/" + token;
    }

    void delete(Call call) {
        call.parameters().end();
        media.delete(call.pathValue(), key(call), ObjectAnswer.condition(call));
        call.empty(204);
    }

    void list(Call call) {
        Parameters parameters = call.parameters();
        String prefix = parameters.take("prefix");
        String after = parameters.take("after");
        int limit = KeyValueEndpoint.limit(parameters, USUAL_PAGE, MediaSearch.MOST);
        parameters.end();
        String bucket = call.pathValue();
        call.json(200, KeyValueEndpoint.listing(media.in(bucket), bucket, prefix, after, limit, "media"));
    }

    void search(Call call) {
        Parameters parameters = call.parameters();
        String from = parameters.take("from");
        String to = parameters.take("to");
        String link = parameters.take("url");
        MediaSearch search = new MediaSearch(
                parameters.take("bucket"),
                parameters.take("prefix"),
                from == null ? null : GivenFacts.instant(from),
                to == null ? null : GivenFacts.instant(to),
                numbers(parameters, "bbox", 4, "west,south,east,north"),
                numbers(parameters, "near", 3, "lat,lon,metres"),
                parameters.take("kind"),
                KeyValueEndpoint.limit(parameters, USUAL_FOUND, MediaSearch.MOST));
        parameters.end();
        Duration linkTime = link == null ? null : Units.duration("url", link);
        ObjectNode json = Json.object();
        ArrayNode found = json.putArray("media");
        for (ObjectNode row : media.search(search, linkTime)) {
            JsonNode token = row.remove("link");
            if (token != null) {
                row.put("url", url(call, token.asText()));
            }
            found.add(row);
        }
        call.json(200, json);
    }

    void buckets(Call call) {
        call.parameters().end();
        ObjectNode json = Json.object();
        ArrayNode buckets = json.putArray("buckets");
        media.buckets()
                .forEach(bucket -> buckets.addObject()
                        .put("name", bucket.name())
                        .put("owner", bucket.owner())
                        .put("created", bucket.created().toString()));
        call.json(200, json);
    }

    private static List<Double> numbers(Parameters parameters, String name, int count, String form) {
        String text = parameters.take(name);
        if (text == null) {
            return List.of();
        }
        List<Double> numbers = new ArrayList<>();
        try {
            for (String number : text.split(",", -1)) {
                double value = Double.parseDouble(number.strip());
                if (Double.isFinite(value)) {
                    numbers.add(value);
                }
            }
        } catch (NumberFormatException e) {
            numbers.clear();
        }
        if (numbers.size() != count) {
            throw new VarveException(ErrorCode.BAD_REQUEST, "parameter " + name + " is '" + Call.shortened(text) + "'")
                    .withHint("it must be " + form);
        }
        return numbers;
    }

    private void react(Call call) throws IOException {
        call.parameters().end();
        ObjectKey key = RawPath.key(call.exchange(), KEY_SLASHES, REACTIONS);
        Fields fields = Json.parseObject(call.smallBody(), "the reaction");
        String kind = fields.requiredText("kind");
        String text = fields.text("text");
        String who = fields.text("who");
        String when = fields.text("when");
        String id = fields.text("id");
        fields.end();
        call.json(
                201,
                media.react(
                        call.pathValue(),
                        key,
                        kind,
                        text,
                        who == null ? user(call) : who,
                        when == null ? null : GivenFacts.instant(when),
                        id == null ? null : Texts.token("id", id)));
    }
}
