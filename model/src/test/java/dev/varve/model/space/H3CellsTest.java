package dev.varve.model.space;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.uber.h3core.util.LatLng;
import dev.varve.model.VarveException;
import dev.varve.model.space.CellRanges.CellRange;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class H3CellsTest {
    @Test
    void placesThatAreNoneHaveNoCell() {
        assertThat(H3Cells.of(Double.NaN, 0, 9)).isEqualTo(H3Cells.NONE);
        assertThat(H3Cells.of(0, Double.POSITIVE_INFINITY, 9)).isEqualTo(H3Cells.NONE);
        assertThat(H3Cells.of(90.1, 0, 9)).isEqualTo(H3Cells.NONE);
        assertThat(H3Cells.of(0, 180.1, 9)).isEqualTo(H3Cells.NONE);
        assertThat(H3Cells.of(90, 180, 9)).isNotEqualTo(H3Cells.NONE);
        assertThatThrownBy(() -> H3Cells.of(0, 0, 16)).hasMessageContaining("16");
    }

    @Test
    void knownPlacesHaveKnownCells() {
        assertThat(H3Cells.text(H3Cells.of(40.63975, -73.778925, 9))).isEqualTo("892a103b157ffff");
        assertThat(H3Cells.text(H3Cells.of(26.3, -88.6, 5))).isEqualTo("85442943fffffff");
        assertThat(H3Cells.parse("85442943fffffff")).isEqualTo(H3Cells.of(26.3, -88.6, 5));
        assertThatThrownBy(() -> H3Cells.parse("8f")).isInstanceOf(VarveException.class);
        assertThatThrownBy(() -> H3Cells.parse("zebra"))
                .isInstanceOf(VarveException.class)
                .hasMessageContaining("zebra");
    }

    @Test
    void arithmeticAgreesWithTheLibrary() {
        SplittableRandom random = new SplittableRandom(11);
        List<Long> samples = new ArrayList<>();
        for (int i = 0; i < 2_000; i++) {
            double lat = Math.toDegrees(Math.asin(random.nextDouble(-1, 1)));
            samples.add(H3Cells.of(lat, random.nextDouble(-180, 180), random.nextInt(16)));
        }
        for (int r = 0; r <= 15; r++) {
            samples.addAll(H3Cells.CORE.getPentagons(r));
        }
        for (long cell : samples) {
            int resolution = H3Cells.resolution(cell);
            assertThat(resolution).isEqualTo(H3Cells.CORE.getResolution(cell));
            assertThat(H3Cells.isPentagon(cell)).isEqualTo(H3Cells.CORE.isPentagon(cell));
            for (int r = 0; r <= resolution; r++) {
                assertThat(H3Cells.parent(cell, r)).isEqualTo(H3Cells.CORE.cellToParent(cell, r));
            }
            int finer = Math.min(15, resolution + 3);
            List<Long> children = H3Cells.CORE.cellToChildren(cell, finer);
            CellRange range = H3Cells.descendants(cell, finer);
            assertThat(children.getFirst()).isEqualTo(range.first());
            assertThat(children.getLast()).isEqualTo(range.last());
            for (int i = 1; i < children.size(); i++) {
                assertThat(H3Cells.next(children.get(i - 1))).isEqualTo(children.get(i));
            }
        }
    }

    @Test
    void nextWalksThroughAllCells() {
        for (int r = 0; r <= 3; r++) {
            long count = 1;
            long cell = H3Cells.firstDescendant(H3Cells.baseCell(0), r);
            for (long next = H3Cells.next(cell); next != Long.MAX_VALUE; next = H3Cells.next(next)) {
                assertThat(H3Cells.isCell(next)).isTrue();
                count++;
            }
            assertThat(count).isEqualTo(H3Cells.CORE.getNumCells(r));
        }
    }

    @Test
    void rememberedCellsAreTheSame() {
        CellCache cache = new CellCache(9);
        SplittableRandom random = new SplittableRandom(5);
        for (int i = 0; i < 100_000; i++) {
            double lat = random.nextInt(-90, 91);
            double lon = random.nextInt(-180, 181);
            assertThat(cache.cell(lat, lon)).isEqualTo(H3Cells.of(lat, lon, 9));
        }
        assertThat(cache.cell(Double.NaN, Double.NaN)).isEqualTo(H3Cells.NONE);
        assertThat(cache.cell(91, 0)).isEqualTo(H3Cells.NONE);
        assertThat(cache.cell(0, -0.0)).isEqualTo(cache.cell(-0.0, 0));
    }

    @Test
    void drawnBoundariesHoldTheirCentres() {
        SplittableRandom random = new SplittableRandom(3);
        List<Long> cells = new ArrayList<>();
        for (int i = 0; i < 500; i++) {
            double lat = Math.toDegrees(Math.asin(random.nextDouble(-1, 1)));
            cells.add(H3Cells.of(lat, random.nextDouble(-180, 180), random.nextInt(16)));
        }
        for (int r = 0; r <= 15; r++) {
            cells.add(H3Cells.of(90, 0, r));
            cells.add(H3Cells.of(-90, 0, r));
            cells.add(H3Cells.of(10, 180, r));
        }
        for (long cell : cells) {
            LatLng centre = H3Cells.CORE.cellToLatLng(cell);
            String wkt = H3Cells.boundaryWkt(cell);
            Region drawn = Region.inside(GeometryText.ofWkt(wkt));
            assertThat(drawn.contains(centre.lat, centre.lng)).as(wkt).isTrue();
        }
        for (int r = 0; r <= 15; r++) {
            Region north = Region.touching(GeometryText.ofWkt(H3Cells.boundaryWkt(H3Cells.of(90, 0, r))));
            assertThat(north.contains(90, 77)).as("pole at resolution %s", r).isTrue();
        }
    }

    @Test
    void cellsCentredInAPolygonAreThoseOfTheLibrary() {
        String wkt = "POLYGON((10 45, 12 45.5, 13 47, 11 48, 9.5 46.5, 10 45))";
        List<LatLng> ring = List.of(
                new LatLng(45, 10),
                new LatLng(45.5, 12),
                new LatLng(47, 13),
                new LatLng(48, 11),
                new LatLng(46.5, 9.5));
        for (int r = 2; r <= 6; r++) {
            assertThat(H3Cells.centredIn(Region.inside(GeometryText.ofWkt(wkt)), r, 100_000))
                    .containsExactlyInAnyOrder(H3Cells.CORE.polygonToCells(ring, List.of(), r).stream()
                            .mapToLong(Long::longValue)
                            .toArray());
        }
        assertThatThrownBy(() -> H3Cells.centredIn(Region.EVERYWHERE, 9, 1_000))
                .isInstanceOf(VarveException.class)
                .hasMessageContaining("1000");
    }

    @Test
    void distancesAreThoseOfTheSphere() {
        // Newark to Kennedy airport, as H3 has it.
        assertThat(GreatCircle.metres(40.6925, -74.168667, 40.639751, -73.778925))
                .isEqualTo(33_391.4, within(20.0));
        assertThat(GreatCircle.metres(0, 0, 0, 180)).isEqualTo(Math.PI * 6_371_008.8, within(1e-6));
        assertThat(GreatCircle.metres(90, 0, 90, 123)).isEqualTo(0, within(1e-6));
        assertThat(GreatCircle.metres(1, 179.5, 1, -179.5))
                .isEqualTo(GreatCircle.metres(1, -0.5, 1, 0.5), within(1e-6));
        assertThat(GreatCircle.metres(Double.NaN, 0, 0, 0)).isNaN();
    }
}
