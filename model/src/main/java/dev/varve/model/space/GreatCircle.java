package dev.varve.model.space;

/** Distances along great circles of a sphere with the Earth's mean radius. */
public final class GreatCircle {
    /** The mean radius of the WGS84 ellipsoid, (2a + b) / 3. */
    public static final double EARTH_RADIUS_METRES = 6_371_008.8;

    private GreatCircle() {}

    /** The haversine distance in metres between two places in degrees; NaN if a coordinate is. */
    public static double metres(double lat1, double lon1, double lat2, double lon2) {
        double phi1 = Math.toRadians(lat1);
        double phi2 = Math.toRadians(lat2);
        double sinHalfLat = Math.sin((phi2 - phi1) / 2);
        double sinHalfLon = Math.sin(Math.toRadians(lon2 - lon1) / 2);
        double a = sinHalfLat * sinHalfLat + Math.cos(phi1) * Math.cos(phi2) * sinHalfLon * sinHalfLon;
        return 2 * EARTH_RADIUS_METRES * Math.asin(Math.min(1, Math.sqrt(a)));
    }
}
