package dev.varve.server.console;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.varve.sdk.VarveClientException;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Reads a query's JSON answer row by row, with its statistics or error at the end. */
public final class JsonAnswer {
    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final Set<String> NUMBERS =
            Set.of("int", "long", "float", "double", "integer", "bigint", "real", "decimal", "smallint", "tinyint");

    /** Takes the rows one by one. */
    public interface RowSink {
        /** The cells of a row, null for null; answers whether to go on. */
        boolean take(List<TextTable.Header> headers, List<@Nullable String> row);
    }

    private final List<TextTable.Header> headers;
    private final JsonNode stats;

    private JsonAnswer(List<TextTable.Header> headers, JsonNode stats) {
        this.headers = headers;
        this.stats = stats;
    }

    public List<TextTable.Header> headers() {
        return headers;
    }

    /** The object {@code stats}; missing if reading stopped before it came. */
    public JsonNode stats() {
        return stats;
    }

    /** Gives each row to {@code sink} until it answers false. */
    public static JsonAnswer read(InputStream body, RowSink sink) throws IOException {
        List<TextTable.Header> headers = new ArrayList<>();
        JsonNode stats = MAPPER.missingNode();
        try (JsonParser json = MAPPER.createParser(body)) {
            json.nextToken();
            while (json.nextToken() == JsonToken.FIELD_NAME) {
                String field = json.currentName();
                json.nextToken();
                switch (field) {
                    case "columns" -> readHeaders(json.readValueAsTree(), headers);
                    case "rows" -> {
                        if (!readRows(json, headers, sink)) {
                            return new JsonAnswer(headers, stats);
                        }
                    }
                    case "stats" -> stats = json.readValueAsTree();
                    case "error" ->
                        throw VarveClientException.fromProblem(
                                json.readValueAsTree().toString());
                    default -> json.skipChildren();
                }
            }
            // The connection's own end must come too, or the node has cut it.
            json.nextToken();
        }
        return new JsonAnswer(headers, stats);
    }

    private static void readHeaders(JsonNode columns, List<TextTable.Header> headers) {
        for (JsonNode column : columns) {
            String type = column.path("type").asText().toLowerCase(Locale.ROOT);
            headers.add(new TextTable.Header(column.path("name").asText(), NUMBERS.contains(type)));
        }
    }

    private static boolean readRows(JsonParser json, List<TextTable.Header> headers, RowSink sink) throws IOException {
        while (json.nextToken() == JsonToken.START_ARRAY) {
            List<@Nullable String> row = new ArrayList<>();
            while (json.nextToken() != JsonToken.END_ARRAY) {
                row.add(cell(json));
            }
            if (!sink.take(headers, row)) {
                return false;
            }
        }
        return true;
    }

    private static @Nullable String cell(JsonParser json) throws IOException {
        return switch (json.currentToken()) {
            case VALUE_NULL -> null;
            case START_ARRAY, START_OBJECT -> json.readValueAsTree().toString();
            default -> json.getText();
        };
    }
}
