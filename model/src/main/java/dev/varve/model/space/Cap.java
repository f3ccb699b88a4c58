package dev.varve.model.space;

/**
 * All places within an angle of a centre, with a rectangle of longitudes and latitudes around them.
 *
 * <p>The rectangle may run past the antimeridian: {@code west} is at least -540 and {@code east} at most 540, and a place
 * of the cap is inside at its own longitude or at that plus or minus 360. Both are padded outward by more than the
 * rounding of their computation.
 */
final class Cap {
    /** Degrees; about 0.1 mm. */
    private static final double PAD = 1e-9;

    final double lat;
    final double lon;
    /** Radians. */
    final double radius;

    final double west;
    final double south;
    final double east;
    final double north;
    private final double x;
    private final double y;
    private final double z;

    /** The cap around a centre in degrees; {@code radius} in radians. */
    Cap(double lat, double lon, double radius) {
        this.lat = lat;
        this.lon = lon;
        this.radius = radius;
        double phi = Math.toRadians(lat);
        double lambda = Math.toRadians(lon);
        double cosPhi = Math.cos(phi);
        x = cosPhi * Math.cos(lambda);
        y = cosPhi * Math.sin(lambda);
        z = Math.sin(phi);
        double degrees = Math.toDegrees(radius) + PAD;
        south = Math.max(-90, lat - degrees);
        north = Math.min(90, lat + degrees);
        if (south <= -90 || north >= 90) {
            west = -180;
            east = 180;
        } else {
            double ratio = Math.min(1, Math.sin(radius) / cosPhi);
            // Where the cap nearly reaches a pole the arc sine loses half of its digits.
            double half = Math.toDegrees(Math.asin(ratio)) + (ratio > 0.99 ? 2e-6 : PAD);
            west = lon - half;
            east = lon + half;
        }
    }

    /** The angle in radians between the centre and another place in degrees; exact to a few ulps at every distance. */
    double angleTo(double otherLat, double otherLon) {
        double phi = Math.toRadians(otherLat);
        double lambda = Math.toRadians(otherLon);
        double cosPhi = Math.cos(phi);
        double ox = cosPhi * Math.cos(lambda);
        double oy = cosPhi * Math.sin(lambda);
        double oz = Math.sin(phi);
        double cx = y * oz - z * oy;
        double cy = z * ox - x * oz;
        double cz = x * oy - y * ox;
        return Math.atan2(Math.sqrt(cx * cx + cy * cy + cz * cz), x * ox + y * oy + z * oz);
    }

    /** The smallest angle to one of several unit vectors, three numbers each. */
    static double smallestAngle(double lat, double lon, double[] vectors) {
        double phi = Math.toRadians(lat);
        double lambda = Math.toRadians(lon);
        double x = Math.cos(phi) * Math.cos(lambda);
        double y = Math.cos(phi) * Math.sin(lambda);
        double z = Math.sin(phi);
        double best = -1;
        for (int i = 0; i < vectors.length; i += 3) {
            best = Math.max(best, x * vectors[i] + y * vectors[i + 1] + z * vectors[i + 2]);
        }
        return Math.acos(Math.min(1, best));
    }
}
