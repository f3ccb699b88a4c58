package dev.varve.server.media;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What media are looked for; null and empty mean any.
 *
 * @param prefix of the key
 * @param from first time, inclusive
 * @param to last time, exclusive
 * @param bbox west, south, east, north in degrees; west greater than east crosses the antimeridian
 * @param near latitude, longitude and metres
 * @param kind such as {@code image}
 */
public record MediaSearch(
        @Nullable String bucket,
        @Nullable String prefix,
        @Nullable Instant from,
        @Nullable Instant to,
        List<Double> bbox,
        List<Double> near,
        @Nullable String kind,
        int limit) {
    public static final int MOST = 10_000;

    public MediaSearch {
        bbox = List.copyOf(bbox);
        near = List.copyOf(near);
    }

    static final String COLUMNS =
            "time, lat, lon, cell, bucket, key, version_id, size, type, kind, checksum, owner, width,"
                    + " height, duration, altitude, time_source, place_source, uploaded, attributes";

    /** The question, newest first, and the values of its marks. */
    String sql(List<@Nullable Object> params) {
        List<String> conditions = new ArrayList<>(List.of("1 = 1"));
        if (bucket != null) {
            conditions.add("bucket = ?");
            params.add(bucket);
        }
        if (prefix != null && !prefix.isEmpty()) {
            conditions.add("starts_with(key, ?)");
            params.add(prefix);
        }
        if (kind != null) {
            conditions.add("kind = ?");
            params.add(kind);
        }
        if (from != null) {
            conditions.add("time >= TIMESTAMP '" + literal(from) + "'");
        }
        if (to != null) {
            conditions.add("time < TIMESTAMP '" + literal(to) + "'");
        }
        if (bbox.size() == 4) {
            conditions.add("lat BETWEEN ? AND ?");
            params.add(bbox.get(1));
            params.add(bbox.get(3));
            conditions.add(bbox.get(0) <= bbox.get(2) ? "lon BETWEEN ? AND ?" : "(lon >= ? OR lon <= ?)");
            params.add(bbox.get(0));
            params.add(bbox.get(2));
        }
        if (near.size() == 3) {
            conditions.add("ST_DWithin(ST_Point(lon, lat), ST_Point(?, ?), ?)");
            params.add(near.get(1));
            params.add(near.get(0));
            params.add(near.get(2));
        }
        return "SELECT " + COLUMNS + " FROM media WHERE " + String.join(" AND ", conditions)
                + " ORDER BY time DESC, bucket, key LIMIT " + limit;
    }

    private static String literal(Instant time) {
        return MediaRows.text(time).replace('T', ' ').replace("Z", "");
    }
}
