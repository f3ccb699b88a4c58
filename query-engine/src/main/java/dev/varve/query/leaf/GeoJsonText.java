package dev.varve.query.leaf;

import org.locationtech.jts.geom.Coordinate;
import org.locationtech.jts.geom.Geometry;
import org.locationtech.jts.geom.GeometryCollection;
import org.locationtech.jts.geom.LineString;
import org.locationtech.jts.geom.MultiLineString;
import org.locationtech.jts.geom.MultiPoint;
import org.locationtech.jts.geom.MultiPolygon;
import org.locationtech.jts.geom.Point;
import org.locationtech.jts.geom.Polygon;

/** Writes geometries as GeoJSON (RFC 7946). */
final class GeoJsonText {
    private final StringBuilder json = new StringBuilder();

    private GeoJsonText() {}

    static String of(Geometry geometry) {
        GeoJsonText text = new GeoJsonText();
        text.geometry(geometry);
        return text.json.toString();
    }

    private void geometry(Geometry geometry) {
        boolean mixed = geometry instanceof GeometryCollection
                && !(geometry instanceof MultiPoint)
                && !(geometry instanceof MultiLineString)
                && !(geometry instanceof MultiPolygon);
        String type = geometry.getGeometryType().equals("LinearRing") ? "LineString" : geometry.getGeometryType();
        json.append("{\"type\":\"").append(type).append(mixed ? "\",\"geometries\":" : "\",\"coordinates\":");
        coordinates(geometry, mixed);
        json.append('}');
    }

    private void coordinates(Geometry geometry, boolean mixed) {
        switch (geometry) {
            case Point point -> {
                if (point.isEmpty()) {
                    json.append("[]");
                } else {
                    place(point.getCoordinate());
                }
            }
            case LineString line -> line(line);
            case Polygon area -> {
                json.append('[');
                if (!area.isEmpty()) {
                    line(area.getExteriorRing());
                    for (int i = 0; i < area.getNumInteriorRing(); i++) {
                        json.append(',');
                        line(area.getInteriorRingN(i));
                    }
                }
                json.append(']');
            }
            default -> {
                json.append('[');
                for (int i = 0; i < geometry.getNumGeometries(); i++) {
                    json.append(i == 0 ? "" : ",");
                    if (mixed) {
                        geometry(geometry.getGeometryN(i));
                    } else {
                        coordinates(geometry.getGeometryN(i), false);
                    }
                }
                json.append(']');
            }
        }
    }

    private void line(LineString line) {
        json.append('[');
        Coordinate[] places = line.getCoordinates();
        for (int i = 0; i < places.length; i++) {
            json.append(i == 0 ? "" : ",");
            place(places[i]);
        }
        json.append(']');
    }

    private void place(Coordinate place) {
        json.append('[').append(place.x).append(',').append(place.y).append(']');
    }
}
