package dev.varve.query.leaf;

import static dev.varve.query.leaf.Fixture.BIGINT;
import static dev.varve.query.leaf.Fixture.DOUBLE;
import static dev.varve.query.leaf.Fixture.TEXT;
import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.model.space.GreatCircle;
import dev.varve.model.space.H3Cells;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class FunctionsTest {
    private static final long CELL = H3Cells.of(45.46, 9.19, 9);

    @TempDir
    Path folder;

    private Fixture fixture;

    @BeforeEach
    void open() {
        fixture = new Fixture(folder);
    }

    @AfterEach
    void everythingIsReleased() {
        fixture.close();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "varve_st_astext(varve_st_point(9.19, 45.46)) | POINT (9.19 45.46)",
                "varve_st_astext(varve_st_geomfromtext('LINESTRING(0 1, 2 3)')) | LINESTRING (0 1, 2 3)",
                "varve_st_astext(varve_st_makeenvelope(170, -10, -170, 10)) | POLYGON ((170 -10, 170 10, 190 10, 190 -10, 170 -10))",
                "varve_st_x(varve_st_geomfromgeojson('{\"type\":\"Point\",\"coordinates\":[3,4]}')) | 3.0",
                "varve_st_y(varve_st_point(9.19, 45.46)) | 45.46",
                "varve_st_asgeojson(varve_st_makeenvelope(0, 0, 1, 1)) | {\"type\":\"Polygon\",\"coordinates\":[[[0.0,0.0],[0.0,1.0],[1.0,1.0],[1.0,0.0],[0.0,0.0]]]}",
                "varve_st_asgeojson(varve_st_geomfromtext('MULTIPOINT((1 2), (3 4))')) | {\"type\":\"MultiPoint\",\"coordinates\":[[1.0,2.0],[3.0,4.0]]}",
                "varve_st_within(varve_st_point(0.5, 0.5), varve_st_makeenvelope(0, 0, 1, 1)) | true",
                "varve_st_within(varve_st_point(0, 0.5), varve_st_makeenvelope(0, 0, 1, 1)) | false",
                "varve_st_intersects(varve_st_point(0, 0.5), varve_st_makeenvelope(0, 0, 1, 1)) | true",
                "varve_st_intersects(varve_st_makeenvelope(170, -10, -170, 10), varve_st_point(-175, 0)) | true",
                "varve_st_contains(varve_st_makeenvelope(0, 0, 9, 9), varve_st_makeenvelope(1, 1, 2, 2)) | true",
                "varve_st_intersects(varve_st_makeenvelope(0, 0, 1, 1), varve_st_makeenvelope(2, 2, 3, 3)) | false",
                "varve_st_dwithin(varve_st_point(0, 0), varve_st_point(0, 1), 111196) | true",
                "varve_st_dwithin(varve_st_point(0, 0), varve_st_point(0, 1), 111194) | false",
                "varve_st_dwithin(varve_st_point(2, 0.5), varve_st_makeenvelope(0, 0, 1, 1), 111300) | true",
                "varve_st_distance(varve_st_makeenvelope(0, 0, 1, 1), varve_st_point(0.5, 0.5)) | 0.0",
                "varve_st_distance(varve_st_point(0, 0), varve_st_geomfromtext('POINT EMPTY')) | null",
                "varve_st_x(NULL) | null",
                "varve_st_within(NULL, varve_st_point(0, 0)) | null",
                "varve_in_region(NULL, 0, 1) | null",
                "varve_h3_latlng_to_cell(91, 0, 5) | null",
            })
    void geometriesAnswer(String expression, String expected) {
        assertThat(fixture.value("CAST(" + expression + " AS VARCHAR)", TEXT)).isEqualTo(expected);
    }

    @Test
    void distancesAreHaversine() {
        assertThat(fixture.value("varve_st_distance(varve_st_point(9.19, 45.46), varve_st_point(12.5, 41.9))", DOUBLE))
                .isEqualTo(Double.toString(GreatCircle.metres(45.46, 9.19, 41.9, 12.5)));
        assertThat(fixture.value("varve_distance(45.46, 9.19, 41.9, 12.5)", DOUBLE))
                .isEqualTo(Double.toString(GreatCircle.metres(45.46, 9.19, 41.9, 12.5)));
        // across the antimeridian
        assertThat(Double.parseDouble(fixture.value(
                        "varve_st_distance(varve_st_makeenvelope(178, 0, 179, 1), varve_st_point(-179, 0.5))", DOUBLE)))
                .isBetween(222_000.0, 222_500.0);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 5, 9})
    void parentsAreThoseOfJava(int resolution) {
        assertThat(fixture.value("varve_h3_cell_to_parent(" + CELL + ", " + resolution + ")", BIGINT))
                .isEqualTo(Long.toString(H3Cells.parent(CELL, resolution)));
        assertThat(fixture.value(
                        "sum(varve_h3_cell_to_parent(c, r)) FROM (SELECT " + CELL + " AS c, " + resolution + " AS r)",
                        BIGINT))
                .isEqualTo(Long.toString(H3Cells.parent(CELL, resolution)));
    }

    @Test
    void cellsAnswer() {
        assertThat(fixture.value("varve_h3_cell_to_parent(" + CELL + ", 10)", BIGINT))
                .isEqualTo("null");
        assertThat(fixture.value("varve_h3_cell_to_parent(" + CELL + ", -1)", BIGINT))
                .isEqualTo("null");
        assertThat(fixture.value("varve_h3_get_resolution(" + CELL + ")", BIGINT))
                .isEqualTo("9");
        assertThat(fixture.value("varve_h3_latlng_to_cell(45.46, 9.19, 9)", BIGINT))
                .isEqualTo(Long.toString(CELL));
        assertThat(fixture.value("max(varve_h3_latlng_to_cell(45.46, 9.19 + 0 * i, 9)) FROM range(5000) t(i)", BIGINT))
                .isEqualTo(Long.toString(CELL));
        assertThat(fixture.value("varve_h3_cell_to_string(" + CELL + ")", TEXT)).isEqualTo(H3Cells.text(CELL));
        assertThat(fixture.value("varve_h3_string_to_cell('" + H3Cells.text(CELL) + "')", BIGINT))
                .isEqualTo(Long.toString(CELL));
        assertThat(fixture.value("varve_h3_is_valid_cell(17)::VARCHAR", TEXT)).isEqualTo("false");
        assertThat(fixture.value("varve_h3_cell_to_boundary_wkt(" + CELL + ")", TEXT))
                .isEqualTo(H3Cells.boundaryWkt(CELL));
        assertThat(fixture.value("varve_h3_cell_to_lat(" + CELL + ")", DOUBLE))
                .isEqualTo(Double.toString(H3Cells.centre(CELL).lat()));
        assertThat(fixture.value("len(varve_h3_grid_disk(" + CELL + ", 2))", BIGINT))
                .isEqualTo("19");
        assertThat(fixture.value(
                        "len(varve_h3_polygon_to_cells(varve_st_geomfromtext(varve_h3_cell_to_boundary_wkt(" + CELL
                                + ")), 9))",
                        BIGINT))
                .isEqualTo("1");
        assertThat(fixture.value("len(varve_h3_polygon_to_cells(varve_st_makeenvelope(0, 0, 1e-9, 1e-9), 3))", BIGINT))
                .isEqualTo("0");
    }

    @Test
    void timeBucketsStartOnMondaysAndFirstsOfMonths() {
        assertThat(fixture.value("time_bucket(INTERVAL 1 WEEK, TIMESTAMP '2026-11-20 10:00')::VARCHAR", TEXT))
                .isEqualTo("2026-11-16 00:00:00");
        assertThat(fixture.value("time_bucket(INTERVAL 1 MONTH, TIMESTAMP '1969-11-20 10:00')::VARCHAR", TEXT))
                .isEqualTo("1969-11-01 00:00:00");
        assertThat(fixture.value("time_bucket(INTERVAL 10 MINUTE, TIMESTAMP '1969-12-31 23:58')::VARCHAR", TEXT))
                .isEqualTo("1969-12-31 23:50:00");
    }

    @Test
    void aFailingFunctionLeavesOthersWorking() {
        for (int i = 0; i < 50; i++) {
            assertThat(org.assertj.core.api.Assertions.catchThrowable(() -> fixture.value(
                            "max(varve_st_x(CASE WHEN i = 150000 THEN 'zz'::BLOB ELSE varve_st_point(1, 2) END))"
                                    + " FROM range(200000) t(i)",
                            DOUBLE)))
                    .hasMessage("a value is not a geometry (WKB)");
            assertThat(fixture.value("max(varve_st_x(varve_st_point(i, 2))) FROM range(100) t(i)", DOUBLE))
                    .isEqualTo("99.0");
        }
    }
}
