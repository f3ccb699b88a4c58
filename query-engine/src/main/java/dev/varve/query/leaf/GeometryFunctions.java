package dev.varve.query.leaf;

import static org.duckdb.DuckDBColumnType.BOOLEAN;
import static org.duckdb.DuckDBColumnType.DOUBLE;
import static org.duckdb.DuckDBColumnType.VARCHAR;

import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import dev.varve.model.space.GeometryText;
import dev.varve.model.space.GreatCircle;
import dev.varve.model.space.Region;
import java.sql.SQLException;
import java.util.Arrays;
import org.duckdb.DuckDBColumnType;
import org.jspecify.annotations.Nullable;
import org.locationtech.jts.geom.Coordinate;
import org.locationtech.jts.geom.Envelope;
import org.locationtech.jts.geom.Geometry;
import org.locationtech.jts.geom.Point;
import org.locationtech.jts.geom.util.AffineTransformation;
import org.locationtech.jts.operation.distance.DistanceOp;

/**
 * Functions of geometries; WKB in SQL, base64 of it here.
 *
 * <p>A point against a geometry is answered by {@link Region}, exactly as in a filter that prunes files; two geometries
 * that are no points are compared in the plane of longitude and latitude. The distance of two points is haversine; any
 * other distance is the haversine between the two nearest places in an equirectangular plane around both geometries, whose
 * longitudes are scaled by the cosine of their middle latitude (good to about 1 % up to a few hundred kilometres), and 0
 * when they touch.
 */
final class GeometryFunctions {
    private final Parsed parsed = new Parsed();

    void register(ScalarFunctions functions) throws SQLException {
        geometry(functions, "point", "lon, lat", a -> point((Double) a[0], (Double) a[1]), 2);
        geometry(
                functions,
                "makeenvelope",
                "west, south, east, north",
                a -> envelope((Double) a[0], (Double) a[1], (Double) a[2], (Double) a[3]),
                4);
        functions.rows(
                "varve_text_geomfromtext", a -> Geometries.encode(GeometryText.ofWkt((String) a[0])), VARCHAR, VARCHAR);
        functions.macro("varve_st_geomfromtext(wkt) AS from_base64(varve_text_geomfromtext(wkt))");
        functions.rows(
                "varve_text_geomfromgeojson",
                a -> Geometries.encode(GeometryText.ofGeoJson((String) a[0])),
                VARCHAR,
                VARCHAR);
        functions.macro("varve_st_geomfromgeojson(json) AS from_base64(varve_text_geomfromgeojson(json))");

        relation(functions, "within", a -> within(at(a[0]), at(a[1])));
        relation(functions, "contains", a -> within(at(a[1]), at(a[0])));
        relation(functions, "intersects", a -> intersects(at(a[0]), at(a[1])));
        functions.rows(
                "varve_text_distance",
                a -> distance(at(a[0]).geometry(), at(a[1]).geometry()),
                DOUBLE,
                VARCHAR,
                VARCHAR);
        functions.macro("varve_st_distance(a, b) AS varve_text_distance(to_base64(a), to_base64(b))");
        functions.rows(
                "varve_text_dwithin",
                a -> dwithin(at(a[0]), at(a[1]), (Double) a[2]),
                BOOLEAN,
                VARCHAR,
                VARCHAR,
                DOUBLE);
        functions.macro("varve_st_dwithin(a, b, metres) AS"
                + " varve_text_dwithin(to_base64(a), to_base64(b), metres::DOUBLE)");

        functions.rows("varve_text_x", a -> coordinate(at(a[0]), 0), DOUBLE, VARCHAR);
        functions.macro("varve_st_x(a) AS varve_text_x(to_base64(a))");
        functions.rows("varve_text_y", a -> coordinate(at(a[0]), 1), DOUBLE, VARCHAR);
        functions.macro("varve_st_y(a) AS varve_text_y(to_base64(a))");
        functions.rows("varve_text_astext", a -> Geometries.text(at(a[0]).geometry()), VARCHAR, VARCHAR);
        functions.macro("varve_st_astext(a) AS varve_text_astext(to_base64(a))");
        functions.rows("varve_text_asgeojson", a -> GeoJsonText.of(at(a[0]).geometry()), VARCHAR, VARCHAR);
        functions.macro("varve_st_asgeojson(a) AS varve_text_asgeojson(to_base64(a))");
    }

    /** A geometry made of numbers. */
    private interface Maker {
        Geometry of(Object[] numbers);
    }

