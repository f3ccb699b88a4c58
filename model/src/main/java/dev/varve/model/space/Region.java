package dev.varve.model.space;

import java.util.List;
import org.locationtech.jts.geom.Geometry;

/**
 * A set of places with an exact test; coordinates are WGS84 degrees, longitudes of places from -180 to 180.
 *
 * <p>Immutable and safe for any number of threads. A place with a NaN or out-of-range coordinate is in no region.
 */
public sealed interface Region permits Everywhere, Box, Circle, Polygonal, Traces, Near, AllOf, AnyOf {
    Region EVERYWHERE = new Everywhere();
    Region NOWHERE = new AnyOf(List.of());

    boolean contains(double lat, double lon);

    /** False only if no place of the rectangle is in the region. */
    boolean mayIntersect(LatLonBounds bounds);

    /**
     * Rectangles that together hold every place of the region, few and tight, split at the antimeridian; they may overlap.
     * Empty when the region is.
     */
    List<LatLonBounds> bounds();

    /** Places in the interior of an area, on a line or equal to a point, as {@code ST_Within} and {@code ST_Contains} ask. */
    static Region inside(Geometry geometry) {
        return Shapes.region(geometry, Edges.EXCLUDED);
    }

    /** Places in an area, on its edge, on a line or equal to a point, as {@code ST_Intersects} asks. */
    static Region touching(Geometry geometry) {
        return Shapes.region(geometry, Edges.INCLUDED);
    }

    /** Places at most so many metres away from a geometry, as {@code ST_DWithin} asks; 0 inside of areas. */
    static Region near(Geometry geometry, double metres) {
        return Shapes.near(geometry, metres);
    }
}
