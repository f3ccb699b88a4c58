package dev.varve.model;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * The columns of a dataset and what identifies its rows.
 *
 * <p>Every dataset has {@link #LEADING} before and {@link #SYSTEM} after its own columns; {@link #all()} is the order of
 * rows in memory, in the log and in files.
 *
 * @param columns the dataset's own columns, without the ones every dataset has
 * @param key own columns that, together with {@code time}, identify a row; a later row with the same key replaces the
 *     earlier one; empty when every row stands for itself
 * @param h3Resolution resolution of {@code cell}, 0 to 15
 */
public record Schema(List<Column> columns, List<String> key, int h3Resolution) {
    public static final int DEFAULT_H3_RESOLUTION = 9;
    public static final int MAX_COLUMNS = 1_000;

    /** Observation time; never null. */
    public static final Column TIME = new Column("time", ColumnType.TIMESTAMP);
    /** WGS84 latitude in degrees, -90 to 90; null when the row has no place. */
    public static final Column LAT = new Column("lat", ColumnType.DOUBLE, "deg", "latitude");
    /** WGS84 longitude in degrees, -180 to 180; null when the row has no place. */
    public static final Column LON = new Column("lon", ColumnType.DOUBLE, "deg", "longitude");
    /** H3 cell of (lat, lon) at the dataset's resolution; derived, never sent; null when the row has no place. */
    public static final Column CELL = new Column("cell", ColumnType.LONG);
    /** When the row was acknowledged. */
    public static final Column RECORDED_AT = new Column("recorded_at", ColumnType.TIMESTAMP);
    /** Log position of the row's batch; of two rows with one key the higher version holds. */
    public static final Column VERSION = new Column("version", ColumnType.LONG);

    /**
     * Marks rows as deleted, in datasets that have a key and choose to have this own column: where it is true, queries that
     * do not name the column do not see the row.
     */
    public static final Column DELETED = new Column("_deleted", ColumnType.BOOLEAN);

    public static final List<Column> LEADING = List.of(TIME, LAT, LON, CELL);
    public static final List<Column> SYSTEM = List.of(RECORDED_AT, VERSION);

    public Schema {
        columns = List.copyOf(columns);
        key = List.copyOf(key);
        if (h3Resolution < 0 || h3Resolution > 15) {
            throw mismatch("h3Resolution is " + h3Resolution + "; it must be 0 to 15");
        }
        if (columns.size() > MAX_COLUMNS) {
            throw mismatch(columns.size() + " columns; at most " + MAX_COLUMNS + " are allowed");
        }
        Set<String> names = new HashSet<>();
        Stream.concat(LEADING.stream(), SYSTEM.stream()).map(Column::name).forEach(names::add);
        for (Column column : columns) {
            if (!names.add(column.name())) {
                throw mismatch("column '" + column.name() + "' is there twice, or is one every dataset has");
            }
        }
        for (String name : key) {
            Column column = columns.stream()
                    .filter(candidate -> candidate.name().equals(name))
                    .findFirst()
                    .orElseThrow(() -> mismatch("key column '" + name + "' is not one of the dataset's own columns"));
            switch (column.type()) {
                case STRING, LONG, INT, BOOLEAN, DATE, TIMESTAMP -> {}
                case FLOAT, DOUBLE, BINARY ->
                    throw mismatch("key column '" + name + "' is "
                            + column.type().label() + "; a key is a string, a whole number, a boolean or a time");
            }
        }
        if (new HashSet<>(key).size() != key.size()) {
            throw mismatch("a key column is named twice: " + key);
        }
    }

    public boolean isKeyed() {
        return !key.isEmpty();
    }

    /** Every column in storage order: leading, own, system. */
    public List<Column> all() {
        List<Column> all = new ArrayList<>(LEADING);
        all.addAll(columns);
        all.addAll(SYSTEM);
        return List.copyOf(all);
    }

    /** The column of that exact name, leading and system ones included. */
    public Optional<Column> find(String name) {
        return all().stream().filter(column -> column.name().equals(name)).findFirst();
    }

    private static VarveException mismatch(String message) {
        return new VarveException(ErrorCode.SCHEMA_MISMATCH, message);
    }
}
