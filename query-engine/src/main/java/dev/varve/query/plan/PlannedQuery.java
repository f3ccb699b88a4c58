package dev.varve.query.plan;

import dev.varve.model.space.Region;
import java.util.List;
import java.util.Map;
import org.apache.arrow.vector.types.pojo.Schema;

/**
 * A query cut into leaves, which read datasets, and the SQL that makes the answer of them.
 *
 * @param sql a DuckDB SELECT over the leaves' relations; its columns have the names of {@code columns}, in order, and types that
 *     can be cast to theirs
 * @param columns the answer's schema; names are unique, timestamps are {@code timestamp[us, UTC]}; empty if the answer is
 *     whatever {@code sql} gives, as it comes
 * @param regions what {@code varve_in_region} asks for, by its last argument; ids are unique in the process
 */
public record PlannedQuery(List<LeafScan> leaves, String sql, Schema columns, Map<Long, Region> regions) {
    public PlannedQuery {
        leaves = List.copyOf(leaves);
        regions = Map.copyOf(regions);
    }
}
