package dev.varve.sdk;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;

/**
 * What became of one body of rows.
 *
 * @param duplicate the body's idempotency key had been applied before
 * @param errors at most the first 100 rejected rows
 * @param errorsTruncated more rows were rejected than {@code errors} lists
 */
public record LoadReport(
        long accepted,
        long rejected,
        long position,
        boolean duplicate,
        List<RowError> errors,
        boolean errorsTruncated) {

    public LoadReport {
        errors = List.copyOf(errors);
    }

    /** Reads the answer to a POST of rows; the rows are numbered on from {@code rowsBefore}. */
    static LoadReport of(JsonNode answer, long rowsBefore) {
        return new LoadReport(
                Json.requiredLong(answer, "accepted"),
                Json.requiredLong(answer, "rejected"),
                answer.path("position").asLong(-1),
                answer.path("duplicate").asBoolean(false),
                errorsOf(answer, rowsBefore),
                answer.path("errorsTruncated").asBoolean(false));
    }

    static List<RowError> errorsOf(JsonNode answer, long rowsBefore) {
        List<RowError> errors = new ArrayList<>();
        for (JsonNode error : answer.path("errors")) {
            errors.add(new RowError(
                    error.path("row").asLong() + rowsBefore,
                    error.path("column").asText(""),
                    error.path("value").asText(""),
                    error.path("reason").asText("")));
        }
        return errors;
    }
}
