package dev.varve.catalog;

import dev.varve.model.Schema;
import dev.varve.model.TimeGrain;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * One immutable Parquet file of a dataset and what is known about its rows.
 *
 * @param blob name in the blob store
 * @param rows number of rows, at least 1
 * @param bytes size of the file
 * @param run the flush or compaction that wrote it: files of one run never hold two rows of one key, and of two runs the
 *     higher one was written later, its rows replace those of the lower one
 * @param grain how its partition is cut
 * @param bucket which bucket of that grain all its rows are in
 * @param firstMicros earliest {@code time}, inclusive
 * @param lastMicros latest {@code time}, inclusive
 * @param cells lowest and highest {@code cell}, or null when no row has a place
 * @param columns bounds per column that has any, but not of {@code time} and {@code cell}, which are above; columns
 *     without entry have no known bounds
 */
public record DataFile(
        String blob,
        long rows,
        long bytes,
        long run,
        TimeGrain grain,
        int bucket,
        long firstMicros,
        long lastMicros,
        @Nullable CellBounds cells,
        Map<String, ColumnBounds> columns) {
    /** Lowest and highest cell, both included. */
    public record CellBounds(long first, long last) {}

    /**
     * What is known of a column's values in a file.
     *
     * @param low null when all values are null; types as in {@code Predicate.Between}; strings may be cut short, low
     *     downwards and high upwards
     * @param nulls how many values are null; -1 when not known
     */
    public record ColumnBounds(
            @Nullable Comparable<?> low, @Nullable Comparable<?> high, long nulls) {}

    public DataFile {
        columns = columns.entrySet().stream()
                .filter(entry -> !entry.getKey().equals(Schema.TIME.name())
                        && !entry.getKey().equals(Schema.CELL.name()))
                .collect(Collectors.toUnmodifiableMap(Map.Entry::getKey, Map.Entry::getValue));
        if (rows < 1 || firstMicros > lastMicros) {
            throw new IllegalArgumentException(
                    blob + " has " + rows + " rows from " + firstMicros + " to " + lastMicros);
        }
    }

    /** The same file as part of another run. */
    DataFile withRun(long other) {
        return new DataFile(blob, rows, bytes, other, grain, bucket, firstMicros, lastMicros, cells, columns);
    }
}
