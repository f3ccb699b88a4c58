package dev.varve.ingest;

import dev.varve.catalog.Snapshot;
import java.util.List;
import org.apache.arrow.vector.VectorSchemaRoot;

/** A snapshot and exactly the acknowledged rows that are not in it; both stay as they are until closed. */
public interface LiveView extends AutoCloseable {
    Snapshot snapshot();

    /**
     * Rows not yet in files, in the column order of {@code Schema.all()} and in the order of their versions. Valid until
     * the view is closed; not to be changed; may be read by several threads.
     */
    List<VectorSchemaRoot> batches();

    @Override
    void close();
}
