package dev.varve.sdk;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A medium as its row in the dataset {@code media} tells of it; null is what it does not say.
 *
 * @param time ISO 8601; null only while the row is being written
 * @param timeSource {@code given}, {@code exif} (said by the file itself) or {@code upload}
 * @param placeSource {@code given}, {@code exif}, {@code gpx} or null
 * @param duration seconds
 * @param attributes texts of JSON by name: strings without their quotes, everything else as JSON
 * @param url good for a while, if one was asked for
 */
public record MediaItem(
        String bucket,
        String key,
        @Nullable String time,
        @Nullable Double lat,
        @Nullable Double lon,
        @Nullable String version,
        @Nullable Long size,
        @Nullable String type,
        @Nullable String kind,
        @Nullable String checksum,
        @Nullable String owner,
        @Nullable Long width,
        @Nullable Long height,
        @Nullable Double duration,
        @Nullable String timeSource,
        @Nullable String placeSource,
        Map<String, String> attributes,
        @Nullable String url) {

    public MediaItem {
        attributes = Collections.unmodifiableMap(new TreeMap<>(attributes));
    }

    static MediaItem of(JsonNode node) {
        Map<String, String> attributes = new TreeMap<>();
        node.path("attributes")
                .properties()
                .forEach(one -> attributes.put(
                        one.getKey(),
                        one.getValue().isTextual()
                                ? one.getValue().textValue()
                                : one.getValue().toString()));
        return new MediaItem(
                node.path("bucket").asText(),
                node.path("key").asText(),
                Json.text(node, "time"),
                decimal(node, "lat"),
                decimal(node, "lon"),
                Json.text(node, "version"),
                Json.number(node, "size"),
                Json.text(node, "type"),
                Json.text(node, "kind"),
                Json.text(node, "checksum"),
                Json.text(node, "owner"),
                Json.number(node, "width"),
                Json.number(node, "height"),
                decimal(node, "duration"),
                Json.text(node, "timeSource"),
                Json.text(node, "placeSource"),
                attributes,
                Json.text(node, "url"));
    }

    private static @Nullable Double decimal(JsonNode node, String name) {
        JsonNode value = node.path(name);
        return value.isNumber() ? Double.valueOf(value.asDouble()) : null;
    }
}
