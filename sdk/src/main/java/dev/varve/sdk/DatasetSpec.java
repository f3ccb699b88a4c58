package dev.varve.sdk;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;

/**
 * The definition of a dataset; {@code time}, {@code lat}, {@code lon} and {@code cell} are always there.
 *
 * @param key columns that, with the time, identify a row; a later row replaces an earlier one; may be empty
 * @param h3Resolution of the cell, 0 to 15
 * @param partition {@code auto day month year none}
 */
public record DatasetSpec(String name, List<ColumnSpec> columns, List<String> key, int h3Resolution, String partition) {
    public static final int DEFAULT_H3_RESOLUTION = 9;

    public DatasetSpec {
        columns = List.copyOf(columns);
        key = List.copyOf(key);
    }

    /** A dataset without columns of its own yet. */
    public static DatasetSpec named(String name) {
        return new DatasetSpec(name, List.of(), List.of(), DEFAULT_H3_RESOLUTION, "auto");
    }

    public DatasetSpec column(String column, String type) {
        return column(new ColumnSpec(column, type));
    }

    /** The unit is a UCUM code such as {@code mm}. */
    public DatasetSpec column(String column, String type, String unit) {
        return column(new ColumnSpec(column, type, unit));
    }

    public DatasetSpec column(ColumnSpec column) {
        List<ColumnSpec> more = new ArrayList<>(columns);
        more.add(column);
        return new DatasetSpec(name, more, key, h3Resolution, partition);
    }

    public DatasetSpec key(String... keyColumns) {
        return new DatasetSpec(name, columns, List.of(keyColumns), h3Resolution, partition);
    }

    public DatasetSpec h3Resolution(int resolution) {
        return new DatasetSpec(name, columns, key, resolution, partition);
    }

    public DatasetSpec partition(String grain) {
        return new DatasetSpec(name, columns, key, h3Resolution, grain);
    }

    byte[] json() {
        ObjectNode node = Json.object().put("name", name);
        ArrayNode all = node.putArray("columns");
        columns.forEach(column -> all.add(column.json()));
        ArrayNode keys = node.putArray("key");
        key.forEach(keys::add);
        return Json.bytes(node.put("h3Resolution", h3Resolution).put("partition", partition));
    }
}
