package dev.varve.testkit;

import dev.varve.model.space.AllOf;
import dev.varve.model.space.Box;
import dev.varve.model.space.Circle;
import dev.varve.model.space.Edges;
import dev.varve.model.space.GeometryText;
import dev.varve.model.space.H3Cells.Place;
import dev.varve.model.space.Region;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Collectors;

/**
 * Boxes, circles, polygons with and without holes and conjunctions of them, from metres to the whole globe, a good part at
 * poles, antimeridian and pentagons; each with the SQL that asks for it.
 */
public final class RandomRegions {
    private final SplittableRandom random;
    private final RandomPlaces places;

    public RandomRegions(long seed) {
        random = new SplittableRandom(seed);
        places = new RandomPlaces(random.split());
    }

    public SpaceCase next() {
        if (random.nextInt(10) == 0) {
            SpaceCase left = simple(places.next());
            SpaceCase right = simple(places.near(left));
            List<Place> landmarks = new ArrayList<>(left.landmarks());
            landmarks.addAll(right.landmarks());
            return new SpaceCase(
                    new AllOf(List.of(left.region(), right.region())), left.sql() + " AND " + right.sql(), landmarks);
        }
        return simple(places.next());
    }

    private SpaceCase simple(Place centre) {
        return switch (random.nextInt(8)) {
            case 0, 1 -> box(centre);
            case 2, 3 -> circle(centre);
            case 4 -> band();
            default -> polygon(centre);
        };
    }

    /** Half of the size in degrees: from 10 m to a hemisphere, evenly over the orders of magnitude. */
    private double size() {
        return Math.pow(10, random.nextDouble(-4, 1.9));
    }

    private SpaceCase box(Place centre) {
        double high = size() * random.nextDouble(0.2, 1);
        double wide = Math.min(179, size());
        // Round numbers often enough that places fall on edges, but never so round that a small box turns inside out.
        double scale = Math.min(high, wide) > 0.05 && random.nextBoolean() ? 1e2 : 1e9;
        double south = rounded(Math.max(-90, centre.lat() - high), scale);
        double north = rounded(Math.min(90, centre.lat() + high), scale);
        double west = rounded(RandomPlaces.place(0, centre.lon() - wide).lon(), scale);
        double east = rounded(RandomPlaces.place(0, centre.lon() + wide).lon(), scale);
        List<Place> landmarks = List.of(
                new Place(south, west),
                new Place(south, east),
                new Place(north, west),
                new Place(north, east),
                new Place(centre.lat(), west),
                new Place(north, centre.lon()));
        String envelope = "ST_MakeEnvelope(%s, %s, %s, %s)".formatted(text(west), text(south), text(east), text(north));
        if (random.nextBoolean()) {
            return new SpaceCase(
                    new Box(west, south, east, north),
                    "ST_Intersects(ST_Point(lon, lat), " + envelope + ")",
                    landmarks);
        }
        return new SpaceCase(
                new Box(west, south, east, north, Edges.EXCLUDED),
                "ST_Within(ST_Point(lon, lat), " + envelope + ")",
                landmarks);
    }

    private SpaceCase circle(Place centre) {
        double scale = random.nextInt(3) == 0 ? 1e2 : 1e9;
        double lat = rounded(centre.lat(), scale);
        double lon = rounded(centre.lon(), scale);
        double degrees = random.nextInt(20) == 0 ? random.nextDouble(80, 180) : size();
        double metres = Math.rint(degrees * 111_195);
        List<Place> landmarks = new ArrayList<>();
        landmarks.add(new Place(lat, lon));
        for (int i = 0; i < 8; i++) {
            landmarks.add(towards(lat, lon, Math.PI * i / 4, metres / 6_371_008.8));
        }
        return new SpaceCase(
                new Circle(lat, lon, metres),
                "ST_DWithin(ST_Point(lon, lat), ST_Point(%s, %s), %s)".formatted(text(lon), text(lat), text(metres)),
                landmarks);
    }

