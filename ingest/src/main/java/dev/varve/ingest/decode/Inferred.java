package dev.varve.ingest.decode;

import dev.varve.model.Column;
import java.util.List;

/**
 * What a body seems to hold.
 *
 * @param columns own columns for a dataset that can take the body, under legal names
 * @param mapped which source column feeds which, time and place first, each with a sample
 * @param mapping the mapping to decode the body with: the given one, and the texts for no value that were found in
 *     columns of numbers, times or booleans ({@code NA}, {@code MM}, …)
 * @param rows how many rows were looked at
 */
public record Inferred(List<Column> columns, List<MappedColumn> mapped, Mapping mapping, long rows) {
    public Inferred {
        columns = List.copyOf(columns);
        mapped = List.copyOf(mapped);
    }
}
