package dev.varve.catalog;

import dev.varve.model.Column;
import dev.varve.model.DatasetName;
import dev.varve.model.Schema;
import dev.varve.model.TimeGrain;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The lake's datasets. Every change is one atomic commit; readers hold immutable snapshots.
 *
 * <p>Thread-safe. Reads never wait for writes.
 */
public interface Catalog extends AutoCloseable {
    /** Creates a dataset; {@code grain} null means chosen from the data rate, and refined as it grows. */
    Dataset create(DatasetName name, Schema schema, @Nullable TimeGrain grain);

    Optional<Dataset> find(DatasetName name);

    /** Sorted by name. */
    List<Dataset> list();

    /** Removes the dataset and, after readers are done, its files. */
    void drop(DatasetName name);

    /** Adds columns at the end; old rows have null there. */
    Dataset addColumns(DatasetName name, List<Column> columns);

    /** The newest snapshot; never blocks on I/O for a dataset that was opened before. */
    Snapshot snapshot(DatasetName name);

    /**
     * Adds the files of one flush and records the log position (exclusive) below which all of the dataset's rows are in
     * files. {@code grain} becomes the dataset's grain when finer than before. One atomic commit.
     */
    Snapshot append(DatasetName name, List<DataFile> added, long logPosition, TimeGrain grain);

    /**
     * Replaces the files of a compaction by what it wrote, which never has more rows; fails with CONFLICT if one of them
     * is gone.
     */
    Snapshot replace(DatasetName name, List<DataFile> removed, List<DataFile> added);

    /**
     * Deletes blobs that nothing refers to any more and whose readers had their grace ({@code CatalogConfig}); returns how
     * many. To be called every minute or so.
     */
    int collectGarbage();

    @Override
    void close();
}
