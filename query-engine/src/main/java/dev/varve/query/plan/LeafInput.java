package dev.varve.query.plan;

import dev.varve.catalog.ScanPlan;
import java.nio.ByteBuffer;
import java.util.List;
import org.apache.arrow.vector.VectorSchemaRoot;

/**
 * A leaf and what it reads in this run.
 *
 * @param files the files left after pruning
 * @param live rows not yet in files, in the column order of {@code Schema.all()}; of two rows of one key the one in the
 *     later batch, or later in its batch, holds; valid while the query runs
 * @param computed if there are any, Arrow streams whose rows together are the leaf's relation: it is then neither read
 *     from files nor from live rows
 */
public record LeafInput(LeafScan leaf, ScanPlan files, List<VectorSchemaRoot> live, List<ByteBuffer> computed) {
    public LeafInput {
        live = List.copyOf(live);
        computed = List.copyOf(computed);
    }

    public LeafInput(LeafScan leaf, ScanPlan files, List<VectorSchemaRoot> live) {
        this(leaf, files, live, List.of());
    }
}
