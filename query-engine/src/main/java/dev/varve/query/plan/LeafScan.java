package dev.varve.query.plan;

import dev.varve.catalog.Dataset;
import dev.varve.model.predicate.Predicate;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The part of a query that reads one dataset and can run where its files are.
 *
 * <p>Its relation is the dataset's rows that satisfy {@code filter}, with exactly {@code columns} in that order, and then,
 * if {@code reduce} is there, what that SQL makes of them. Expressions name the dataset's columns in double quotes,
 * without a qualifier.
 *
 * @param name {@code leaf_0}, {@code leaf_1}, …: the relation's name in {@link PlannedQuery#sql()}
 * @param columns columns of the dataset that are read beyond the filter, in schema order; when empty, only the
 *     number of rows matters and the relation has one column, of any name
 * @param filterColumns columns that {@code filter} names, in schema order
 * @param predicate follows from {@code filter}; for pruning only
 * @param keyFilter follows from {@code filter} and names only {@code time} and key columns, so that in a keyed dataset it
 *     may be applied before versions are merged; null when nothing follows
 * @param filter the whole condition, as a DuckDB expression; in a keyed dataset applied after merging; null for all rows
 * @param reduce a DuckDB SELECT over the relation {@code rows_0}, {@code rows_1}, … ({@link #rowsName()}): a partial
 *     aggregate or computed columns; null when the rows themselves are the relation
 */
public record LeafScan(
        String name,
        Dataset dataset,
        List<String> columns,
        List<String> filterColumns,
        Predicate predicate,
        @Nullable String keyFilter,
        @Nullable String filter,
        @Nullable String reduce) {
    public LeafScan {
        columns = List.copyOf(columns);
        filterColumns = List.copyOf(filterColumns);
        if (!name.startsWith("leaf_")) {
            throw new IllegalArgumentException("a leaf is not called " + name);
        }
    }

    /** The name under which {@link #reduce()} knows the filtered rows. */
    public String rowsName() {
        return "rows_" + name.substring("leaf_".length());
    }
}
