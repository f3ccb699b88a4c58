package dev.varve.model.space;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.model.VarveException;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class RegionTest {
    private static Region inside(String wkt) {
        return Region.inside(GeometryText.ofWkt(wkt));
    }

    private static Region touching(String wkt) {
        return Region.touching(GeometryText.ofWkt(wkt));
    }

    private static Region near(String wkt, double metres) {
        return Region.near(GeometryText.ofWkt(wkt), metres);
    }

    @Test
    void boxesCrossTheAntimeridianWhenWestIsEastOfEast() {
        Box fiji = new Box(175, -25, -170, -10);
        assertThat(fiji.contains(-17, 178)).isTrue();
        assertThat(fiji.contains(-17, -178)).isTrue();
        assertThat(fiji.contains(-17, 180)).isTrue();
        assertThat(fiji.contains(-17, -180)).isTrue();
        assertThat(fiji.contains(-17, 0)).isFalse();
        assertThat(fiji.bounds()).hasSize(2);
        assertThat(new Box(175, -25, 190, -10).contains(-17, -171)).isTrue();
        assertThat(new Box(180, -25, -180, -10).contains(-17, -180)).isTrue();
        assertThat(new Box(180, -25, -180, -10).contains(-17, 179)).isFalse();
        assertThatThrownBy(() -> new Box(400, 0, 0, 1))
                .isInstanceOf(VarveException.class)
                .hasMessageContaining("400");
    }

    @Test
    void theAntimeridianIsOneMeridian() {
        assertThat(new Box(170, 0, 180, 10).contains(5, -180)).isTrue();
        assertThat(new Box(-180, 0, -170, 10).contains(5, 180)).isTrue();
        assertThat(new Box(-180, 0, -170, 10, Edges.EXCLUDED).contains(5, 180)).isFalse();
        assertThat(touching("POLYGON((170 0, 180 0, 180 10, 170 10, 170 0))").contains(5, -180))
                .isTrue();
        assertThat(touching("POINT(180 5)").contains(5, -180)).isTrue();
    }

    @Test
    void edgesBelongToWhatIntersectsAndNotToWhatIsWithin() {
        String square = "POLYGON((10 50, 12 50, 12 52, 10 52, 10 50), (10.5 50.5, 11 50.5, 11 51, 10.5 51, 10.5 50.5))";
        for (double[] edge : new double[][] {{50, 10}, {50, 11}, {51, 12}, {50.5, 10.75}, {51, 11}}) {
            assertThat(inside(square).contains(edge[0], edge[1])).isFalse();
            assertThat(touching(square).contains(edge[0], edge[1])).isTrue();
        }
        assertThat(touching(square).contains(50.75, 10.75)).isFalse();
        assertThat(inside(square).contains(51.5, 11.5)).isTrue();
        assertThat(new Box(10, 50, 12, 52, Edges.EXCLUDED).contains(50, 11)).isFalse();
        assertThat(new Box(10, 50, 12, 52).contains(50, 11)).isTrue();
    }

    @Test
    void polygonsMayBeDrawnPastTheAntimeridian() {
        Region pacific = inside("POLYGON((170 -10, 190 -10, 190 10, 170 10, 170 -10))");
        assertThat(pacific.contains(0, 175)).isTrue();
        assertThat(pacific.contains(0, -175)).isTrue();
        assertThat(pacific.contains(0, -180)).isTrue();
        assertThat(pacific.contains(0, -165)).isFalse();
        assertThat(pacific.bounds()).hasSize(2);
    }

    @Test
    void overlappingMembersAddUpAndSelfIntersectionsAreEvenOdd() {
        assertThat(inside("MULTIPOLYGON(((0 0, 4 0, 4 4, 0 4, 0 0)), ((2 2, 6 2, 6 6, 2 6, 2 2)))")
                        .contains(3, 3))
                .isTrue();
        Region bowTie = inside("POLYGON((0 0, 4 4, 4 0, 0 4, 0 0))");
        assertThat(bowTie.contains(2, 0.5)).isTrue();
        assertThat(bowTie.contains(0.5, 2)).isFalse();
    }

    @Test
    void circlesHoldPolesAndRims() {
        Circle pole = new Circle(90, 0, 500_000);
        assertThat(pole.contains(90, 123)).isTrue();
        assertThat(pole.contains(86, -120)).isTrue();
        assertThat(pole.contains(85, 60)).isFalse();
        assertThat(pole.bounds())
                .singleElement()
                .satisfies(bounds -> assertThat(bounds.west()).isEqualTo(-180));
        assertThat(new Circle(10, 20, 0).contains(10, 20)).isTrue();
        assertThat(new Circle(0, 0, Double.POSITIVE_INFINITY).contains(0, 180)).isTrue();
        assertThatThrownBy(() -> new Circle(0, 0, -1))
                .isInstanceOf(VarveException.class)
                .hasMessageContaining("-1");
        assertThatThrownBy(() -> new Circle(0, 0, Double.NaN)).isInstanceOf(VarveException.class);
    }

    @Test
    void linesAndPointsHoldTheirOwnPlacesOnly() {
        Region line = touching("LINESTRING(0 0, 2 2)");
        assertThat(line.contains(1, 1)).isTrue();
        assertThat(line.contains(1, 1.0000001)).isFalse();
        Region both = touching("GEOMETRYCOLLECTION(POINT(5 5), POLYGON((0 0, 1 0, 1 1, 0 0)))");
        assertThat(both.contains(5, 5)).isTrue();
        assertThat(both.contains(0.2, 0.5)).isTrue();
        assertThat(both.contains(5, 6)).isFalse();
    }

    @Test
    void nothingHoldsPlacesThatAreNone() {
        List<Region> regions = List.of(
                Region.EVERYWHERE,
                new AllOf(List.of()),
                new Box(-180, -90, 180, 90),
                new Circle(0, 0, 1e9),
                touching("POLYGON((-540 -90, 540 -90, 540 90, -540 90, -540 -90))"),
                touching("LINESTRING(-540 0, 540 0)"),
                near("LINESTRING(0 0, 1 1)", 1e9));
        for (Region region : regions) {
            assertThat(region.contains(Double.NaN, 0)).as("%s", region).isFalse();
            assertThat(region.contains(0, Double.NaN)).as("%s", region).isFalse();
            assertThat(region.contains(0, 181)).as("%s", region).isFalse();
            assertThat(region.contains(91, 0)).as("%s", region).isFalse();
            assertThat(region.contains(0, 0)).as("%s", region).isTrue();
        }
    }

    @Test
    void distanceToAShapeIsToItsNearestPlace() {
        SplittableRandom random = new SplittableRandom(9);
        Region river = near("LINESTRING(0 0, 3 4, 5 1, 8 8)", 50_000);
        Region lake = near("POLYGON((0 0, 5 0, 5 5, 0 5, 0 0), (1 1, 4 1, 4 4, 1 4, 1 1))", 20_000);
        assertThat(lake.contains(0.5, 0.5)).isTrue();
        assertThat(lake.contains(2.5, 2.5)).isFalse();
        assertThat(lake.contains(1.1, 2.5)).isTrue();
        assertThat(lake.contains(-0.17, 2)).isTrue();
        assertThat(lake.contains(-0.19, 2)).isFalse();
        double[][] corners = {{0, 0}, {3, 4}, {5, 1}, {8, 8}};
        for (int i = 0; i < 2_000; i++) {
            double lat = random.nextDouble(-1, 9);
            double lon = random.nextDouble(-1, 9);
            double nearest = Double.POSITIVE_INFINITY;
            for (int leg = 0; leg < 3; leg++) {
                for (int step = 0; step <= 200; step++) {
                    double part = step / 200.0;
                    nearest = Math.min(
                            nearest,
                            GreatCircle.metres(
                                    lat,
                                    lon,
                                    corners[leg][1] + part * (corners[leg + 1][1] - corners[leg][1]),
                                    corners[leg][0] + part * (corners[leg + 1][0] - corners[leg][0])));
                }
            }
            // So close to the equator arcs and straight lines are the same within a kilometre.
            if (Math.abs(nearest - 50_000) > 2_000) {
                assertThat(river.contains(lat, lon)).as("%s %s", lat, lon).isEqualTo(nearest < 50_000);
            }
        }
        assertCovered(river, random);
        assertCovered(lake, random);
        assertCovered(near("LINESTRING(170 60, 190 80)", 300_000), random);
        assertCovered(near("MULTIPOINT((10 10), (20 20))", 100_000), random);
    }

    private static void assertCovered(Region region, SplittableRandom random) {
        for (int resolution : new int[] {3, 6, 9}) {
            CellRanges cover = CellCover.of(region, resolution, 200);
            int held = 0;
            for (int i = 0; i < 20_000; i++) {
                LatLonBounds bounds =
                        region.bounds().get(random.nextInt(region.bounds().size()));
                double lat = random.nextDouble(bounds.south(), bounds.north());
                double lon = random.nextDouble(bounds.west(), bounds.east());
                if (region.contains(lat, lon)) {
                    held++;
                    assertThat(cover.contains(H3Cells.of(lat, lon, resolution))).isTrue();
                    assertThat(region.mayIntersect(new LatLonBounds(lon, lat, lon, lat)))
                            .isTrue();
                }
            }
            assertThat(held).isPositive();
        }
    }
}
