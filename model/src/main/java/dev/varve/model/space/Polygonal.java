package dev.varve.model.space;

import java.util.List;

/**
 * All places in polygons, whose edges are straight on the plane of longitude and latitude.
 *
 * <p>The polygons may be drawn past the antimeridian, from -540 to 540: a place is tested at its longitude and every full
 * turn from it.
 */
public final class Polygonal implements Region {
    private final EdgeTree tree;
    private final Edges edges;

    Polygonal(EdgeTree tree, Edges edges) {
        this.tree = tree;
        this.edges = edges;
    }

    public Edges edges() {
        return edges;
    }

    @Override
    public boolean contains(double lat, double lon) {
        if (!H3Cells.isPlace(lat, lon) || lat < tree.south() || lat > tree.north()) {
            return false;
        }
        int least = edges == Edges.INCLUDED ? EdgeTree.ON_EDGE : EdgeTree.INSIDE;
        for (int turn = -720; turn <= 720; turn += 360) {
            double at = lon + turn;
            if (tree.west() <= at && at <= tree.east() && tree.locate(at, lat) >= least) {
                return true;
            }
        }
        return false;
    }

    @Override
    public boolean mayIntersect(LatLonBounds other) {
        return relate(other.west(), other.south(), other.east(), other.north()) != Relation.OUTSIDE;
    }

    Relation relate(Cap cap) {
        return relate(cap.west, cap.south, cap.east, cap.north);
    }

    /** If no edge meets a rectangle, all of it is on the side where its centre is. */
    private Relation relate(double west, double south, double east, double north) {
        for (int turn = -1080; turn <= 1080; turn += 360) {
            // Turned longitudes are rounded: a hair wider is safe.
            if (tree.mayTouch(west + turn - Shapes.PAD, south, east + turn + Shapes.PAD, north)) {
                return Relation.CROSSES;
            }
        }
        for (int turn = -1080; turn <= 1080; turn += 360) {
            if (tree.locate((west + east) / 2 + turn, (south + north) / 2) != EdgeTree.OUTSIDE) {
                return Relation.INSIDE;
            }
        }
        return Relation.OUTSIDE;
    }

    @Override
    public List<LatLonBounds> bounds() {
        return Shapes.split(tree.west(), tree.south(), tree.east(), tree.north());
    }

    @Override
    public String toString() {
        return "Polygonal[" + tree.edges().length / 4 + " edges, " + edges + "]";
    }
}
