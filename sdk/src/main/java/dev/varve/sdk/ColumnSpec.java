package dev.varve.sdk;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import org.jspecify.annotations.Nullable;

/**
 * A column of a dataset.
 *
 * @param type {@code boolean int long float double string timestamp date binary}
 * @param unit UCUM code such as {@code Cel}, or null
 * @param standardName CF standard name such as {@code air_temperature}, or null
 * @param role {@code leading}, {@code own} or {@code system}; definitions hold own columns only
 */
public record ColumnSpec(
        String name,
        String type,
        @Nullable String unit,
        @Nullable String standardName,
        String role) {

    public ColumnSpec(String name, String type) {
        this(name, type, null, null, "own");
    }

    public ColumnSpec(String name, String type, @Nullable String unit) {
        this(name, type, unit, null, "own");
    }

    static ColumnSpec of(JsonNode node) {
        return new ColumnSpec(
                node.path("name").asText(),
                node.path("type").asText(),
                Json.text(node, "unit"),
                Json.text(node, "standardName"),
                node.path("role").asText("own"));
    }

    ObjectNode json() {
        ObjectNode node = Json.object().put("name", name).put("type", type);
        if (unit != null) {
            node.put("unit", unit);
        }
        if (standardName != null) {
            node.put("standardName", standardName);
        }
        return node;
    }
}
