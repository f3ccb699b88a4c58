/**
 * What a query has become after planning, as values: leaves that read one dataset each, and SQL that joins them.
 *
 * <p>Knows neither Calcite nor DuckDB, though its texts are in DuckDB's dialect. They use, besides DuckDB's own functions,
 * these, which whoever runs a plan provides; a null argument gives null:
 *
 * <pre>
 * varve_in_region(lat DOUBLE, lon DOUBLE, region BIGINT) BOOLEAN      PlannedQuery.regions() by id; exact
 * varve_distance(lat1, lon1, lat2, lon2: DOUBLE) DOUBLE               metres, haversine, as Java computes it
 * varve_st_point(lon DOUBLE, lat DOUBLE) BLOB                         geometries are WKB, longitude first
 * varve_st_makeenvelope(west, south, east, north: DOUBLE) BLOB
 * varve_st_geomfromtext(VARCHAR) BLOB, varve_st_geomfromgeojson(VARCHAR) BLOB
 * varve_st_within(BLOB, BLOB), varve_st_contains(BLOB, BLOB), varve_st_intersects(BLOB, BLOB) BOOLEAN
 * varve_st_dwithin(BLOB, BLOB, metres DOUBLE) BOOLEAN, varve_st_distance(BLOB, BLOB) DOUBLE
 * varve_st_x(BLOB) DOUBLE, varve_st_y(BLOB) DOUBLE, varve_st_astext(BLOB) VARCHAR, varve_st_asgeojson(BLOB) VARCHAR
 * varve_h3_latlng_to_cell(lat DOUBLE, lng DOUBLE, resolution INTEGER) BIGINT
 * varve_h3_cell_to_parent(cell BIGINT, resolution INTEGER) BIGINT     null when finer than the cell; pure bit arithmetic
 * varve_h3_get_resolution(cell BIGINT) INTEGER, varve_h3_is_valid_cell(cell BIGINT) BOOLEAN
 * varve_h3_cell_to_lat(cell BIGINT) DOUBLE, varve_h3_cell_to_lng(cell BIGINT) DOUBLE
 * varve_h3_cell_to_boundary_wkt(cell BIGINT) VARCHAR
 * varve_h3_cell_to_string(cell BIGINT) VARCHAR, varve_h3_string_to_cell(VARCHAR) BIGINT
 * varve_h3_polygon_to_cells(BLOB, resolution INTEGER) BIGINT[]        cells whose centre is inside
 * varve_h3_grid_disk(cell BIGINT, k INTEGER) BIGINT[]
 * </pre>
 */
@NullMarked
package dev.varve.query.plan;

import org.jspecify.annotations.NullMarked;
