package dev.varve.query.plan;

import dev.varve.catalog.ScanPlan;
import java.util.List;
import org.apache.arrow.vector.VectorSchemaRoot;

/**
 * A leaf and what it reads in this run.
 *
 * @param files the files left after pruning
 * @param live rows not yet in files, in the column order of {@code Schema.all()}; of two rows of one key the one in the
 *     later batch, or later in its batch, holds; valid while the query runs
 */
public record LeafInput(LeafScan leaf, ScanPlan files, List<VectorSchemaRoot> live) {
    public LeafInput {
        live = List.copyOf(live);
    }
}
