package dev.varve.server.media;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import dev.varve.server.wire.Json;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What the writer of a medium says about it, kept as the object's own metadata; it wins over what the bytes say.
 *
 * @param zone of a camera's clock that says no offset; null when unknown
 * @param track key of the track, in the same bucket, that tells the place; null to look for one
 * @param attributes further texts by name
 */
public record GivenFacts(
        @Nullable Instant time,
        @Nullable Double lat,
        @Nullable Double lon,
        @Nullable ZoneId zone,
        @Nullable String track,
        Map<String, JsonNode> attributes) {
    private static final int MOST_ATTRIBUTE_BYTES = 8 << 10;

    /** What fits every format a row may be written in. */
    static final Instant FIRST = Instant.parse("0001-01-01T00:00:00Z");

    static final Instant LAST = Instant.parse("9999-01-01T00:00:00Z");

    public GivenFacts {
        attributes = Map.copyOf(attributes);
        if (time != null && (time.isBefore(FIRST) || !time.isBefore(LAST))) {
            throw bad("time " + time + " is out of range").withHint("years 1 to 9998 are taken");
        }
        if ((lat == null) != (lon == null)) {
            throw bad("a place needs both lat and lon");
        }
        if (lat != null && lon != null && !(Math.abs(lat) <= 90 && Math.abs(lon) <= 180)) {
            throw bad("place " + lat + ", " + lon + " is not on Earth");
        }
    }

    /** From texts, as a client sends them; {@code attributes} is a JSON object. */
    public static GivenFacts parse(
            @Nullable String time,
            @Nullable String lat,
            @Nullable String lon,
            @Nullable String zone,
            @Nullable String track,
            @Nullable String attributes) {
        return new GivenFacts(
                time == null ? null : instant(time),
                lat == null ? null : degrees("lat", lat),
                lon == null ? null : degrees("lon", lon),
                zone == null ? null : zone(zone),
                track,
                attributes == null ? Map.of() : attributes(attributes));
    }

    /** From an object's metadata, which anybody may have written by S3; what makes no sense is left to {@code notes}. */
    static GivenFacts of(Map<String, String> metadata, ObjectNode notes) {
        Map<String, JsonNode> attributes = new TreeMap<>();
        Map<String, String> known = new TreeMap<>();
        metadata.forEach((name, value) -> {
            switch (name) {
                case "time", "lat", "lon", "zone", "track", "attributes" -> known.put(name, value);
                default -> attributes.put(name, Json.object().textNode(value));
            }
        });
        GivenFacts found = new GivenFacts(null, null, null, null, known.get("track"), Map.of());
        try {
            attributes.putAll(attributes(known.getOrDefault("attributes", "{}")));
        } catch (VarveException e) {
            notes.put("attributes", e.getMessage());
        }
        try {
            found = parse(
                    known.get("time"), known.get("lat"), known.get("lon"), known.get("zone"), known.get("track"), null);
        } catch (VarveException e) {
            notes.put("given", e.getMessage());
        }
        return new GivenFacts(found.time, found.lat, found.lon, found.zone, found.track, attributes);
    }

    /** As the metadata of an object. */
    public Map<String, String> metadata() {
        Map<String, String> metadata = new TreeMap<>();
        if (time != null) {
            metadata.put("time", time.toString());
        }
        if (lat != null && lon != null) {
            metadata.put("lat", lat.toString());
            metadata.put("lon", lon.toString());
        }
        if (zone != null) {
            metadata.put("zone", zone.getId());
        }
        if (track != null) {
            metadata.put("track", track);
        }
        if (!attributes.isEmpty()) {
            ObjectNode json = Json.object();
            new TreeMap<>(attributes).forEach(json::set);
            metadata.put("attributes", new String(Json.bytes(json), StandardCharsets.UTF_8));
        }
        return metadata;
    }

    /** ISO 8601: with an offset, or UTC without one. */
    public static Instant instant(String text) {
        String time = text.strip().replace(' ', 'T');
        try {
            if (time.length() == 10) {
                return LocalDate.parse(time).atStartOfDay().toInstant(ZoneOffset.UTC);
            }
            return time.endsWith("Z") || time.matches(".*[+-]\\d\\d:?\\d\\d$")
                    ? OffsetDateTime.parse(time).toInstant()
                    : LocalDateTime.parse(time).toInstant(ZoneOffset.UTC);
        } catch (DateTimeException e) {
            throw bad("time '" + shortened(text) + "' is none").withHint("use for example 2021-07-10T20:32:43Z");
        }
    }

    private static Double degrees(String name, String text) {
        try {
            return Double.valueOf(text.strip());
        } catch (NumberFormatException e) {
            throw bad(name + " '" + shortened(text) + "' is not a number");
        }
    }

    private static ZoneId zone(String text) {
        try {
            return ZoneId.of(text.strip());
        } catch (DateTimeException e) {
            throw bad("zone '" + shortened(text) + "' is unknown").withHint("use for example Europe/Zurich or +02:00");
        }
    }

    private static Map<String, JsonNode> attributes(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        if (bytes.length > MOST_ATTRIBUTE_BYTES) {
            throw bad("attributes have " + bytes.length + " bytes; at most " + MOST_ATTRIBUTE_BYTES + " are taken");
        }
        return Json.parseObject(bytes, "attributes").members();
    }

    private static String shortened(String text) {
        return text.length() <= 60 ? text : text.substring(0, 60) + "…";
    }

    private static VarveException bad(String message) {
        return new VarveException(ErrorCode.BAD_REQUEST, message);
    }
}
