package dev.varve.query.plan;

/** Whether a point is in a region; exact, thread-safe. */
@FunctionalInterface
public interface PointTest {
    /** Degrees, WGS84. */
    boolean contains(double lat, double lon);
}
