package dev.varve.model.space;

import java.util.ArrayList;
import java.util.List;

/**
 * All places at most so many metres from lines, whose edges are great-circle arcs here (the shorter way between two
 * corners), as in PostGIS {@code geography}.
 */
public final class Near implements Region {
    /** Edges in a block; a block's cap tells whether its edges are worth looking at. */
    private static final int BLOCK = 16;

    private static final int MOST_BOUNDS = 8;

    private final double metres;

    /** The unit vectors of both ends of each arc, six numbers each. */
    private final double[] arcs;

    /** For each block the unit vector of its centre and the angle around it that holds its arcs. */
    private final double[] blocks;

    private final List<LatLonBounds> bounds;

    Near(EdgeTree tree, double metres) {
        this.metres = metres;
        double[] edges = tree.edges();
        int count = edges.length / 4;
        arcs = new double[6 * count];
        for (int i = 0; i < count; i++) {
            vector(edges[4 * i + 1], edges[4 * i], arcs, 6 * i);
            vector(edges[4 * i + 3], edges[4 * i + 2], arcs, 6 * i + 3);
        }
        blocks = blocksOver(arcs, count);
        List<LatLonBounds> all = new ArrayList<>();
        if (blocks.length / 4 <= MOST_BOUNDS) {
            for (int block = 0; block < blocks.length; block += 4) {
                all.addAll(boundsOf(blocks[block], blocks[block + 1], blocks[block + 2], blocks[block + 3]));
            }
        } else {
            // One cap around everything drawn: the centre of the first block and the farthest reach from there.
            double reach = 0;
            for (int block = 0; block < blocks.length; block += 4) {
                reach = Math.max(reach, angle(blocks, 0, blocks, block) + blocks[block + 3]);
            }
            all.addAll(boundsOf(blocks[0], blocks[1], blocks[2], reach));
        }
        bounds = AnyOf.few(all);
    }

    private List<LatLonBounds> boundsOf(double x, double y, double z, double radius) {
        double lat = Math.toDegrees(Math.atan2(z, Math.hypot(x, y)));
        double lon = Math.toDegrees(Math.atan2(y, x));
        return Shapes.boundsAround(lat, lon, metres + (radius + 1e-12) * GreatCircle.EARTH_RADIUS_METRES);
    }

    private static double[] blocksOver(double[] arcs, int count) {
        double[] blocks = new double[(count + BLOCK - 1) / BLOCK * 4];
        for (int block = 0; block < blocks.length / 4; block++) {
            int from = block * BLOCK * 6;
            int to = Math.min(arcs.length, from + BLOCK * 6);
            double x = 0;
            double y = 0;
            double z = 0;
            for (int i = from; i < to; i += 3) {
                x += arcs[i];
                y += arcs[i + 1];
                z += arcs[i + 2];
            }
            double length = Math.sqrt(x * x + y * y + z * z);
            int at = 4 * block;
            blocks[at] = length > 1e-6 ? x / length : 1;
            blocks[at + 1] = length > 1e-6 ? y / length : 0;
            blocks[at + 2] = length > 1e-6 ? z / length : 0;
            double radius = 0;
            for (int i = from; i < to; i += 3) {
                radius = Math.max(radius, angle(blocks, at, arcs, i));
            }
            // A cap smaller than half the globe holds the shorter arc between any two of its places; others may not.
            blocks[at + 3] = radius > 1.5 ? Math.PI : radius + 1e-12;
        }
        return blocks;
    }

    @Override
    public boolean contains(double lat, double lon) {
        return H3Cells.isPlace(lat, lon)
                && smallestAngle(lat, lon, metres / GreatCircle.EARTH_RADIUS_METRES) * GreatCircle.EARTH_RADIUS_METRES
                        <= metres;
    }

    /** The angle to the nearest arc in radians; larger than the truth only if both exceed {@code reach}. */
    private double smallestAngle(double lat, double lon, double reach) {
        double[] place = new double[3];
        vector(lat, lon, place, 0);
        double best = Double.POSITIVE_INFINITY;
        for (int block = 0; block < blocks.length; block += 4) {
            double least = angle(place, 0, blocks, block) - blocks[block + 3];
            if (least >= best || least > reach + 1e-9) {
                continue;
            }
            int to = Math.min(arcs.length, (block / 4 + 1) * BLOCK * 6);
            for (int i = block / 4 * BLOCK * 6; i < to; i += 6) {
                best = Math.min(best, angleToArc(place, i));
            }
        }
        return best;
    }

    private double angleToArc(double[] p, int a) {
        int b = a + 3;
        double nx = arcs[a + 1] * arcs[b + 2] - arcs[a + 2] * arcs[b + 1];
        double ny = arcs[a + 2] * arcs[b] - arcs[a] * arcs[b + 2];
        double nz = arcs[a] * arcs[b + 1] - arcs[a + 1] * arcs[b];
        double length = Math.sqrt(nx * nx + ny * ny + nz * nz);
        double ends = Math.min(angle(p, 0, arcs, a), angle(p, 0, arcs, b));
        if (length < 1e-15) {
            return ends;
        }
        // The foot of the perpendicular is on the arc if the place is between the planes through its ends.
        double afterStart = (ny * arcs[a + 2] - nz * arcs[a + 1]) * p[0]
                + (nz * arcs[a] - nx * arcs[a + 2]) * p[1]
                + (nx * arcs[a + 1] - ny * arcs[a]) * p[2];
        double beforeEnd = (arcs[b + 1] * nz - arcs[b + 2] * ny) * p[0]
                + (arcs[b + 2] * nx - arcs[b] * nz) * p[1]
                + (arcs[b] * ny - arcs[b + 1] * nx) * p[2];
        if (afterStart < 0 || beforeEnd < 0) {
            return ends;
        }
        double height = Math.abs(nx * p[0] + ny * p[1] + nz * p[2]) / length;
        return Math.min(ends, Math.asin(Math.min(1, height)));
    }

    @Override
    public boolean mayIntersect(LatLonBounds other) {
        for (LatLonBounds mine : bounds) {
            if (mine.intersects(other)) {
                return true;
            }
        }
        return false;
    }

    Relation relate(Cap cap) {
        double reach = metres / GreatCircle.EARTH_RADIUS_METRES;
        double angle = smallestAngle(cap.lat, cap.lon, reach + cap.radius + 1e-6);
        return Relation.ofDistances(angle, reach, cap.radius);
    }

    @Override
    public List<LatLonBounds> bounds() {
        return bounds;
    }

    @Override
    public String toString() {
        return "Near[" + arcs.length / 6 + " edges, " + metres + " m]";
    }

    private static void vector(double lat, double lon, double[] into, int at) {
        double phi = Math.toRadians(lat);
        double lambda = Math.toRadians(lon);
        into[at] = Math.cos(phi) * Math.cos(lambda);
        into[at + 1] = Math.cos(phi) * Math.sin(lambda);
        into[at + 2] = Math.sin(phi);
    }

    private static double angle(double[] p, int i, double[] q, int j) {
        double cx = p[i + 1] * q[j + 2] - p[i + 2] * q[j + 1];
        double cy = p[i + 2] * q[j] - p[i] * q[j + 2];
        double cz = p[i] * q[j + 1] - p[i + 1] * q[j];
        double dot = p[i] * q[j] + p[i + 1] * q[j + 1] + p[i + 2] * q[j + 2];
        return Math.atan2(Math.sqrt(cx * cx + cy * cy + cz * cz), dot);
    }
}
