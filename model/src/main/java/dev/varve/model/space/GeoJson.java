package dev.varve.model.space;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.locationtech.jts.geom.Coordinate;
import org.locationtech.jts.geom.Geometry;
import org.locationtech.jts.geom.GeometryFactory;
import org.locationtech.jts.geom.LineString;
import org.locationtech.jts.geom.LinearRing;
import org.locationtech.jts.geom.Point;
import org.locationtech.jts.geom.Polygon;

/** Reads RFC 7946 texts from a token stream, so that an error knows its line and column. */
final class GeoJson {
    /** Properties of a Feature may nest too. */
    private static final int DEEPEST = 100;

    private static final JsonFactory JSON = JsonFactory.builder()
            .streamReadConstraints(
                    StreamReadConstraints.builder().maxNestingDepth(DEEPEST).build())
            .build();
    private static final GeometryFactory GEOMETRIES = new GeometryFactory();
    private static final Set<String> SHAPES =
            Set.of("Point", "MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon");

    private final JsonParser json;
    private int corners;

    private GeoJson(JsonParser json) {
        this.json = json;
    }

    static Geometry read(String text) {
        try (JsonParser json = JSON.createParser(text)) {
            GeoJson reader = new GeoJson(json);
            json.nextToken();
            Geometry geometry = reader.object();
            if (json.nextToken() != null) {
                throw reader.wrong("something follows the geometry");
            }
            return geometry;
        } catch (StreamConstraintsException e) {
            throw new VarveException(ErrorCode.TOO_LARGE, "GeoJSON beyond limits: " + e.getOriginalMessage(), e);
        } catch (com.fasterxml.jackson.core.JsonProcessingException e) {
            throw at("not JSON: " + e.getOriginalMessage(), e.getLocation());
        } catch (IOException e) {
            throw new IllegalStateException("a string cannot fail to be read", e);
        }
    }

    /** Nested arrays of numbers: a position has numbers, anything else has children. */
    private record Nested(List<Nested> children, @Nullable Coordinate position) {}

    private Geometry object() throws IOException {
        if (json.currentToken() != JsonToken.START_OBJECT) {
            throw wrong("an object with a \"type\" is expected");
        }
        JsonLocation start = json.currentTokenLocation();
        String type = "";
        Nested coordinates = null;
        List<Geometry> members = null;
        Geometry geometry = null;
        while (json.nextToken() != JsonToken.END_OBJECT) {
            String name = json.currentName();
            JsonToken value = json.nextToken();
            switch (name) {
                case "type" -> {
                    if (value != JsonToken.VALUE_STRING) {
                        throw wrong("\"type\" is a string");
                    }
                    type = json.getText();
                }
                case "coordinates" -> coordinates = nested();
                case "geometries", "features" -> members = members();
                case "geometry" -> geometry = value == JsonToken.VALUE_NULL ? empty() : object();
                default -> json.skipChildren();
            }
        }
        return switch (type) {
            case "Feature" -> needed(geometry, type, "geometry", start);
            case "FeatureCollection" -> collection(needed(members, type, "features", start));
            case "GeometryCollection" -> collection(needed(members, type, "geometries", start));
            default -> shaped(type, coordinates, start);
        };
    }

    private static Geometry empty() {
        return GEOMETRIES.createGeometryCollection();
    }

    private static Geometry collection(List<Geometry> members) {
        return members.size() == 1
                ? members.getFirst()
                : GEOMETRIES.createGeometryCollection(members.toArray(new Geometry[0]));
    }

    private static <T> T needed(@Nullable T value, String type, String member, JsonLocation start) {
        if (value == null) {
            throw at(type + " has no \"" + member + "\"", start);
        }
        return value;
    }

    private List<Geometry> members() throws IOException {
        if (json.currentToken() != JsonToken.START_ARRAY) {
            throw wrong("an array of objects is expected");
        }
        List<Geometry> members = new ArrayList<>();
        while (json.nextToken() != JsonToken.END_ARRAY) {
            members.add(object());
        }
        return members;
    }