    private static void geometry(ScalarFunctions functions, String name, String parameters, Maker maker, int count)
            throws SQLException {
        DuckDBColumnType[] types = new DuckDBColumnType[count];
        Arrays.fill(types, DOUBLE);
        functions.rows("varve_text_" + name, a -> Geometries.encode(maker.of(a)), VARCHAR, types);
        functions.macro("varve_st_" + name + "(" + parameters + ") AS from_base64(varve_text_" + name + "(" + parameters
                + "))");
    }

    private static void relation(ScalarFunctions functions, String name, ScalarFunctions.RowFunction function)
            throws SQLException {
        functions.rows("varve_text_" + name, function, BOOLEAN, VARCHAR, VARCHAR);
        functions.macro("varve_st_" + name + "(a, b) AS varve_text_" + name + "(to_base64(a), to_base64(b))");
    }

    private Parsed.Shape at(Object base64) {
        return parsed.of((String) base64);
    }

    private static Geometry point(double lon, double lat) {
        checkFinite(lon, lat);
        return Geometries.point(lon, lat);
    }

    private static Geometry envelope(double west, double south, double east, double north) {
        checkFinite(west, south);
        checkFinite(east, north);
        if (south > north) {
            throw new VarveException(
                            ErrorCode.SQL_RUNTIME, "an envelope whose south " + south + " is above its north " + north)
                    .withHint("the order is west, south, east, north");
        }
        return Geometries.factory().toGeometry(new Envelope(west, west <= east ? east : east + 360, south, north));
    }

    private static void checkFinite(double lon, double lat) {
        if (!Double.isFinite(lon) || !Double.isFinite(lat)) {
            throw new VarveException(ErrorCode.SQL_RUNTIME, "a coordinate is " + (Double.isFinite(lon) ? lat : lon));
        }
    }

    private static boolean within(Parsed.Shape inner, Parsed.Shape outer) {
        return (inner.geometry() instanceof Point point && !point.isEmpty())
                ? outer.inside().contains(point.getY(), point.getX())
                : outer.prepared().contains(inner.geometry());
    }

    private static boolean intersects(Parsed.Shape left, Parsed.Shape right) {
        if (left.geometry() instanceof Point point && !point.isEmpty()) {
            return right.touching().contains(point.getY(), point.getX());
        }
        if (right.geometry() instanceof Point point && !point.isEmpty()) {
            return left.touching().contains(point.getY(), point.getX());
        }
        return left.prepared().intersects(right.geometry());
    }

    private static @Nullable Boolean dwithin(Parsed.Shape left, Parsed.Shape right, double metres) {
        if (left.geometry().isEmpty() || right.geometry().isEmpty()) {
            return null;
        }
        if (left.geometry() instanceof Point point && !(right.geometry() instanceof Point)) {
            return right.near(metres).contains(point.getY(), point.getX());
        }
        if (right.geometry() instanceof Point point && !(left.geometry() instanceof Point)) {
            return left.near(metres).contains(point.getY(), point.getX());
        }
        Double distance = distance(left.geometry(), right.geometry());
        return distance == null ? null : distance <= metres;
    }

    private static @Nullable Double distance(Geometry left, Geometry right) {
        if (left.isEmpty() || right.isEmpty()) {
            return null;
        }
        if (left instanceof Point a && right instanceof Point b) {
            return GreatCircle.metres(a.getY(), a.getX(), b.getY(), b.getX());
        }
        Envelope both = new Envelope(left.getEnvelopeInternal());
        both.expandToInclude(right.getEnvelopeInternal());
        double scale = Math.max(1e-6, Math.cos(Math.toRadians((both.getMinY() + both.getMaxY()) / 2)));
        AffineTransformation plane = AffineTransformation.scaleInstance(scale, 1);
        double nearest = Double.POSITIVE_INFINITY;
        Geometry flatLeft = plane.transform(left);
        for (int turn = -360; turn <= 360; turn += 360) {
            Geometry flatRight = AffineTransformation.translationInstance(turn, 0)
                    .scale(scale, 1)
                    .transform(right);
            Coordinate[] ends = DistanceOp.nearestPoints(flatLeft, flatRight);
            nearest = Math.min(nearest, GreatCircle.metres(ends[0].y, ends[0].x / scale, ends[1].y, ends[1].x / scale));
        }
        return nearest;
    }

    private static @Nullable Double coordinate(Parsed.Shape shape, int ordinate) {
        if (!(shape.geometry() instanceof Point point)) {
            throw new VarveException(
                            ErrorCode.SQL_RUNTIME,
                            "a coordinate of a " + shape.geometry().getGeometryType())
                    .withHint("ST_X and ST_Y take a point");
        }
        return point.isEmpty() ? null : (Double) (ordinate == 0 ? point.getX() : point.getY());
    }
}
