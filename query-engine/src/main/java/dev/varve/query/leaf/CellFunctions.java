package dev.varve.query.leaf;

import static org.duckdb.DuckDBColumnType.BIGINT;
import static org.duckdb.DuckDBColumnType.BOOLEAN;
import static org.duckdb.DuckDBColumnType.DOUBLE;
import static org.duckdb.DuckDBColumnType.INTEGER;
import static org.duckdb.DuckDBColumnType.VARCHAR;

import dev.varve.model.space.CellCache;
import dev.varve.model.space.H3Cells;
import dev.varve.model.space.Region;
import java.sql.SQLException;
import java.util.Arrays;
import org.duckdb.DuckDBDataChunkReader;
import org.duckdb.DuckDBReadableVector;
import org.duckdb.DuckDBWritableVector;
import org.jspecify.annotations.Nullable;

/** H3 functions; cells are BIGINT. */
final class CellFunctions {
    private static final int MOST_CELLS = 1_000_000;

    private CellFunctions() {}

    static void register(ScalarFunctions functions) throws SQLException {
        functions.columns("varve_h3_latlng_to_cell", CellFunctions::cells, BIGINT, DOUBLE, DOUBLE, INTEGER);
        // The mask clears the four bits of the resolution; 45 bits hold the fifteen digits.
        functions.macro("varve_h3_cell_to_parent(cell, resolution) AS CASE"
                + " WHEN resolution BETWEEN 0 AND ((cell >> 52) & 15)"
                + " THEN (cell & -67553994410557441) | (resolution::BIGINT << 52)"
                + " | ((1::BIGINT << greatest(0, least(45, 3 * (15 - resolution::INTEGER)))) - 1) END");
        functions.macro("varve_h3_get_resolution(cell) AS ((cell >> 52) & 15)::INTEGER");
        functions.macro("varve_h3_cell_to_string(cell) AS lower(to_hex(cell::BIGINT))");
        functions.rows("varve_h3_is_valid_cell", a -> H3Cells.isCell((Long) a[0]), BOOLEAN, BIGINT);
        functions.rows("varve_h3_cell_to_lat", a -> H3Cells.centre((Long) a[0]).lat(), DOUBLE, BIGINT);
        functions.rows("varve_h3_cell_to_lng", a -> H3Cells.centre((Long) a[0]).lon(), DOUBLE, BIGINT);
        functions.rows("varve_h3_cell_to_boundary_wkt", a -> H3Cells.boundaryWkt((Long) a[0]), VARCHAR, BIGINT);
        functions.rows("varve_h3_string_to_cell", a -> H3Cells.parse((String) a[0]), BIGINT, VARCHAR);
        functions.rows(
                "varve_text_polygon_to_cells",
                a -> Arrays.toString(H3Cells.centredIn(
                        Region.touching(Geometries.decode((String) a[0])), (Integer) a[1], MOST_CELLS)),
                VARCHAR,
                VARCHAR,
                INTEGER);
        functions.macro("varve_h3_polygon_to_cells(polygon, resolution) AS"
                + " CAST(varve_text_polygon_to_cells(to_base64(polygon), resolution::INTEGER) AS BIGINT[])");
        functions.rows(
                "varve_text_grid_disk",
                a -> Arrays.toString(H3Cells.disk((Long) a[0], (Integer) a[1], MOST_CELLS)),
                VARCHAR,
                BIGINT,
                INTEGER);
        functions.macro(
                "varve_h3_grid_disk(cell, k) AS" + " CAST(varve_text_grid_disk(cell::BIGINT, k::INTEGER) AS BIGINT[])");
    }

    private static void cells(DuckDBDataChunkReader in, DuckDBWritableVector out) {
        DuckDBReadableVector lats = in.vector(0);
        DuckDBReadableVector lons = in.vector(1);
        DuckDBReadableVector resolutions = in.vector(2);
        long count = in.rowCount();
        // A full cache is for many rows; filling its tables would dominate a few.
        @Nullable CellCache cache = null;
        int cached = -1;
        for (long row = 0; row < count; row++) {
            if (lats.isNull(row) || lons.isNull(row) || resolutions.isNull(row)) {
                out.setNull(row);
                continue;
            }
            int resolution = resolutions.getInt(row);
            double lat = lats.getDouble(row);
            double lon = lons.getDouble(row);
            long cell;
            if (count < 512) {
                cell = H3Cells.of(lat, lon, resolution);
            } else {
                if (cache == null || cached != resolution) {
                    cache = CACHES.get().forResolution(resolution);
                    cached = resolution;
                }
                cell = cache.cell(lat, lon);
            }
            if (cell == H3Cells.NONE) {
                out.setNull(row);
            } else {
                out.setLong(row, cell);
            }
        }
    }

    private static final ThreadLocal<Caches> CACHES = ThreadLocal.withInitial(Caches::new);

    /** One thread's caches, the last resolution only. */
    private static final class Caches {
        private @Nullable CellCache cache;
        private int resolution = -1;

        CellCache forResolution(int wanted) {
            CellCache current = cache;
            if (current == null || resolution != wanted) {
                current = new CellCache(wanted);
                cache = current;
                resolution = wanted;
            }
            return current;
        }
    }
}
