package dev.varve.ingest;

import dev.varve.ingest.decode.RowError;
import java.util.List;

/**
 * What became of a body; its rows are durable.
 *
 * @param position of its last batch in the commit log, -1 when no row was accepted
 * @param duplicate whether every batch had been appended before, under the same idempotency key
 * @param errors the first ones, at most {@value Ack#MOST_ERRORS}
 * @param errorsTruncated whether there were more
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
}
