package dev.varve.query.leaf;

import static org.duckdb.DuckDBColumnType.BIGINT;
import static org.duckdb.DuckDBColumnType.BOOLEAN;
import static org.duckdb.DuckDBColumnType.DOUBLE;

import dev.varve.model.space.GreatCircle;
import dev.varve.model.space.Region;
import java.sql.SQLException;
import org.duckdb.DuckDBDataChunkReader;
import org.duckdb.DuckDBReadableVector;
import org.duckdb.DuckDBWritableVector;
import org.jspecify.annotations.Nullable;

/** The exact test of a point against a query's regions, and the distance of two points. */
final class RegionFunctions {
    private final OpenRegions regions;

    /** @param regions of the queries running now, by id */
    RegionFunctions(OpenRegions regions) {
        this.regions = regions;
    }

    void register(ScalarFunctions functions) throws SQLException {
        functions.columns("varve_in_region", this::inRegion, BOOLEAN, DOUBLE, DOUBLE, BIGINT);
        functions.columns("varve_distance", RegionFunctions::distance, DOUBLE, DOUBLE, DOUBLE, DOUBLE, DOUBLE);
    }

    private void inRegion(DuckDBDataChunkReader in, DuckDBWritableVector out) {
        DuckDBReadableVector lats = in.vector(0);
        DuckDBReadableVector lons = in.vector(1);
        DuckDBReadableVector ids = in.vector(2);
        long count = in.rowCount();
        long lastId = 0;
        @Nullable Region region = null;
        for (long row = 0; row < count; row++) {
            if (lats.isNull(row) || lons.isNull(row) || ids.isNull(row)) {
                out.setNull(row);
                continue;
            }
            long id = ids.getLong(row);
            if (region == null || id != lastId) {
                region = regions.get(id);
                lastId = id;
                if (region == null) {
                    throw new IllegalStateException("region " + id + " is not registered");
                }
            }
            out.setBoolean(row, region.contains(lats.getDouble(row), lons.getDouble(row)));
        }
    }

    private static void distance(DuckDBDataChunkReader in, DuckDBWritableVector out) {
        DuckDBReadableVector lat1 = in.vector(0);
        DuckDBReadableVector lon1 = in.vector(1);
        DuckDBReadableVector lat2 = in.vector(2);
        DuckDBReadableVector lon2 = in.vector(3);
        long count = in.rowCount();
        for (long row = 0; row < count; row++) {
            if (lat1.isNull(row) || lon1.isNull(row) || lat2.isNull(row) || lon2.isNull(row)) {
                out.setNull(row);
            } else {
                out.setDouble(
                        row,
                        GreatCircle.metres(
                                lat1.getDouble(row), lon1.getDouble(row), lat2.getDouble(row), lon2.getDouble(row)));
            }
        }
    }
}
