package dev.varve.testkit;

import dev.varve.model.space.H3Cells;
import dev.varve.model.space.H3Cells.Place;
import java.util.List;
import java.util.SplittableRandom;

/** Places on the globe, many of them where mistakes hide: poles, antimeridian, pentagons, round numbers. */
public final class RandomPlaces {
    private static final List<String> PENTAGONS = List.of(
            "8009fffffffffff",
            "801dfffffffffff",
            "8031fffffffffff",
            "804dfffffffffff",
            "8063fffffffffff",
            "8075fffffffffff",
            "807ffffffffffff",
            "8091fffffffffff",
            "80a7fffffffffff",
            "80c3fffffffffff",
            "80d7fffffffffff",
            "80ebfffffffffff");

    private final SplittableRandom random;

    public RandomPlaces(long seed) {
        this(new SplittableRandom(seed));
    }

    RandomPlaces(SplittableRandom random) {
        this.random = random;
    }

    /** Half uniform over the globe, half at poles, antimeridian, pentagons and the origin. */
    public Place next() {
        return switch (random.nextInt(8)) {
            case 0 -> place(Math.copySign(90 - small(), random.nextDouble(-1, 1)), random.nextDouble(-180, 180));
            case 1 -> place(random.nextDouble(-90, 90), 180 + signed(small()));
            case 2 -> {
                Place pentagon = H3Cells.centre(H3Cells.parse(PENTAGONS.get(random.nextInt(PENTAGONS.size()))));
                yield around(pentagon, small());
            }
            case 3 ->
                switch (random.nextInt(5)) {
                    case 0 -> new Place(random.nextBoolean() ? 90 : -90, random.nextInt(-180, 181));
                    case 1 -> new Place(random.nextInt(-90, 91), random.nextBoolean() ? 180 : -180);
                    case 2 -> new Place(0, 0);
                    default -> new Place(random.nextInt(-90, 91), random.nextInt(-180, 181));
                };
            default -> new Place(Math.toDegrees(Math.asin(random.nextDouble(-1, 1))), random.nextDouble(-180, 180));
        };
    }

    /** Close to the edge of a region, at any scale from a metre to ten degrees, or exactly at a landmark. */
    public Place near(SpaceCase space) {
        Place landmark = space.landmarks().get(random.nextInt(space.landmarks().size()));
        Place other = space.landmarks().get(random.nextInt(space.landmarks().size()));
        return switch (random.nextInt(6)) {
            case 0 -> place(landmark.lat(), landmark.lon());
            case 1 -> place(landmark.lat(), other.lon());
            case 2 -> {
                double part = random.nextDouble(0, 1);
                yield place(
                        landmark.lat() + part * (other.lat() - landmark.lat()),
                        landmark.lon() + part * (other.lon() - landmark.lon()));
            }
            default -> around(landmark, small());
        };
    }

    private Place around(Place centre, double degrees) {
        double lat = centre.lat() + signed(degrees);
        // Degrees of longitude are short near the poles.
        double wide = degrees / Math.max(0.01, Math.cos(Math.toRadians(Math.min(90, Math.abs(lat)))));
        double lon = centre.lon() + signed(Math.min(180, wide));
        return random.nextInt(4) == 0 ? place(Math.rint(lat * 100) / 100, Math.rint(lon * 100) / 100) : place(lat, lon);
    }

    /** From 1e-5 to 10, evenly over the orders of magnitude. */
    private double small() {
        return Math.pow(10, random.nextDouble(-5, 1));
    }

    private double signed(double most) {
        return random.nextDouble(-1, 1) * most;
    }

    /** The place with its latitude clamped and its longitude brought into -180 to 180. */
    static Place place(double lat, double lon) {
        double turned = lon;
        while (turned > 180) {
            turned -= 360;
        }
        while (turned < -180) {
            turned += 360;
        }
        return new Place(Math.clamp(lat, -90, 90), turned);
    }
}
