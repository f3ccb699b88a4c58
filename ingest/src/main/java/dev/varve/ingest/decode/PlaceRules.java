package dev.varve.ingest.decode;

/** Which latitudes and longitudes are places on Earth. */
final class PlaceRules {
    static final String HALF = "half a place: latitude and longitude come together or not at all";
    static final String BAD_LAT = "latitude outside -90 to 90";

    private PlaceRules() {}

    static boolean isBadLat(double lat) {
        return !(lat >= -90 && lat <= 90);
    }

    /** With {@code lon360} the range is 0 to 360; -180 to 0 then does no harm. */
    static boolean isBadLon(double lon, boolean lon360) {
        return !(lon >= -180 && lon <= (lon360 ? 360 : 180));
    }

    static String badLon(boolean lon360) {
        return lon360
                ? "longitude outside 0 to 360"
                : "longitude outside -180 to 180; if the source runs from 0 to 360 say lon360=true";
    }
}
