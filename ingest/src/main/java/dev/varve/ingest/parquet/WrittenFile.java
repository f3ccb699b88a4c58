package dev.varve.ingest.parquet;

import dev.varve.catalog.DataFile;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What is known of a finished data file's rows.
 *
 * @param bytes size of the file
 * @param cells null when no row has a place
 */
public record WrittenFile(
        long rows,
        long bytes,
        long firstMicros,
        long lastMicros,
        DataFile.@Nullable CellBounds cells,
        Map<String, DataFile.ColumnBounds> columns) {
    public WrittenFile {
        columns = Map.copyOf(columns);
    }
}