    /** The place at an angle and bearing from another, all in radians but the places. */
    private static Place towards(double lat, double lon, double bearing, double angle) {
        double phi = Math.toRadians(lat);
        double sin = Math.sin(phi) * Math.cos(angle) + Math.cos(phi) * Math.sin(angle) * Math.cos(bearing);
        double phi2 = Math.asin(Math.clamp(sin, -1, 1));
        double turn = Math.atan2(
                Math.sin(bearing) * Math.sin(angle) * Math.cos(phi), Math.cos(angle) - Math.sin(phi) * Math.sin(phi2));
        return RandomPlaces.place(Math.toDegrees(phi2), lon + Math.toDegrees(turn));
    }

    /** Everything north or south of a parallel, drawn as one rectangle around the globe, sometimes with a hole. */
    private SpaceCase band() {
        double lat = random.nextInt(-89, 90);
        double pole = random.nextBoolean() ? 90 : -90;
        List<List<Place>> rings = new ArrayList<>();
        rings.add(ring(-180, Math.min(lat, pole), 180, Math.max(lat, pole)));
        if (Math.abs(pole - lat) > 2 && random.nextBoolean()) {
            double low = Math.min(lat, pole);
            double high = Math.max(lat, pole);
            double west = random.nextInt(-170, 100);
            rings.add(ring(west, low + 0.5, west + random.nextInt(1, 60), high - 0.5));
        }
        return asPolygon(rings);
    }

    private static List<Place> ring(double west, double south, double east, double north) {
        return List.of(
                new Place(south, west),
                new Place(south, east),
                new Place(north, east),
                new Place(north, west),
                new Place(south, west));
    }

    /** A star around a centre, up to a continent, drawn past the antimeridian and up to the poles where it gets there. */
    private SpaceCase polygon(Place centre) {
        double size = Math.min(60, size());
        int corners = random.nextInt(3, 40);
        double[] reach = random.doubles(corners, 0.3, 1).toArray();
        // One rounding for all corners, far finer than the shape, so that rings stay apart.
        double scale = size > 5 ? 1e2 : 1e9;
        List<List<Place>> rings = new ArrayList<>();
        rings.add(star(centre, size, reach, scale));
        // Where a pole cuts the outer ring off, a hole could stick out of it.
        if (random.nextInt(3) == 0 && Math.abs(centre.lat()) + size < 90) {
            rings.add(star(centre, size * random.nextDouble(0.1, 0.7), reach, scale));
        }
        return asPolygon(rings);
    }

    private static List<Place> star(Place centre, double size, double[] reach, double scale) {
        List<Place> ring = new ArrayList<>();
        for (int i = 0; i < reach.length; i++) {
            double angle = 2 * Math.PI * i / reach.length;
            double lat = centre.lat() + size * reach[i] * Math.sin(angle);
            double lon = centre.lon() + size * reach[i] * Math.cos(angle);
            ring.add(new Place(rounded(Math.clamp(lat, -90, 90), scale), rounded(lon, scale)));
        }
        ring.add(ring.getFirst());
        return ring;
    }

    private SpaceCase asPolygon(List<List<Place>> rings) {
        String wkt = rings.stream()
                .map(ring -> ring.stream()
                        .map(corner -> text(corner.lon()) + " " + text(corner.lat()))
                        .collect(Collectors.joining(", ", "(", ")")))
                .collect(Collectors.joining(", ", "POLYGON(", ")"));
        List<Place> landmarks = rings.stream().flatMap(List::stream).toList();
        String geometry = "ST_GeomFromText('" + wkt + "')";
        return switch (random.nextInt(3)) {
            case 0 ->
                new SpaceCase(
                        Region.inside(GeometryText.ofWkt(wkt)),
                        "ST_Within(ST_Point(lon, lat), " + geometry + ")",
                        landmarks);
            case 1 ->
                new SpaceCase(
                        Region.inside(GeometryText.ofWkt(wkt)),
                        "ST_Contains(" + geometry + ", ST_Point(lon, lat))",
                        landmarks);
            default ->
                new SpaceCase(
                        Region.touching(GeometryText.ofWkt(wkt)),
                        "ST_Intersects(" + geometry + ", ST_Point(lon, lat))",
                        landmarks);
        };
    }

    /** Few enough digits for a decimal literal. */
    private static double rounded(double degrees, double scale) {
        return Math.rint(degrees * scale) / scale;
    }

    private static String text(double number) {
        return BigDecimal.valueOf(number).toPlainString();
    }
}
