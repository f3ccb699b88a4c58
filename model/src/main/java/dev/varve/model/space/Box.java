package dev.varve.model.space;

import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import java.util.List;

/**
 * All places between two meridians and two parallels.
 *
 * <p>{@code west > east} crosses the antimeridian; so does an {@code east} beyond 180. 180 and -180 are one meridian.
 *
 * @param west degrees from -540 to 540, as {@code east}
 * @param south degrees from -90 to 90, not above {@code north}
 */
public record Box(double west, double south, double east, double north, Edges edges) implements Region {
    public Box {
        if (!(Math.abs(west) <= Shapes.FARTHEST_LON
                && Math.abs(east) <= Shapes.FARTHEST_LON
                && south >= -90
                && north <= 90)) {
            throw new VarveException(
                            ErrorCode.SQL_RUNTIME,
                            "box leaves the globe: west " + west + ", south " + south + ", east " + east + ", north "
                                    + north)
                    .withHint("the order is west, south, east, north in degrees");
        }
        if (west > east && (west > 180 || east < -180)) {
            throw new VarveException(
                            ErrorCode.SQL_RUNTIME,
                            "box runs from west " + west + " to east " + east + ", which is neither")
                    .withHint("across the antimeridian either west > east, both from -180 to 180, or east beyond 180");
        }
        if (!(south <= north)) {
            throw new VarveException(ErrorCode.SQL_RUNTIME, "box has its south " + south + " above its north " + north)
                    .withHint("the order is west, south, east, north in degrees");
        }
    }

    /** A box with its edges. */
    public Box(double west, double south, double east, double north) {
        this(west, south, east, north, Edges.INCLUDED);
    }

    /** {@code east}, or the same meridian one turn on where the box crosses the antimeridian. */
    private double end() {
        return west <= east ? east : east + 360;
    }

    @Override
    public boolean contains(double lat, double lon) {
        if (!(Math.abs(lon) <= 180)) {
            return false;
        }
        double end = end();
        boolean open = edges == Edges.EXCLUDED;
        if (open ? !(south < lat && lat < north) : !(south <= lat && lat <= north)) {
            return false;
        }
        for (int turn = -360; turn <= 360; turn += 360) {
            double at = lon + turn;
            if (open ? west < at && at < end : west <= at && at <= end) {
                return true;
            }
        }
        // The same meridian has two names; a box that runs from -540 is met by only one of them above.
        return Math.abs(lon) == 180 && (open ? holdsOpen(end) : holdsClosed(end));
    }

    private boolean holdsOpen(double end) {
        for (int at = -540; at <= 540; at += 360) {
            if (west < at && at < end) {
                return true;
            }
        }
        return false;
    }

    private boolean holdsClosed(double end) {
        for (int at = -540; at <= 540; at += 360) {
            if (west <= at && at <= end) {
                return true;
            }
        }
        return false;
    }

    @Override
    public boolean mayIntersect(LatLonBounds other) {
        return meets(other.west(), other.south(), other.east(), other.north());
    }

    private boolean meets(double otherWest, double otherSouth, double otherEast, double otherNorth) {
        if (otherSouth > north || otherNorth < south) {
            return false;
        }
        double end = end();
        for (int turn = -1080; turn <= 1080; turn += 360) {
            // Turned longitudes are rounded: a hair wider is safe.
            if (otherWest + turn - Shapes.PAD <= end && otherEast + turn + Shapes.PAD >= west) {
                return true;
            }
        }
        return false;
    }

    Relation relate(Cap cap) {
        if (!meets(cap.west, cap.south, cap.east, cap.north)) {
            return Relation.OUTSIDE;
        }
        // The cap's rectangle is padded, so that only rectangles that end at a pole can touch an edge and be inside.
        boolean lats = edges == Edges.EXCLUDED
                ? south < cap.south && cap.north < north
                : south <= cap.south && cap.north <= north;
        if (!lats) {
            return Relation.CROSSES;
        }
        double end = end();
        if (end - west > 360 || (end - west == 360 && edges == Edges.INCLUDED)) {
            return Relation.INSIDE;
        }
        for (int turn = -720; turn <= 720; turn += 360) {
            if (west < cap.west + turn - Shapes.PAD && cap.east + turn + Shapes.PAD < end) {
                return Relation.INSIDE;
            }
        }
        return Relation.CROSSES;
    }

    @Override
    public List<LatLonBounds> bounds() {
        return Shapes.split(west, south, end(), north);
    }
}
