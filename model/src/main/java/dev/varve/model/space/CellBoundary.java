package dev.varve.model.space;

import com.uber.h3core.util.LatLng;
import java.util.List;

/** Draws the corners of a cell as a polygon on the plane of longitude and latitude. */
final class CellBoundary {
    private CellBoundary() {}

    static String wkt(List<LatLng> corners) {
        StringBuilder text = new StringBuilder("POLYGON((");
        double first = corners.getFirst().lng;
        double lon = first;
        double latSum = 0;
        for (LatLng corner : corners) {
            lon = nearest(corner.lng, lon);
            latSum += corner.lat;
            append(text, lon, corner.lat);
            text.append(", ");
        }
        double closing = nearest(first, lon);
        if (closing != first) {
            // The corners went around a pole: on the plane the ring closes along the pole's parallel.
            double pole = latSum > 0 ? 90 : -90;
            append(text, closing, corners.getFirst().lat);
            text.append(", ");
            append(text, closing, pole);
            text.append(", ");
            append(text, first, pole);
            text.append(", ");
        }
        append(text, first, corners.getFirst().lat);
        return text.append("))").toString();
    }

    /** The same meridian at most half a turn from another. */
    private static double nearest(double lon, double other) {
        if (lon - other > 180) {
            return lon - 360;
        }
        return lon - other < -180 ? lon + 360 : lon;
    }

    private static void append(StringBuilder text, double lon, double lat) {
        text.append(lon).append(' ').append(lat);
    }
}
