package dev.varve.model.space;

import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import java.util.List;

/**
 * All places at most so many metres from a centre, along great circles ({@link GreatCircle#metres}).
 *
 * @param lat degrees from -90 to 90
 * @param lon degrees, brought into -180 to 180
 * @param radiusMetres at least 0; it may be infinite
 */
public record Circle(double lat, double lon, double radiusMetres) implements Region {
    public Circle {
        if (!(Math.abs(lat) <= 90 && Math.abs(lon) <= Shapes.FARTHEST_LON)) {
            throw Shapes.offTheGlobe(lon, lat);
        }
        if (!(radiusMetres >= 0)) {
            throw new VarveException(ErrorCode.SQL_RUNTIME, "a distance of " + radiusMetres + " m is not a radius")
                    .withHint("distances are metres, 0 or more");
        }
        lon = Shapes.intoRange(lon);
    }

    @Override
    public boolean contains(double otherLat, double otherLon) {
        return H3Cells.isPlace(otherLat, otherLon) && GreatCircle.metres(lat, lon, otherLat, otherLon) <= radiusMetres;
    }

    @Override
    public boolean mayIntersect(LatLonBounds other) {
        for (LatLonBounds mine : bounds()) {
            if (mine.intersects(other)) {
                return true;
            }
        }
        return false;
    }

    @Override
    public List<LatLonBounds> bounds() {
        return Shapes.boundsAround(lat, lon, radiusMetres);
    }
}