    private Nested nested() throws IOException {
        if (json.currentToken() != JsonToken.START_ARRAY) {
            throw wrong("coordinates are arrays of numbers");
        }
        List<Nested> children = new ArrayList<>();
        Coordinate position = null;
        int numbers = 0;
        while (json.nextToken() != JsonToken.END_ARRAY) {
            if (json.currentToken() == JsonToken.START_ARRAY && position == null) {
                children.add(nested());
            } else if (json.currentToken().isNumeric() && children.isEmpty()) {
                position = position == null ? new Coordinate(json.getDoubleValue(), Double.NaN) : position;
                if (numbers == 1) {
                    position.y = json.getDoubleValue();
                }
                numbers++;
            } else {
                throw wrong("coordinates are arrays of numbers");
            }
        }
        if (position != null) {
            if (numbers < 2) {
                throw wrong("a position needs a longitude and a latitude");
            }
            if (++corners > GeometryText.MOST_CORNERS) {
                throw GeometryText.tooManyCorners();
            }
        }
        return new Nested(children, position);
    }

    private static Geometry shaped(String type, @Nullable Nested found, JsonLocation start) {
        if (!SHAPES.contains(type)) {
            throw at(
                    type.isEmpty()
                            ? "an object has no \"type\""
                            : "'" + GeometryText.start(type) + "' is not a GeoJSON type",
                    start);
        }
        Nested coordinates = needed(found, type, "coordinates", start);
        return switch (type) {
            case "Point" -> point(coordinates, start);
            case "MultiPoint" ->
                GEOMETRIES.createMultiPoint(coordinates.children.stream()
                        .map(child -> point(child, start))
                        .toArray(Point[]::new));
            case "LineString" -> line(coordinates, start);
            case "MultiLineString" ->
                GEOMETRIES.createMultiLineString(coordinates.children.stream()
                        .map(child -> line(child, start))
                        .toArray(LineString[]::new));
            case "Polygon" -> polygon(coordinates, start);
            case "MultiPolygon" ->
                GEOMETRIES.createMultiPolygon(coordinates.children.stream()
                        .map(child -> polygon(child, start))
                        .toArray(Polygon[]::new));
            default -> throw new AssertionError(type);
        };
    }

    private static Point point(Nested coordinates, JsonLocation start) {
        return coordinates.position == null && coordinates.children.isEmpty()
                ? GEOMETRIES.createPoint()
                : GEOMETRIES.createPoint(corner(coordinates, start));
    }

    private static LineString line(Nested coordinates, JsonLocation start) {
        Coordinate[] corners = corners(coordinates, start);
        if (corners.length == 1) {
            throw at("a line needs at least 2 positions", start);
        }
        return GEOMETRIES.createLineString(corners);
    }

    private static Polygon polygon(Nested coordinates, JsonLocation start) {
        List<LinearRing> rings = new ArrayList<>();
        for (Nested child : coordinates.children) {
            Coordinate[] corners = corners(child, start);
            if (corners.length < 4 || !corners[0].equals2D(corners[corners.length - 1])) {
                throw at(
                                corners.length < 4
                                        ? "a ring of " + corners.length + " positions"
                                        : "a ring starts at " + corners[0].x + ", " + corners[0].y + " and ends at "
                                                + corners[corners.length - 1].x + ", " + corners[corners.length - 1].y,
                                start)
                        .withHint("a ring needs at least 4 positions, the last equal to the first");
            }
            rings.add(GEOMETRIES.createLinearRing(corners));
        }
        if (coordinates.position != null) {
            throw at("a polygon's coordinates are an array of rings", start);
        }
        return rings.isEmpty()
                ? GEOMETRIES.createPolygon()
                : GEOMETRIES.createPolygon(
                        rings.getFirst(), rings.subList(1, rings.size()).toArray(new LinearRing[0]));
    }

    private static Coordinate[] corners(Nested coordinates, JsonLocation start) {
        if (coordinates.position != null) {
            throw at("an array of positions is expected where a position is", start);
        }
        return coordinates.children.stream().map(child -> corner(child, start)).toArray(Coordinate[]::new);
    }

    private static Coordinate corner(Nested coordinates, JsonLocation start) {
        Coordinate position = coordinates.position;
        if (position == null) {
            throw at("a position [longitude, latitude] is expected where an array of arrays is", start);
        }
        return position;
    }

    private VarveException wrong(String message) {
        return at(message, json.currentTokenLocation());
    }

    private static VarveException at(String message, @Nullable JsonLocation location) {
        String place = location == null
                ? ""
                : " (line " + location.getLineNr() + ", column " + location.getColumnNr() + " of the GeoJSON)";
        return new VarveException(ErrorCode.SQL_RUNTIME, message + place)
                .withHint(
                        "a polygon looks like {\"type\": \"Polygon\", \"coordinates\": [[[10, 50], [11, 50], [11, 51], "
                                + "[10, 50]]]}, longitude first");
    }
}
