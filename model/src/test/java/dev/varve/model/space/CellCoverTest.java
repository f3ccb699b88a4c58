package dev.varve.model.space;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CellCoverTest {
    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3})
    void capsHoldTheRealmsOfTheirCells(long seed) {
        assertThat(largestRatio(seed, 20_000)).isLessThan(1);
    }

    @Test
    @Tag("slow")
    void capsHoldTheRealmsOfTheirCellsForMillionsOfPlaces() {
        assertThat(largestRatio(4, 4_000_000)).isLessThan(0.99);
    }

    /** The largest distance of a place from the centre of an ancestor of its cell, in radii of the ancestor's cap. */
    private static double largestRatio(long seed, int places) {
        SplittableRandom random = new SplittableRandom(seed);
        double largest = 0;
        long[] pentagons =
                H3Cells.CORE.getPentagons(0).stream().mapToLong(Long::longValue).toArray();
        for (int i = 0; i < places; i++) {
            double lat = Math.toDegrees(Math.asin(random.nextDouble(-1, 1)));
            double lon = random.nextDouble(-180, 180);
            if (i % 3 == 0) {
                H3Cells.Place pentagon = H3Cells.centre(pentagons[random.nextInt(12)]);
                double spread = Math.pow(10, random.nextDouble(-6, 1.2));
                lat = Math.clamp(pentagon.lat() + random.nextDouble(-spread, spread), -90, 90);
                lon = Shapes.intoRange(pentagon.lon() + random.nextDouble(-spread, spread));
            } else if (i % 3 == 1) {
                lat = Math.copySign(90 - Math.pow(10, random.nextDouble(-7, 1.5)), lat);
            }
            int fine = random.nextInt(16);
            long cell = H3Cells.of(lat, lon, fine);
            for (int r = 0; r <= fine; r++) {
                Cap cap = CellCover.cap(H3Cells.parent(cell, r));
                double ratio = cap.angleTo(lat, lon) / cap.radius;
                if (ratio > largest) {
                    largest = ratio;
                }
            }
        }
        return largest;
    }

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3, 4})
    void coversHoldEveryPlaceOfCirclesAndBoxes(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        for (int n = 0; n < 100; n++) {
            double lat = random.nextDouble(-90, 90);
            double lon = random.nextDouble(-180, 180);
            double size = Math.pow(10, random.nextDouble(-3, 1.8));
            Region region = random.nextBoolean()
                    ? new Circle(lat, lon, size * 111_000)
                    : new Box(lon, Math.max(-90, lat - size), Shapes.intoRange(lon + size), Math.min(90, lat + size));
            int resolution = random.nextInt(16);
            CellRanges cover = CellCover.of(region, resolution, random.nextInt(1, 400));
            for (int i = 0; i < 300; i++) {
                double plat = Math.clamp(lat + random.nextDouble(-1.2, 1.2) * size, -90, 90);
                double plon = Shapes.intoRange(lon + random.nextDouble(-1.2, 1.2) * size);
                if (region.contains(plat, plon)) {
                    assertThat(cover.contains(H3Cells.of(plat, plon, resolution)))
                            .as("%s holds %s, %s at resolution %s", region, plat, plon, resolution)
                            .isTrue();
                    assertThat(region.bounds()).anyMatch(bounds -> bounds.contains(plat, plon));
                }
            }
        }
    }

    @Test
    void everythingIsOneRange() {
        CellRanges all = CellCover.of(Region.EVERYWHERE, 9, 10);
        assertThat(all.ranges()).hasSize(1);
        assertThat(CellCover.of(Region.NOWHERE, 9, 10).isEmpty()).isTrue();
    }
}
