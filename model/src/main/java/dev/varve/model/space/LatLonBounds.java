package dev.varve.model.space;

/**
 * A closed rectangle of longitudes and latitudes in degrees that never crosses the antimeridian.
 *
 * @param west at least -180
 * @param east at most 180 and not west of {@code west}
 */
public record LatLonBounds(double west, double south, double east, double north) {
    public static final LatLonBounds WORLD = new LatLonBounds(-180, -90, 180, 90);

    public LatLonBounds {
        if (!(west >= -180 && west <= east && east <= 180 && south >= -90 && south <= north && north <= 90)) {
            throw new IllegalArgumentException("not a rectangle on the globe: west " + west + " south " + south
                    + " east " + east + " north " + north);
        }
    }

    public boolean contains(double lat, double lon) {
        return south <= lat && lat <= north && west <= lon && lon <= east;
    }

    /** Whether some longitude and latitude is in both, edges included. */
    public boolean intersects(LatLonBounds other) {
        return west <= other.east && other.west <= east && south <= other.north && other.south <= north;
    }

    /** The rectangle that both share; call it only when they intersect. */
    public LatLonBounds intersect(LatLonBounds other) {
        return new LatLonBounds(
                Math.max(west, other.west),
                Math.max(south, other.south),
                Math.min(east, other.east),
                Math.min(north, other.north));
    }

    /** The smallest rectangle around both. */
    public LatLonBounds hull(LatLonBounds other) {
        return new LatLonBounds(
                Math.min(west, other.west),
                Math.min(south, other.south),
                Math.max(east, other.east),
                Math.max(north, other.north));
    }
}
