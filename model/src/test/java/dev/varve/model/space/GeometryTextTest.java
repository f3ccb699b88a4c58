package dev.varve.model.space;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class GeometryTextTest {
    @Test
    void wktAndGeoJsonOfTheSameAreaAreEqual() {
        String wkt = "SRID=4326;POLYGON((10 50, 11 50, 11 51, 10 50), (10.5 50.1, 10.6 50.1, 10.6 50.2, 10.5 50.1))";
        String polygon = """
                {"type": "Polygon", "bbox": [1, 2, 3, 4], "coordinates":
                 [[[10, 50, 7], [11, 50], [11, 51], [10, 50]], [[10.5, 50.1], [10.6, 50.1], [10.6, 50.2], [10.5, 50.1]]]}
                """;
        String feature = "{\"coordinates\": [], \"properties\": {\"a\": [{\"type\": 1}]}, \"geometry\": " + polygon
                + ", \"type\": \"Feature\"}";
        String collection = "{\"type\": \"FeatureCollection\", \"features\": [" + feature + "]}";
        for (String json : new String[] {polygon, feature, collection}) {
            assertThat(GeometryText.ofGeoJson(json).equalsExact(GeometryText.ofWkt(wkt)))
                    .as(json)
                    .isTrue();
        }
    }

    @Test
    void everyKindOfGeometryIsRead() {
        assertThat(GeometryText.ofGeoJson("{\"type\":\"Point\",\"coordinates\":[1,2]}")
                        .toText())
                .isEqualTo("POINT (1 2)");
        assertThat(GeometryText.ofGeoJson("{\"type\":\"MultiPoint\",\"coordinates\":[[1,2],[3,4]]}")
                        .toText())
                .isEqualTo("MULTIPOINT ((1 2), (3 4))");
        assertThat(GeometryText.ofGeoJson("{\"type\":\"LineString\",\"coordinates\":[[1,2],[3,4]]}")
                        .toText())
                .isEqualTo("LINESTRING (1 2, 3 4)");
        assertThat(GeometryText.ofGeoJson("{\"type\":\"GeometryCollection\",\"geometries\":[]}")
                        .isEmpty())
                .isTrue();
        assertThat(GeometryText.ofGeoJson(
                                "{\"type\":\"MultiPolygon\",\"coordinates\":[[[[0,0],[1,0],[1,1],[0,0]]],[[[5,5],[6,5],[6,6],[5,5]]]]}")
                        .getNumGeometries())
                .isEqualTo(2);
        assertThat(Region.inside(GeometryText.ofWkt("POLYGON EMPTY")).bounds()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "POLYGON",
                "POLYGON((10 50, 11 50, 11 51))",
                "POLYGON((10 50, 11 50, 11 51, 10 50)",
                "POLYGON((10 50, 11 50, 11 51, 10 50)) and more",
                "POLYGON((10 50, 11 50, 10 50))",
                "POLYGON((10 50, 11 x, 11 51, 10 50))",
                "CIRCLE(1 2)",
                "POINT(NaN 1)",
                "POINT(1 Infinity)",
                "LINESTRING(1 1)",
                "POINT(10 91)",
                "POINT(541 1)",
                "SRID=3857;POINT(1 1)",
                "SRID=4326"
            })
    void brokenWktIsTheCallersMistake(String wkt) {
        assertThatThrownBy(() -> GeometryText.ofWkt(wkt)).isInstanceOfSatisfying(VarveException.class, error -> {
            assertThat(error.code()).isIn(ErrorCode.SQL_RUNTIME, ErrorCode.SQL_UNSUPPORTED);
            assertThat(error.hint()).isNotBlank();
        });
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "``|object",
                "[1]|object",
                "{\"type\": \"Polygon\"|not JSON",
                "{\"type\": \"Topology\"}|Topology",
                "{\"type\": {}}|string",
                "{\"type\": null, \"coordinates\": [1,2]}|string",
                "{\"coordinates\": [1,2]}|no \"type\"",
                "{\"type\": \"Point\"}|coordinates",
                "{\"type\": \"Point\", \"coordinates\": [1]}|longitude and a latitude",
                "{\"type\": \"Point\", \"coordinates\": [1, \"2\"]}|numbers",
                "{\"type\": \"Point\", \"coordinates\": [1, 2]} x|not JSON",
                "{\"type\": \"Point\", \"coordinates\": [1, 2]} {}|follows",
                "{\"type\": \"Point\", \"coordinates\": [50, 120]}|not on the globe",
                "{\"type\": \"Polygon\", \"coordinates\": [[[0,0],[1,0],[1,1],[0,1]]]}|starts at 0.0, 0.0 and ends at 0.0, 1.0",
                "{\"type\": \"Polygon\", \"coordinates\": [[[0,0],[1,0],[0,0]]]}|3 positions",
                "{\"type\": \"Polygon\", \"coordinates\": [[0,0],[1,0],[0,0]]}|array of positions",
                "{\"type\": \"LineString\", \"coordinates\": [[[0,0]],[[1,0]]]}|position",
                "{\"type\": \"Feature\"}|geometry",
                "{\"type\": \"FeatureCollection\", \"features\": 3}|array",
            })
    void brokenGeoJsonIsTheCallersMistakeAndSaysWhy(String json, String reason) {
        assertThatThrownBy(() -> GeometryText.ofGeoJson(json))
                .isInstanceOfSatisfying(VarveException.class, error -> {
                    assertThat(error.code()).isEqualTo(ErrorCode.SQL_RUNTIME);
                    assertThat(error.hint()).isNotBlank();
                })
                .hasMessageContaining(reason);
    }

    @Test
    void swappedCoordinatesAreHintedAt() {
        assertThatThrownBy(() -> GeometryText.ofWkt("POINT(50 120)"))
                .isInstanceOfSatisfying(
                        VarveException.class, error -> assertThat(error.hint()).contains("longitude comes first"));
    }

    @Test
    void depthAndCornersAreLimited() {
        String deep = "GEOMETRYCOLLECTION(".repeat(10_000);
        assertTooLarge(() -> GeometryText.ofWkt(deep));
        assertTooLarge(() -> GeometryText.ofGeoJson("{\"type\":\"Point\",\"coordinates\":" + "[".repeat(100_000)));
        assertTooLarge(() -> GeometryText.ofWkt("MULTIPOINT(" + "1 1,".repeat(1_000_001) + "1 1)"));
        assertTooLarge(() -> GeometryText.ofGeoJson(
                "{\"type\":\"MultiPoint\",\"coordinates\":[" + "[1,1],".repeat(1_000_001) + "[1,1]]}"));
    }

    private static void assertTooLarge(Runnable reading) {
        assertThatThrownBy(reading::run)
                .isInstanceOfSatisfying(
                        VarveException.class, error -> assertThat(error.code()).isEqualTo(ErrorCode.TOO_LARGE));
    }

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3})
    void mutilatedTextsNeverFailOtherwise(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        String[] texts = {
            "MULTIPOLYGON(((10 50, 11 50, 11 51, 10 50)), ((1e1 -5, 11 50, 11 51, 1e1 -5)))",
            "GEOMETRYCOLLECTION(POINT(1 2), LINESTRING(1 2, 3 4), POINT EMPTY)",
            "{\"type\":\"Feature\",\"geometry\":{\"type\":\"Polygon\",\"coordinates\":[[[0,0],[1,0],[1,1],[0,0]]]}}"
        };
        for (int i = 0; i < 5_000; i++) {
            StringBuilder text = new StringBuilder(texts[random.nextInt(3)]);
            for (int change = random.nextInt(1, 4); change > 0 && !text.isEmpty(); change--) {
                int at = random.nextInt(text.length());
                switch (random.nextInt(3)) {
                    case 0 -> text.deleteCharAt(at);
                    case 1 -> text.insert(at, "(){}[],:\"e-. 0NI".charAt(random.nextInt(16)));
                    default -> text.setLength(at);
                }
            }
            String mutilated = text.toString();
            try {
                Region.touching(
                        mutilated.startsWith("{") ? GeometryText.ofGeoJson(mutilated) : GeometryText.ofWkt(mutilated));
            } catch (VarveException expected) {
                assertThat(expected.getMessage()).isNotBlank();
            }
        }
    }
}
