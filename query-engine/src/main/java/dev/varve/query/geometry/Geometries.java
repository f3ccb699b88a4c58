package dev.varve.query.geometry;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.locationtech.jts.geom.Coordinate;
import org.locationtech.jts.geom.Envelope;
import org.locationtech.jts.geom.Geometry;
import org.locationtech.jts.geom.GeometryFactory;
import org.locationtech.jts.geom.LineString;
import org.locationtech.jts.geom.LinearRing;
import org.locationtech.jts.geom.Polygon;
import org.locationtech.jts.io.ParseException;
import org.locationtech.jts.io.WKTReader;

/** Makes geometries of texts and numbers; a bad one is a {@code SQL_RUNTIME} error. */
public final class Geometries {
    private static final GeometryFactory FACTORY = new GeometryFactory();
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int SHOWN_CHARACTERS = 60;
    private static final Map<String, Function<JsonNode, Geometry>> GEOJSON = Map.of(
            "Point", json -> FACTORY.createPoint(place(json)),
            "MultiPoint", json -> FACTORY.createMultiPointFromCoords(places(json)),
            "LineString", json -> FACTORY.createLineString(places(json)),
            "MultiLineString",
                    json -> FACTORY.createMultiLineString(each(json, line -> FACTORY.createLineString(places(line)))
                            .toArray(LineString[]::new)),
            "Polygon", Geometries::polygon,
            "MultiPolygon",
                    json -> FACTORY.createMultiPolygon(
                            each(json, Geometries::polygon).toArray(Polygon[]::new)));

    private Geometries() {}

    public static Geometry point(double lon, double lat) {
        return FACTORY.createPoint(new Coordinate(lon, lat));
    }

    /** A rectangle; {@code west > east} crosses the antimeridian and becomes one that runs past 180. */
    public static Geometry envelope(double west, double south, double east, double north) {
        if (!(south <= north)) {
            throw bad("box has its south " + south + " above its north " + north);
        }
        return FACTORY.toGeometry(new Envelope(west, west <= east ? east : east + 360, south, north));
    }

    /** Reads well-known text, such as {@code POLYGON ((7 50, 8 50, 8 51, 7 50))}; a leading {@code SRID=4326;} is dropped. */
    public static Geometry fromText(String text) {
        String wkt = text.replaceFirst("(?i)^\\s*SRID=4326;", "");
        try {
            return new WKTReader(FACTORY).read(wkt);
        } catch (ParseException | IllegalArgumentException error) {
            throw bad("'" + shortened(text) + "' is not WKT: " + error.getMessage());
        }
    }

    /** Reads a GeoJSON geometry or feature. */
    public static Geometry fromGeoJson(String text) {
        try {
            return geometry(JSON.readTree(text));
        } catch (JsonProcessingException error) {
            throw bad("'" + shortened(text) + "' is not JSON: " + error.getOriginalMessage());
        } catch (IllegalArgumentException error) {
            throw bad("'" + shortened(text) + "' is not GeoJSON: " + error.getMessage());
        }
    }

    private static Geometry geometry(JsonNode json) {
        String type = json.path("type").asText();
        return switch (type) {
            case "Feature" -> geometry(json.path("geometry"));
            case "GeometryCollection" ->
                FACTORY.createGeometryCollection(
                        each(json.path("geometries"), Geometries::geometry).toArray(Geometry[]::new));
            default -> {
                Function<JsonNode, Geometry> reader = GEOJSON.get(type);
                if (reader == null) {
                    throw new IllegalArgumentException("type is '" + type + "'");
                }
                yield reader.apply(json.path("coordinates"));
            }
        };
    }

    private static Polygon polygon(JsonNode rings) {
        List<LinearRing> made = each(rings, ring -> FACTORY.createLinearRing(places(ring)));
        if (made.isEmpty()) {
            return FACTORY.createPolygon();
        }
        return FACTORY.createPolygon(
                made.getFirst(), made.subList(1, made.size()).toArray(LinearRing[]::new));
    }

    private static Coordinate[] places(JsonNode json) {
        return each(json, Geometries::place).toArray(Coordinate[]::new);
    }

    private static Coordinate place(JsonNode json) {
        if (!json.isArray()
                || json.size() < 2
                || !json.get(0).isNumber()
                || !json.get(1).isNumber()) {
            throw new IllegalArgumentException("a position is [lon, lat], not " + shortened(json.toString()));
        }
        return new Coordinate(json.get(0).asDouble(), json.get(1).asDouble());
    }

    private static <T> List<T> each(JsonNode json, Function<JsonNode, T> reader) {
        if (!json.isArray()) {
            throw new IllegalArgumentException("an array is missing, found " + shortened(json.toString()));
        }
        List<T> all = new ArrayList<>();
        for (JsonNode element : json) {
            all.add(reader.apply(element));
        }
        return all;
    }

    private static String shortened(String text) {
        return text.length() <= SHOWN_CHARACTERS ? text : text.substring(0, SHOWN_CHARACTERS) + "…";
    }

    private static VarveException bad(String message) {
        return new VarveException(ErrorCode.SQL_RUNTIME, message);
    }
}
