package dev.varve.sdk;

import com.fasterxml.jackson.databind.JsonNode;
import org.jspecify.annotations.Nullable;

/**
 * One line of the list of datasets.
 *
 * @param rows all rows, flushed or not
 * @param timeMin ISO 8601, or null while the dataset is empty
 */
public record DatasetSummary(
        String name,
        long rows,
        long unflushedRows,
        long files,
        long bytes,
        @Nullable String timeMin,
        @Nullable String timeMax) {

    static DatasetSummary of(JsonNode node) {
        return new DatasetSummary(
                node.path("name").asText(),
                node.path("rows").asLong(),
                node.path("unflushedRows").asLong(),
                node.path("files").asLong(),
                node.path("bytes").asLong(),
                Json.text(node, "timeMin"),
                Json.text(node, "timeMax"));
    }
}
