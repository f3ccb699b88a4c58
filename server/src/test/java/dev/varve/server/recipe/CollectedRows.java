package dev.varve.server.recipe;

import dev.varve.sdk.DatasetSpec;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Keeps rows as maps of column to value. */
final class CollectedRows implements RowTarget {
    final List<Map<String, Object>> rows = new ArrayList<>();
    private final DatasetSpec spec;
    private Map<String, Object> row = new TreeMap<>();

    CollectedRows(DatasetSpec spec) {
        this.spec = spec;
    }

    @Override
    public void time(long micros) {
        row.put("time", Instant.EPOCH.plus(micros, ChronoUnit.MICROS).toString());
    }

    @Override
    public void at(double lat, double lon) {
        row.put("lat", lat);
        row.put("lon", lon);
    }

    @Override
    public void set(int column, double value) {
        put(column, "double", value);
    }

    @Override
    public void set(int column, long value) {
        put(column, "int|long|timestamp", value);
    }

    @Override
    public void set(int column, CharSequence value) {
        put(column, "string", value.toString());
    }

    private void put(int column, String types, Object value) {
        if (!spec.columns().get(column).type().matches(types)) {
            throw new AssertionError(spec.columns().get(column) + " = " + value);
        }
        row.put(spec.columns().get(column).name(), value);
    }

    @Override
    public void add() {
        rows.add(row);
        row = new TreeMap<>();
    }
}
