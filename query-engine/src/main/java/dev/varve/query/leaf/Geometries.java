package dev.varve.query.leaf;

import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import java.util.Base64;
import org.locationtech.jts.geom.Coordinate;
import org.locationtech.jts.geom.Geometry;
import org.locationtech.jts.geom.GeometryFactory;
import org.locationtech.jts.geom.PrecisionModel;
import org.locationtech.jts.io.ParseException;
import org.locationtech.jts.io.WKBReader;
import org.locationtech.jts.io.WKBWriter;
import org.locationtech.jts.io.WKTWriter;

/** Geometries as the text that travels between DuckDB and Java: base64 of WKB, longitude first. */
final class Geometries {
    private static final GeometryFactory FACTORY = new GeometryFactory(new PrecisionModel(), 4326);

    private Geometries() {}

    static GeometryFactory factory() {
        return FACTORY;
    }

    static Geometry point(double lon, double lat) {
        return FACTORY.createPoint(new Coordinate(lon, lat));
    }

    static Geometry decode(String base64) {
        try {
            return new WKBReader(FACTORY).read(Base64.getDecoder().decode(base64));
        } catch (ParseException | IllegalArgumentException e) {
            throw new VarveException(ErrorCode.SQL_RUNTIME, "a value is not a geometry (WKB)", e);
        }
    }

    static String encode(Geometry geometry) {
        return Base64.getEncoder().encodeToString(new WKBWriter(2).write(geometry));
    }

    static String text(Geometry geometry) {
        return new WKTWriter(2).write(geometry);
    }
}
