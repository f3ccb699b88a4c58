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
 * <p>Where other processes change the same datasets, {@link #find}, {@link #list} and {@link #fresh} show every change that
 * was complete before the call; on a single node all reads do. Thread-safe. Reads never wait for writes.
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

    /** The newest snapshot this process knows of; never blocks on I/O for a dataset that was opened before. */
    Snapshot snapshot(DatasetName name);

    /** The newest snapshot of all; where other processes make some, one is looked for. */
    Snapshot fresh(DatasetName name);

    /**
     * Adds the files of one flush and records the log position (exclusive) below which all of the dataset's rows are in
     * files. {@code grain} becomes the dataset's grain when finer than before. One atomic commit.
     */
    Snapshot append(DatasetName name, List<DataFile> added, long logPosition, TimeGrain grain);

    /**
     * Likewise for one shard of a log that any of several processes may flush: fails with CONFLICT, and changes nothing, if
     * rows of the flush are already in files. The files become the newest run, whatever they say.
     */
    Snapshot append(DatasetName name, List<DataFile> added, ShardRange rows, TimeGrain grain);

    /**
     * Which part of a log a flush is of.
     *
     * @param from at most the position of its first row
     * @param to position below which all of the dataset's rows of this shard are in files, with this flush
     */
    record ShardRange(int shard, long from, long to) {
        public ShardRange {
            if (shard < 0 || from < 0 || from > to) {
                throw new IllegalArgumentException("shard " + shard + " from " + from + " to " + to);
            }
        }
    }

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
