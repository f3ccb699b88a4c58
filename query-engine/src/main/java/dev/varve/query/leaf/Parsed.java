package dev.varve.query.leaf;

import dev.varve.model.space.Region;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.locationtech.jts.geom.Geometry;
import org.locationtech.jts.geom.Point;
import org.locationtech.jts.geom.prep.PreparedGeometry;
import org.locationtech.jts.geom.prep.PreparedGeometryFactory;

/**
 * Geometries decoded once, with what makes tests against them fast; thread-safe.
 *
 * <p>Points are not kept. Others are while they are among the last few and small enough.
 */
final class Parsed {
    private static final int MOST_SHAPES = 64;
    private static final int LONGEST_TEXT = 4 << 20;
    private static final int POINT_TEXT = 28;

    private final Map<String, Shape> shapes = new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Shape> eldest) {
            return size() > MOST_SHAPES;
        }
    };

    private volatile Last last = new Last("", new Shape(Geometries.point(0, 0)));

    private record Last(String base64, Shape shape) {}

    Shape of(String base64) {
        // Most often the other argument is the same in every row, and a long text takes longer to hash than to compare.
        Last before = last;
        if (before.base64.equals(base64)) {
            return before.shape;
        }
        Shape shape = find(base64);
        if (base64.length() > POINT_TEXT) {
            last = new Last(base64, shape);
        }
        return shape;
    }

    private Shape find(String base64) {
        // 21 bytes of WKB are 28 characters.
        if (base64.length() <= POINT_TEXT || base64.length() > LONGEST_TEXT) {
            return new Shape(Geometries.decode(base64));
        }
        synchronized (shapes) {
            Shape known = shapes.get(base64);
            if (known != null) {
                return known;
            }
        }
        Shape shape = new Shape(Geometries.decode(base64));
        if (!(shape.geometry instanceof Point)) {
            synchronized (shapes) {
                shapes.put(base64, shape);
            }
        }
        return shape;
    }

    /** A geometry and its tests, each made when first asked for. */
    static final class Shape {
        private final Geometry geometry;
        private volatile @Nullable PreparedGeometry prepared;
        private volatile @Nullable Region inside;
        private volatile @Nullable Region touching;
        private volatile @Nullable Near near;

        private record Near(double metres, Region region) {}

        Shape(Geometry geometry) {
            this.geometry = geometry;
        }

        Geometry geometry() {
            return geometry;
        }

        PreparedGeometry prepared() {
            PreparedGeometry made = prepared;
            if (made == null) {
                made = PreparedGeometryFactory.prepare(geometry);
                prepared = made;
            }
            return made;
        }

        Region inside() {
            Region made = inside;
            if (made == null) {
                made = Region.inside(geometry);
                inside = made;
            }
            return made;
        }

        Region touching() {
            Region made = touching;
            if (made == null) {
                made = Region.touching(geometry);
                touching = made;
            }
            return made;
        }

        Region near(double metres) {
            Near made = near;
            if (made == null || made.metres != metres) {
                made = new Near(metres, Region.near(geometry, metres));
                near = made;
            }
            return made.region;
        }
    }
}
