package dev.varve.sdk;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A query to send.
 *
 * @param positional values of {@code ?}: String, Long, Integer, Double, Float, Boolean, Instant or null
 * @param named values of {@code :name}; a statement has positional or named values, not both
 * @param timeout after which the node gives up; null = the node's default
 * @param limit rows at most; null = all
 * @param id names the query for {@link Varve#cancel}
 */
public record Statement(
        String sql,
        List<@Nullable Object> positional,
        Map<String, @Nullable Object> named,
        @Nullable Duration timeout,
        @Nullable Long limit,
        String id) {

    public Statement {
        positional = Collections.unmodifiableList(new ArrayList<>(positional));
        named = Collections.unmodifiableMap(new LinkedHashMap<>(named));
        if (!positional.isEmpty() && !named.isEmpty()) {
            throw new IllegalArgumentException("a statement has positional or named parameters, not both");
        }
    }

    public static Statement of(String sql) {
        return new Statement(
                sql, List.of(), Map.of(), null, null, UUID.randomUUID().toString());
    }

    public Statement params(List<@Nullable Object> values) {
        return new Statement(sql, values, named, timeout, limit, id);
    }

    public Statement params(Map<String, @Nullable Object> values) {
        return new Statement(sql, positional, values, timeout, limit, id);
    }

    public Statement timeout(Duration most) {
        return new Statement(sql, positional, named, most, limit, id);
    }

    public Statement limit(long rows) {
        return new Statement(sql, positional, named, timeout, rows, id);
    }

    byte[] json(String format) {
        ObjectNode node = Json.object().put("sql", sql).put("format", format);
        if (!positional.isEmpty()) {
            ArrayNode values = node.putArray("params");
            positional.forEach(value -> values.addPOJO(wire(value)));
        } else if (!named.isEmpty()) {
            ObjectNode values = node.putObject("params");
            named.forEach((name, value) -> values.putPOJO(name, wire(value)));
        }
        if (timeout != null) {
            node.put("timeout", timeout.toMillis() + "ms");
        }
        if (limit != null) {
            node.put("limit", limit.longValue());
        }
        return Json.bytes(node);
    }

    private static @Nullable Object wire(@Nullable Object value) {
        if (value == null
                || value instanceof String
                || value instanceof Long
                || value instanceof Integer
                || value instanceof Double
                || value instanceof Float
                || value instanceof Boolean) {
            return value;
        }
        if (value instanceof Instant) {
            return value.toString();
        }
        throw new IllegalArgumentException(
                "a parameter is a String, Long, Integer, Double, Float, Boolean, Instant or null, not "
                        + value.getClass().getName());
    }
}
