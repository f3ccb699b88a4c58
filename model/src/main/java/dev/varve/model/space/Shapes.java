package dev.varve.model.space;

import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import java.util.ArrayList;
import java.util.List;
import org.locationtech.jts.geom.Coordinate;
import org.locationtech.jts.geom.CoordinateSequence;
import org.locationtech.jts.geom.CoordinateSequenceFilter;
import org.locationtech.jts.geom.Geometry;
import org.locationtech.jts.geom.GeometryCollection;
import org.locationtech.jts.geom.LineString;
import org.locationtech.jts.geom.Point;
import org.locationtech.jts.geom.Polygon;

/** Takes geometries apart into regions, and longitudes that run past the antimeridian into rectangles that do not. */
final class Shapes {
    /** How far past the antimeridian a shape may be drawn; a place is also tested one turn east and west. */
    static final double FARTHEST_LON = 540;

    /** Degrees; about 0.1 mm, far more than adding 360 to a longitude rounds away. */
    static final double PAD = 1e-9;

    private Shapes() {}

    static Region region(Geometry geometry, Edges edges) {
        check(geometry);
        Parts parts = new Parts();
        parts.add(geometry);
        List<Region> regions = new ArrayList<>();
        if (!parts.areas.isEmpty()) {
            regions.add(new Polygonal(EdgeTree.ofAreas(parts.areas), edges));
        }
        // A line or point has no area; its own places count for ST_Within too (the two ends of an open line would not
        // in
        // PostGIS).
        if (!parts.lines.isEmpty() || !parts.points.isEmpty()) {
            regions.add(new Traces(EdgeTree.ofLines(parts.lines, parts.points)));
        }
        return switch (regions.size()) {
            case 0 -> Region.NOWHERE;
            case 1 -> regions.getFirst();
            default -> new AnyOf(regions);
        };
    }

    static Region near(Geometry geometry, double metres) {
        check(geometry);
        if (!(metres >= 0)) {
            throw new VarveException(ErrorCode.SQL_RUNTIME, "a distance of " + metres + " m is not a radius")
                    .withHint("distances are metres, 0 or more");
        }
        Parts parts = new Parts();
        parts.add(geometry);
        List<Region> regions = new ArrayList<>();
        for (Point point : parts.points) {
            regions.add(new Circle(point.getY(), point.getX(), metres));
        }
        if (!parts.areas.isEmpty()) {
            regions.add(new Polygonal(EdgeTree.ofAreas(parts.areas), Edges.INCLUDED));
            regions.add(new Near(EdgeTree.ofAreas(parts.areas), metres));
        }
        if (!parts.lines.isEmpty()) {
            regions.add(new Near(EdgeTree.ofLines(parts.lines, List.of()), metres));
        }
        return regions.size() == 1 ? regions.getFirst() : new AnyOf(regions);
    }

    /** Refuses coordinates that are not on the globe. */
    static void check(Geometry geometry) {
        geometry.apply(new CoordinateSequenceFilter() {
            @Override
            public void filter(CoordinateSequence sequence, int i) {
                double lon = sequence.getX(i);
                double lat = sequence.getY(i);
                if (!(Math.abs(lat) <= 90 && Math.abs(lon) <= FARTHEST_LON)) {
                    throw offTheGlobe(lon, lat);
                }
            }

            @Override
            public boolean isDone() {
                return false;
            }

            @Override
            public boolean isGeometryChanged() {
                return false;
            }
        });
    }

    static VarveException offTheGlobe(double lon, double lat) {
        VarveException error = new VarveException(
                ErrorCode.SQL_RUNTIME, "longitude " + lon + ", latitude " + lat + " is not on the globe");
        return Math.abs(lat) > 90 && Math.abs(lon) <= 90
                ? error.withHint("longitude comes first, latitude second")
                : error.withHint(
                        "latitudes run from -90 to 90, longitudes from -180 to 180 (to 540 past the antimeridian)");
    }

    /** A longitude from -540 to 540 brought into -180 to 180. */
    static double intoRange(double lon) {
        if (lon > 180) {
            return lon - 360;
        }
        return lon < -180 ? lon + 360 : lon;
    }

    /** The rectangles from -180 to 180 of one that may run from -540 to 540. */
    static List<LatLonBounds> split(double west, double south, double east, double north) {
        if (east - west >= 360) {
            return List.of(new LatLonBounds(-180, south, 180, north));
        }
        List<LatLonBounds> pieces = new ArrayList<>(2);
        for (int turn = -720; turn <= 720; turn += 360) {
            // Only turned longitudes are rounded, so only they are padded.
            double pad = turn == 0 ? 0 : PAD;
            double from = Math.max(-180, west + turn - pad);
            double to = Math.min(180, east + turn + pad);
            if (from <= to) {
                pieces.add(new LatLonBounds(from, south, to, north));
            }
        }
        return List.copyOf(pieces);
    }

    /** Rectangles around all places within a distance; padded outward. */
    static List<LatLonBounds> boundsAround(double lat, double lon, double metres) {
        double radians = metres / GreatCircle.EARTH_RADIUS_METRES;
        // 3e-8 outweighs the rounding of haversine, which is worst near the antipode; elsewhere 1e-12 does.
        double padded = radians * (1 + 1e-12) + (radians > 3 ? 3e-8 : 1e-12);
        if (padded >= Math.PI) {
            return List.of(LatLonBounds.WORLD);
        }
        Cap cap = new Cap(lat, lon, padded);
        return split(cap.west, cap.south, cap.east, cap.north);
    }

    /** A geometry's simple parts; empty ones are dropped. */
    private static final class Parts {
        final List<Polygon> areas = new ArrayList<>();
        final List<LineString> lines = new ArrayList<>();
        final List<Point> points = new ArrayList<>();

        void add(Geometry geometry) {
            if (geometry.isEmpty()) {
                return;
            }
            switch (geometry) {
                case GeometryCollection many -> {
                    for (int i = 0; i < many.getNumGeometries(); i++) {
                        add(many.getGeometryN(i));
                    }
                }
                case Polygon area -> areas.add(area);
                case LineString line -> lines.add(line);
                case Point point -> points.add(point);
                default ->
                    throw new VarveException(
                            ErrorCode.SQL_UNSUPPORTED, "geometries of type " + geometry.getGeometryType());
            }
        }
    }

    /** The corners of a ring or line, as lon, lat pairs. */
    static double[] flat(LineString line) {
        Coordinate[] corners = line.getCoordinates();
        double[] flat = new double[corners.length * 2];
        for (int i = 0; i < corners.length; i++) {
            flat[2 * i] = corners[i].x;
            flat[2 * i + 1] = corners[i].y;
        }
        return flat;
    }
}
