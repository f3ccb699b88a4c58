package dev.varve.sdk;

import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Which media are looked for: all, narrowed step by step. Newest first. */
public record MediaQuery(Map<String, String> parameters) {
    public static final MediaQuery ALL = new MediaQuery(Map.of());

    public MediaQuery {
        parameters = Map.copyOf(parameters);
    }

    private MediaQuery with(String name, String value) {
        Map<String, String> changed = new LinkedHashMap<>(parameters);
        changed.put(name, value);
        return new MediaQuery(changed);
    }

    public MediaQuery bucket(String bucket) {
        return with("bucket", bucket);
    }

    /** Keys that begin so. */
    public MediaQuery prefix(String prefix) {
        return with("prefix", prefix);
    }

    /** {@code image}, {@code video}, {@code audio}, {@code track} or {@code other}. */
    public MediaQuery kind(String kind) {
        return with("kind", kind);
    }

    /** From the first time on, up to but without the second; null leaves a side open. */
    public MediaQuery during(@Nullable Instant from, @Nullable Instant to) {
        MediaQuery narrowed = from == null ? this : with("from", from.toString());
        return to == null ? narrowed : narrowed.with("to", to.toString());
    }

    /** West greater than east crosses the antimeridian. */
    public MediaQuery bbox(double west, double south, double east, double north) {
        return with("bbox", west + "," + south + "," + east + "," + north);
    }

    public MediaQuery near(double lat, double lon, double metres) {
        return with("near", lat + "," + lon + "," + metres);
    }

    public MediaQuery limit(int most) {
        return with("limit", Integer.toString(most));
    }

    /** Each medium comes with a URL that is good for so long. */
    public MediaQuery withUrls(Duration time) {
        return with("url", time.toMillis() + "ms");
    }
}
