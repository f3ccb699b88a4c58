package dev.varve.sdk;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a dataset is and holds.
 *
 * @param columns every column in stored order, each with its role
 * @param snapshotId of the latest commit, or null while there is none
 * @param logPosition up to which rows are in files, or null
 */
public record DatasetDescription(
        DatasetSummary summary,
        List<ColumnSpec> columns,
        List<String> key,
        int h3Resolution,
        String partition,
        @Nullable Long snapshotId,
        @Nullable Long logPosition) {

    public DatasetDescription {
        columns = List.copyOf(columns);
        key = List.copyOf(key);
    }

    public String name() {
        return summary.name();
    }

    static DatasetDescription of(JsonNode node) {
        List<ColumnSpec> columns = new ArrayList<>();
        node.path("columns").forEach(column -> columns.add(ColumnSpec.of(column)));
        List<String> key = new ArrayList<>();
        node.path("key").forEach(column -> key.add(column.asText()));
        return new DatasetDescription(
                DatasetSummary.of(node),
                columns,
                key,
                node.path("h3Resolution").asInt(DatasetSpec.DEFAULT_H3_RESOLUTION),
                node.path("partition").asText("auto"),
                Json.number(node, "snapshotId"),
                Json.number(node, "logPosition"));
    }
}
