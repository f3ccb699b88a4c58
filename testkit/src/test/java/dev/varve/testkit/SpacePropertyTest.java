package dev.varve.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.model.space.CellCover;
import dev.varve.model.space.CellRanges;
import dev.varve.model.space.H3Cells;
import dev.varve.model.space.H3Cells.Place;
import dev.varve.model.space.LatLonBounds;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.LongStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** 10,000 random regions; {@code -Dvarve.seed=N} repeats one seed. */
class SpacePropertyTest {
    private static final int REGIONS_PER_SEED = 500;
    private static final int PLACES = 60;

    static LongStream seeds() {
        Long one = Long.getLong("varve.seed");
        return one == null ? LongStream.rangeClosed(1, 20) : LongStream.of(one);
    }

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("seeds")
    void coversBoundsAndRectanglesNeverMissAPlace(long seed) {
        RandomRegions regions = new RandomRegions(seed);
        RandomPlaces places = new RandomPlaces(seed);
        SplittableRandom random = new SplittableRandom(seed);
        long contained = 0;
        for (int n = 0; n < REGIONS_PER_SEED; n++) {
            SpaceCase space = regions.next();
            int resolution = random.nextInt(16);
            CellRanges cover = CellCover.of(space.region(), resolution, random.nextInt(1, 300));
            CellRanges few = cover.coarsen(8);
            List<LatLonBounds> bounds = space.region().bounds();
            for (int i = 0; i < PLACES; i++) {
                Place place = i % 4 == 0 ? places.next() : places.near(space);
                boolean inside = space.region().contains(place.lat(), place.lon());
                if (!Oracle.agrees(inside, space, place)) {
                    throw new AssertionError(inside + " is not what the oracle says of " + place + " in " + space);
                }
                if (!inside) {
                    continue;
                }
                contained++;
                long cell = H3Cells.of(place.lat(), place.lon(), resolution);
                if (!cover.contains(cell) || !few.contains(cell)) {
                    throw new AssertionError("cover of " + space + " at resolution " + resolution + " misses " + place);
                }
                if (bounds.stream().noneMatch(rectangle -> rectangle.contains(place.lat(), place.lon()))) {
                    throw new AssertionError("bounds " + bounds + " of " + space + " miss " + place);
                }
                double size = Math.pow(10, random.nextDouble(-9, 2));
                LatLonBounds around = new LatLonBounds(
                        Math.max(-180, place.lon() - random.nextDouble() * size),
                        Math.max(-90, place.lat() - random.nextDouble() * size),
                        Math.min(180, place.lon() + random.nextDouble() * size),
                        Math.min(90, place.lat() + random.nextDouble() * size));
                if (!space.region().mayIntersect(around)) {
                    throw new AssertionError(space + " holds " + place + " but seems not to meet " + around);
                }
            }
        }
        assertThat(contained).isGreaterThan(REGIONS_PER_SEED);
    }
}
