package dev.varve.query.geometry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.model.VarveException;
import org.junit.jupiter.api.Test;

class GeometriesTest {
    @Test
    void wktAndGeoJsonOfOneShapeAreEqual() {
        String wkt = "POLYGON ((7 50, 9 50, 9 52, 7 50), (8 50.5, 8.5 50.5, 8.5 51, 8 50.5))";
        String json = "{\"type\":\"Polygon\",\"coordinates\":[[[7,50],[9,50],[9,52],[7,50]],"
                + "[[8,50.5],[8.5,50.5],[8.5,51],[8,50.5]]]}";
        assertThat(Geometries.fromText("SRID=4326;" + wkt).equalsExact(Geometries.fromGeoJson(json)))
                .isTrue();
    }

    @Test
    void aFeatureGivesItsGeometry() {
        String json = "{\"type\":\"Feature\",\"geometry\":{\"type\":\"Point\",\"coordinates\":[1,2]}}";
        assertThat(Geometries.fromGeoJson(json).toText()).isEqualTo("POINT (1 2)");
    }

    @Test
    void badTextsSayWhy() {
        assertThatThrownBy(() -> Geometries.fromText("POLYGON ((1 2"))
                .isInstanceOf(VarveException.class)
                .hasMessageContaining("is not WKT");
        assertThatThrownBy(() -> Geometries.fromGeoJson("{\"type\":\"Circle\"}"))
                .isInstanceOf(VarveException.class)
                .hasMessageContaining("type is 'Circle'");
        assertThatThrownBy(() -> Geometries.fromGeoJson("{\"type\":\"Polygon\",\"coordinates\":[[[0,0],[1,1]]]}"))
                .isInstanceOf(VarveException.class);
        assertThatThrownBy(() -> Geometries.fromGeoJson("[["))
                .isInstanceOf(VarveException.class)
                .hasMessageContaining("is not JSON");
    }

    @Test
    void anEnvelopeAcrossTheAntimeridianRunsPast180() {
        assertThat(Geometries.envelope(175, -25, -170, -10)
                        .getEnvelopeInternal()
                        .getMaxX())
                .isEqualTo(190);
    }
}
