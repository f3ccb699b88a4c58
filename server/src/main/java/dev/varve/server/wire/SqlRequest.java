package dev.varve.server.wire;

import com.fasterxml.jackson.databind.JsonNode;
import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A question in SQL as a client sent it.
 *
 * @param positional values for {@code ?}; String, Long, Double, Boolean or null
 * @param named values for {@code :name}; empty when positional ones are given
 * @param format the name of the format asked for, or null
 * @param timeout null when the node's default holds
 * @param limit most rows wanted, {@link Long#MAX_VALUE} for all
 */
public record SqlRequest(
        String sql,
        List<@Nullable Object> positional,
        Map<String, @Nullable Object> named,
        @Nullable String format,
        @Nullable Duration timeout,
        long limit) {
    private static final int MOST_PARAMS = 10_000;

    public SqlRequest {
        positional = Collections.unmodifiableList(new ArrayList<>(positional));
        named = Collections.unmodifiableMap(new LinkedHashMap<>(named));
        if (sql.isBlank()) {
            throw new VarveException(ErrorCode.SQL_PARSE, "the SQL text is empty")
                    .withHint("send for example SELECT 1");
        }
        if (limit < 0) {
            throw new VarveException(ErrorCode.BAD_REQUEST, "limit is " + limit + "; it must be at least 0");
        }
        if (timeout != null && (timeout.isZero() || timeout.isNegative())) {
            throw new VarveException(ErrorCode.BAD_REQUEST, "timeout is " + timeout + "; it must be more than 0");
        }
    }

    public static SqlRequest ofSql(String sql) {
        return new SqlRequest(sql, List.of(), Map.of(), null, null, Long.MAX_VALUE);
    }

    /** From {@code {"sql", "params", "format", "timeout", "limit"}}. */
    public static SqlRequest ofJson(byte[] json) {
        Fields fields = Json.parseObject(json, "the request");
        String sql = fields.requiredText("sql");
        JsonNode params = fields.any("params");
        String format = fields.text("format");
        Duration timeout = timeout(fields.any("timeout"), fields);
        long limit = fields.number("limit", Long.MAX_VALUE);
        fields.end();
        if (params != null && params.size() > MOST_PARAMS) {
            throw new VarveException(
                    ErrorCode.TOO_LARGE, params.size() + " params; at most " + MOST_PARAMS + " are allowed");
        }
        if (params == null) {
            return new SqlRequest(sql, List.of(), Map.of(), format, timeout, limit);
        }
        if (params.isArray()) {
            List<@Nullable Object> positional = new ArrayList<>();
            for (JsonNode param : params) {
                positional.add(value("param " + (positional.size() + 1), param));
            }
            return new SqlRequest(sql, positional, Map.of(), format, timeout, limit);
        }
        if (params.isObject()) {
            Map<String, @Nullable Object> named = new LinkedHashMap<>();
            params.properties()
                    .forEach(param ->
                            named.put(param.getKey(), value("param '" + param.getKey() + "'", param.getValue())));
            return new SqlRequest(sql, List.of(), named, format, timeout, limit);
        }
        throw fields.wrongType("params", params, "an array for ? or an object for :name");
    }

    /** From JSON when it begins like an object, else the bare SQL; no statement begins with a brace. */
    public static SqlRequest ofJsonOrSql(byte[] bytes) {
        String text = Texts.utf8(bytes, "the SQL text");
        return text.stripLeading().startsWith("{") ? ofJson(bytes) : ofSql(text);
    }

    /** The same question with those of format, timeout and limit replaced that are given. */
    public SqlRequest with(@Nullable String newFormat, @Nullable Duration newTimeout, @Nullable Long newLimit) {
        return new SqlRequest(
                sql,
                positional,
                named,
                newFormat == null ? format : newFormat,
                newTimeout == null ? timeout : newTimeout,
                newLimit == null ? limit : newLimit);
    }

    private static @Nullable Duration timeout(@Nullable JsonNode timeout, Fields fields) {
        if (timeout == null) {
            return null;
        }
        if (!timeout.isTextual()) {
            throw fields.wrongType("timeout", timeout, "a string such as \"30s\"");
        }
        return Units.duration("timeout", timeout.textValue());
    }

    private static @Nullable Object value(String name, JsonNode param) {
        return switch (param.getNodeType()) {
            case NULL -> null;
            case STRING -> param.textValue();
            case BOOLEAN -> param.booleanValue();
            case NUMBER -> {
                if (param.isIntegralNumber()) {
                    if (!param.canConvertToLong()) {
                        throw new VarveException(
                                ErrorCode.BAD_REQUEST, name + " " + param + " does not fit into 64 bits");
                    }
                    yield param.longValue();
                }
                double number = param.doubleValue();
                if (!Double.isFinite(number)) {
                    throw new VarveException(ErrorCode.BAD_REQUEST, name + " " + param + " is out of range");
                }
                yield number;
            }
            case ARRAY, OBJECT, BINARY, POJO, MISSING ->
                throw new VarveException(ErrorCode.BAD_REQUEST, name + " is an array or object")
                        .withHint("a param is a string, a number, true, false or null");
        };
    }
}
