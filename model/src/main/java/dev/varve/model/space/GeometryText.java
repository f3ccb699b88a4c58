package dev.varve.model.space;

import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import java.util.Locale;
import org.locationtech.jts.geom.Geometry;
import org.locationtech.jts.geom.GeometryCollection;
import org.locationtech.jts.geom.GeometryFactory;
import org.locationtech.jts.geom.LineString;
import org.locationtech.jts.geom.Polygon;
import org.locationtech.jts.io.ParseException;
import org.locationtech.jts.io.WKTReader;

/** Reads geometries from WKT and GeoJSON, longitude first, with limits and errors that say what is wrong. */
public final class GeometryText {
    /** A text with more corners is refused as {@link ErrorCode#TOO_LARGE}. */
    public static final int MOST_CORNERS = 1_000_000;

    static final int DEEPEST = 32;

    private static final String WKT_HINT =
            "a polygon looks like POLYGON((10 50, 11 50, 11 51, 10 50)), longitude first";

    private GeometryText() {}

    /** The geometry of a WKT text, with or without a leading {@code SRID=4326;}; third and fourth coordinates are ignored. */
    public static Geometry ofWkt(String text) {
        String wkt = withoutSrid(text);
        measure(wkt);
        Geometry geometry;
        try {
            geometry = new WKTReader(new GeometryFactory()).read(wkt);
        } catch (ParseException | IllegalArgumentException e) {
            throw new VarveException(
                            ErrorCode.SQL_RUNTIME, "not WKT: " + e.getMessage() + " in '" + start(wkt) + "'", e)
                    .withHint(WKT_HINT);
        }
        return checked(geometry);
    }

    /** The geometry of a GeoJSON geometry, Feature or FeatureCollection; the latter becomes a collection. */
    public static Geometry ofGeoJson(String text) {
        return checked(GeoJson.read(text));
    }

    private static String withoutSrid(String text) {
        String wkt = text.strip();
        if (!wkt.toUpperCase(Locale.ROOT).startsWith("SRID=")) {
            return wkt;
        }
        int end = wkt.indexOf(';');
        String srid = end < 0 ? wkt.substring(5) : wkt.substring(5, end);
        if (end < 0 || !srid.strip().equals("4326")) {
            throw new VarveException(ErrorCode.SQL_UNSUPPORTED, "coordinates of SRID '" + start(srid) + "'")
                    .withHint("only 4326, longitude and latitude in degrees, is known");
        }
        return wkt.substring(end + 1);
    }

    /** Refuses texts that would take the reader too much memory or too deep a stack. */
    private static void measure(String wkt) {
        int corners = 1;
        int depth = 0;
        boolean closed = false;
        for (int i = 0; i < wkt.length(); i++) {
            if (closed && !Character.isWhitespace(wkt.charAt(i))) {
                // JTS would stop reading here and say nothing.
                throw new VarveException(
                                ErrorCode.SQL_RUNTIME,
                                "'" + start(wkt.substring(i)) + "' follows the end of the WKT at character " + (i + 1))
                        .withHint(WKT_HINT);
            }
            switch (wkt.charAt(i)) {
                case ',' -> corners++;
                case '(' -> depth++;
                case ')' -> {
                    depth--;
                    closed = depth == 0;
                }
                default -> {
                    // counts for nothing
                }
            }
            if (depth > DEEPEST) {
                throw new VarveException(
                        ErrorCode.TOO_LARGE, "WKT nested deeper than " + DEEPEST + " at character " + (i + 1));
            }
            if (corners > MOST_CORNERS) {
                throw tooManyCorners();
            }
        }
    }

    static VarveException tooManyCorners() {
        return new VarveException(ErrorCode.TOO_LARGE, "geometry has more than " + MOST_CORNERS + " corners")
                .withHint("simplify it, or ask for its parts one by one");
    }

    private static Geometry checked(Geometry geometry) {
        Shapes.check(geometry);
        checkRings(geometry);
        return geometry;
    }

    /** A ring that is closed but has no inside is a slip worth telling; JTS lets three corners pass. */
    private static void checkRings(Geometry geometry) {
        if (geometry instanceof Polygon area) {
            checkRing(area.getExteriorRing());
            for (int hole = 0; hole < area.getNumInteriorRing(); hole++) {
                checkRing(area.getInteriorRingN(hole));
            }
        } else if (geometry instanceof GeometryCollection) {
            for (int i = 0; i < geometry.getNumGeometries(); i++) {
                checkRings(geometry.getGeometryN(i));
            }
        }
    }

    private static void checkRing(LineString ring) {
        if (!ring.isEmpty() && ring.getNumPoints() < 4) {
            throw new VarveException(
                            ErrorCode.SQL_RUNTIME,
                            "ring of " + ring.getNumPoints() + " points at longitude " + ring.getCoordinateN(0).x
                                    + ", latitude " + ring.getCoordinateN(0).y)
                    .withHint("a ring needs at least 4 points, the last equal to the first");
        }
    }

    static String start(String text) {
        return text.length() <= 60 ? text : text.substring(0, 60) + "…";
    }
}
