package dev.varve.query;

import dev.varve.catalog.Dataset;
import dev.varve.catalog.Snapshot;
import java.nio.file.Path;
import java.util.List;
import org.apache.arrow.vector.VectorSchemaRoot;

/** Where the engine finds datasets; the composition root plugs it in. */
public interface Tables {
    /** All datasets, for name resolution. Never waits for I/O. */
    List<Dataset> datasets();

    /** A consistent view of a dataset: a snapshot and exactly the acknowledged rows that are not in it. */
    View open(Dataset dataset);

    /** The file of a blob, verified, to be opened in place. */
    Path localPath(String blob);

    /** Holds its rows in memory until closed. */
    interface View extends AutoCloseable {
        Snapshot snapshot();

        /**
         * Rows not yet in files, in the column order of {@code Schema.all()}; later batches replace earlier ones by key.
         * Valid until the view is closed; not to be changed; may be read by several threads.
         */
        List<VectorSchemaRoot> live();

        @Override
        void close();
    }
}
