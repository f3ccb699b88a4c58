package dev.varve.testkit;

import dev.varve.model.space.H3Cells.Place;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.locationtech.jts.algorithm.locate.SimplePointInAreaLocator;
import org.locationtech.jts.geom.Coordinate;
import org.locationtech.jts.geom.Geometry;
import org.locationtech.jts.geom.Location;
import org.locationtech.jts.io.ParseException;
import org.locationtech.jts.io.WKTReader;

/** Answers the SQL of a case for one place in the plainest way, by JTS and textbook formulas, apart from the model's code. */
final class Oracle {
    private static final Pattern WKT = Pattern.compile("ST_GeomFromText\\('([^']*)'\\)");
    private static final Pattern NUMBER = Pattern.compile("-?\\d+(\\.\\d+)?");

    private Oracle() {}

    /** Whether an answer is right; at the rim of a circle, within the rounding of haversine, both are. */
    static boolean agrees(boolean answer, SpaceCase space, Place place) {
        boolean surely = true;
        boolean perhaps = true;
        for (String term : space.sql().split(" AND ", -1)) {
            surely &= holds(term, place, -1);
            perhaps &= holds(term, place, 1);
        }
        return answer ? perhaps : !surely;
    }

    private static boolean holds(String term, Place place, int roundingSign) {
        boolean closed = term.startsWith("ST_Intersects");
        Matcher wkt = WKT.matcher(term);
        if (wkt.find()) {
            return inPolygon(wkt.group(1), closed, place);
        }
        List<Double> numbers = new ArrayList<>();
        Matcher number = NUMBER.matcher(term);
        while (number.find()) {
            numbers.add(Double.valueOf(number.group()));
        }
        if (numbers.size() == 3) {
            double distance = distance(numbers.get(1), numbers.get(0), place);
            double rounding = distance > 19e6 ? 0.2 : 1e-6;
            return distance <= numbers.get(2) + roundingSign * rounding;
        }
        return inBox(numbers.get(0), numbers.get(1), numbers.get(2), numbers.get(3), closed, place);
    }

    private static boolean inBox(double west, double south, double east, double north, boolean closed, Place place) {
        double end = east < west ? east + 360 : east;
        for (int turn = -1; turn <= 1; turn++) {
            double lon = place.lon() + 360 * turn;
            boolean in = closed
                    ? west <= lon && lon <= end && south <= place.lat() && place.lat() <= north
                    : west < lon && lon < end && south < place.lat() && place.lat() < north;
            if (in) {
                return true;
            }
        }
        return false;
    }

    private static double distance(double lat, double lon, Place place) {
        double a = Math.pow(Math.sin(Math.toRadians(place.lat() - lat) / 2), 2)
                + Math.cos(Math.toRadians(lat))
                        * Math.cos(Math.toRadians(place.lat()))
                        * Math.pow(Math.sin(Math.toRadians(place.lon() - lon) / 2), 2);
        return 2 * 6_371_008.8 * Math.asin(Math.sqrt(Math.min(1, a)));
    }

    private static boolean inPolygon(String wkt, boolean closed, Place place) {
        Geometry geometry;
        try {
            geometry = new WKTReader().read(wkt);
        } catch (ParseException e) {
            throw new IllegalStateException(wkt, e);
        }
        for (int turn = -1; turn <= 1; turn++) {
            int location =
                    SimplePointInAreaLocator.locate(new Coordinate(place.lon() + 360 * turn, place.lat()), geometry);
            if (location == Location.INTERIOR || (closed && location == Location.BOUNDARY)) {
                return true;
            }
        }
        return false;
    }
}
