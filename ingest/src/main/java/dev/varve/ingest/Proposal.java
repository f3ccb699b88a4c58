package dev.varve.ingest;

import dev.varve.ingest.decode.MappedColumn;
import dev.varve.ingest.decode.Mapping;
import dev.varve.ingest.decode.RowError;
import dev.varve.model.Schema;
import java.util.List;

/**
 * What loading a body would do.
 *
 * @param schema of the dataset that is there, else one that can take the body, without key
 * @param mapping which source column feeds which
 * @param decoding the mapping to load the body with: the given one, and texts for no value that were found in it
 * @param rows in the body, those that would be left out included
 * @param errors the first ones, at most {@value Ack#MOST_ERRORS}
 */
public record Proposal(
        Schema schema, List<MappedColumn> mapping, Mapping decoding, long rows, long rejected, List<RowError> errors) {
    public Proposal {
        mapping = List.copyOf(mapping);
        errors = List.copyOf(errors);
    }
}
