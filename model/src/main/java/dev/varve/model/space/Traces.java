package dev.varve.model.space;

import java.util.List;

/** All places on lines, which are straight on the plane of longitude and latitude, or equal to points. */
public final class Traces implements Region {
    private final EdgeTree tree;

    Traces(EdgeTree tree) {
        this.tree = tree;
    }

    @Override
    public boolean contains(double lat, double lon) {
        if (!H3Cells.isPlace(lat, lon) || lat < tree.south() || lat > tree.north()) {
            return false;
        }
        for (int turn = -720; turn <= 720; turn += 360) {
            if (tree.isOnEdge(lon + turn, lat)) {
                return true;
            }
        }
        return false;
    }

    boolean mayTouch(double west, double south, double east, double north) {
        for (int turn = -1080; turn <= 1080; turn += 360) {
            // Turned longitudes are rounded: a hair wider is safe.
            if (tree.mayTouch(west + turn - Shapes.PAD, south, east + turn + Shapes.PAD, north)) {
                return true;
            }
        }
        return false;
    }

    @Override
    public boolean mayIntersect(LatLonBounds other) {
        return mayTouch(other.west(), other.south(), other.east(), other.north());
    }

    @Override
    public List<LatLonBounds> bounds() {
        return Shapes.split(tree.west(), tree.south(), tree.east(), tree.north());
    }

    @Override
    public String toString() {
        return "Traces[" + tree.edges().length / 4 + " edges]";
    }
}
