package dev.varve.sdk;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What the sender says about a medium; it wins over what the file says. Null and empty leave it to the file.
 *
 * @param zone of a camera's clock that says no offset, such as {@code Europe/Zurich}
 * @param owner null for nobody in particular
 */
public record MediaFacts(
        @Nullable Instant time,
        @Nullable Double lat,
        @Nullable Double lon,
        @Nullable String zone,
        @Nullable String owner,
        Map<String, String> attributes) {
    /** Everything is in the file. */
    public static final MediaFacts NONE = new MediaFacts(null, null, null, null, null, Map.of());

    public MediaFacts {
        attributes = Map.copyOf(attributes);
    }

    public static MediaFacts at(Instant time, double lat, double lon) {
        return new MediaFacts(time, lat, lon, null, null, Map.of());
    }

    public MediaFacts withZone(String changed) {
        return new MediaFacts(time, lat, lon, changed, owner, attributes);
    }

    public MediaFacts withOwner(String changed) {
        return new MediaFacts(time, lat, lon, zone, changed, attributes);
    }

    public MediaFacts withAttributes(Map<String, String> changed) {
        return new MediaFacts(time, lat, lon, zone, owner, changed);
    }

    Map<String, String> parameters() {
        Map<String, String> parameters = new LinkedHashMap<>();
        if (time != null) {
            parameters.put("time", time.toString());
        }
        if (lat != null) {
            parameters.put("lat", lat.toString());
        }
        if (lon != null) {
            parameters.put("lon", lon.toString());
        }
        if (zone != null) {
            parameters.put("zone", zone);
        }
        if (!attributes.isEmpty()) {
            ObjectNode json = Json.object();
            attributes.forEach(json::put);
            parameters.put("attributes", new String(Json.bytes(json), StandardCharsets.UTF_8));
        }
        return parameters;
    }

    Map<String, String> headers() {
        return owner == null ? Map.of() : Map.of("X-Varve-User", owner);
    }
}
