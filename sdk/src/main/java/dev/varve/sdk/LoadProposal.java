package dev.varve.sdk;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What loading a body would do.
 *
 * @param dataset as it is, or as it would be created
 * @param rows good rows of the body
 */
public record LoadProposal(
        DatasetDescription dataset, List<Mapped> mapping, long rows, long rejected, List<RowError> errors) {

    /**
     * Where one source column goes.
     *
     * @param sample a value of it, or null
     */
    public record Mapped(
            String source,
            String target,
            String type,
            @Nullable String sample) {}

    public LoadProposal {
        mapping = List.copyOf(mapping);
        errors = List.copyOf(errors);
    }

    static LoadProposal of(JsonNode answer) {
        List<Mapped> mapping = new ArrayList<>();
        for (JsonNode column : answer.path("mapping")) {
            mapping.add(new Mapped(
                    column.path("source").asText(),
                    column.path("target").asText(),
                    column.path("type").asText(),
                    Json.text(column, "sample")));
        }
        return new LoadProposal(
                DatasetDescription.of(answer.path("dataset")),
                mapping,
                Json.requiredLong(answer, "rows"),
                answer.path("rejected").asLong(),
                LoadReport.errorsOf(answer, 0));
    }
}
