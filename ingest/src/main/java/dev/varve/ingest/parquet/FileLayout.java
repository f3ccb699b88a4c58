package dev.varve.ingest.parquet;

import dev.varve.model.Column;
import java.util.List;
import java.util.Set;

/**
 * How rows are laid out in a data file.
 *
 * @param fields columns in file order
 * @param bloomed names of columns that get a Bloom filter
 * @param rowGroupRows most rows of a row group
 * @param pageRows most rows of a page
 */
public record FileLayout(List<Field> fields, Set<String> bloomed, int rowGroupRows, int pageRows, Codec codec) {
    /** A row number fits into 16 bits, see {@link RowSource}. */
    public static final int MOST_ROW_GROUP_ROWS = 1 << 20;

    /** A column with its Iceberg field id. */
    public record Field(Column column, int id, Presence presence) {
        boolean isOptional() {
            return presence == Presence.OPTIONAL;
        }
    }

    /** Whether a column may hold nulls. */
    public enum Presence {
        REQUIRED,
        OPTIONAL
    }

    public FileLayout {
        fields = List.copyOf(fields);
        bloomed = Set.copyOf(bloomed);
        if (rowGroupRows < 1 || rowGroupRows > MOST_ROW_GROUP_ROWS || pageRows < 1) {
            throw new IllegalArgumentException(rowGroupRows + " rows a row group, " + pageRows + " a page");
        }
    }
}
