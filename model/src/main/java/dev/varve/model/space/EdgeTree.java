package dev.varve.model.space;

import java.util.ArrayList;
import java.util.List;
import org.locationtech.jts.algorithm.CGAlgorithmsDD;
import org.locationtech.jts.geom.LineString;
import org.locationtech.jts.geom.Point;
import org.locationtech.jts.geom.Polygon;

/**
 * The edges of areas or lines in a packed tree that finds those near a place.
 *
 * <p>Edges follow each other along their rings, so neighbours in the arrays are neighbours on the plane and no sorting is
 * needed: a node of level 0 is the rectangle around 8 consecutive edges, one of level 1 around 8 of those, and so on.
 * Because the tree is complete, a search needs neither stack nor recursion: it walks over the edge numbers and skips 8,
 * 64, 512 … of them when the rectangle of a node is out of reach.
 *
 * <p>Location is exact: the crossing rules are those of JTS's {@code RayCrossingCounter}, the orientation predicate is
 * JTS's with double-double arithmetic where doubles do not suffice. Inside is even-odd within one polygon, and a place is in the
 * whole if it is in one of the polygons, so overlapping members of a multi-polygon do not cancel each other.
 */
final class EdgeTree {
    static final int OUTSIDE = -1;
    static final int ON_EDGE = 0;
    static final int INSIDE = 1;

    private static final int FAN_BITS = 3;
    private static final int FAN = 1 << FAN_BITS;

    /** x1, y1, x2, y2 of each edge; x is longitude. A point is an edge of no length. */
    private final double[] edges;

    /** For each edge the number of its polygon. */
    private final int[] partOf;

    private final int count;

    /** West, south, east, north of each node, by level. */
    private final double[][] levels;

    private EdgeTree(double[] edges, int[] partOf) {
        this.edges = edges;
        this.partOf = partOf;
        count = partOf.length;
        levels = levelsOver(edges, count);
    }

    static EdgeTree ofAreas(List<Polygon> areas) {
        List<double[]> rings = new ArrayList<>();
        List<Integer> parts = new ArrayList<>();
        for (int part = 0; part < areas.size(); part++) {
            Polygon area = areas.get(part);
            rings.add(Shapes.flat(area.getExteriorRing()));
            parts.add(part);
            for (int hole = 0; hole < area.getNumInteriorRing(); hole++) {
                rings.add(Shapes.flat(area.getInteriorRingN(hole)));
                parts.add(part);
            }
        }
        return of(rings, parts);
    }

    static EdgeTree ofLines(List<LineString> lines, List<Point> points) {
        List<double[]> paths = new ArrayList<>();
        List<Integer> parts = new ArrayList<>();
        for (LineString line : lines) {
            parts.add(parts.size());
            paths.add(Shapes.flat(line));
        }
        for (Point point : points) {
            parts.add(parts.size());
            paths.add(new double[] {point.getX(), point.getY(), point.getX(), point.getY()});
        }
        return of(paths, parts);
    }

    private static EdgeTree of(List<double[]> paths, List<Integer> parts) {
        int count = paths.stream()
                .mapToInt(path -> Math.max(0, path.length / 2 - 1))
                .sum();
        double[] edges = new double[4 * count];
        int[] partOf = new int[count];
        int edge = 0;
        for (int p = 0; p < paths.size(); p++) {
            double[] path = paths.get(p);
            for (int i = 0; i + 3 < path.length; i += 2) {
                System.arraycopy(path, i, edges, 4 * edge, 4);
                partOf[edge] = parts.get(p);
                edge++;
            }
        }
        return new EdgeTree(edges, partOf);
    }

    private static double[][] levelsOver(double[] edges, int count) {
        List<double[]> levels = new ArrayList<>();
        double[] below = new double[4 * count];
        for (int i = 0; i < 4 * count; i += 4) {
            below[i] = Math.min(edges[i], edges[i + 2]);
            below[i + 1] = Math.min(edges[i + 1], edges[i + 3]);
            below[i + 2] = Math.max(edges[i], edges[i + 2]);
            below[i + 3] = Math.max(edges[i + 1], edges[i + 3]);
        }
        do {
            int nodes = (below.length / 4 + FAN - 1) / FAN;
            double[] level = new double[4 * nodes];
            for (int node = 0; node < nodes; node++) {
                double west = Double.POSITIVE_INFINITY;
                double south = Double.POSITIVE_INFINITY;
                double east = Double.NEGATIVE_INFINITY;
                double north = Double.NEGATIVE_INFINITY;
                int end = Math.min(below.length, (node + 1) * FAN * 4);
                for (int i = node * FAN * 4; i < end; i += 4) {
                    west = Math.min(west, below[i]);
                    south = Math.min(south, below[i + 1]);
                    east = Math.max(east, below[i + 2]);
                    north = Math.max(north, below[i + 3]);
                }
                level[4 * node] = west;
                level[4 * node + 1] = south;
                level[4 * node + 2] = east;
                level[4 * node + 3] = north;
            }
            levels.add(level);
            below = level;
        } while (below.length > 4);
        return levels.toArray(new double[0][]);
    }

    private double[] root() {
        return levels[levels.length - 1];
    }

    double west() {
        return root()[0];
    }

    double south() {
        return root()[1];
    }

    double east() {
        return root()[2];
    }

    double north() {
        return root()[3];
    }

    /** The edges, four numbers each; not to be changed. */
    double[] edges() {
        return edges;
    }

    /** The highest level at which a node starts with this edge. */
    private int levelAt(int edge) {
        int top = levels.length - 1;
        return edge == 0 ? top : Math.min(top, Integer.numberOfTrailingZeros(edge) / FAN_BITS - 1);
    }

    /** Where a place lies: {@link #INSIDE}, {@link #ON_EDGE} or {@link #OUTSIDE}. */
    int locate(double x, double y) {
        if (x < west()) {
            return OUTSIDE;
        }
        int part = -1;
        boolean odd = false;
        boolean onEdge = false;
        boolean onSomeEdge = false;
        int edge = 0;
        while (edge < count) {
            int level = levelAt(edge);
            while (level >= 0) {
                int node = (edge >>> (FAN_BITS * (level + 1))) * 4;
                double[] boxes = levels[level];
                if (y < boxes[node + 1] || y > boxes[node + 3] || x > boxes[node + 2]) {
                    break;
                }
                level--;
            }
            if (level >= 0) {
                edge = skip(edge, level);
                continue;
            }
            int end = Math.min(count, edge + FAN);
            for (; edge < end; edge++) {
                if (partOf[edge] != part) {
                    if (odd && !onEdge) {
                        return INSIDE;
                    }
                    part = partOf[edge];
                    odd = false;
                    onEdge = false;
                }
                switch (crossing(edge, x, y)) {
                    case ON_EDGE -> {
                        onEdge = true;
                        onSomeEdge = true;
                    }
                    case INSIDE -> odd = !odd;
                    default -> {
                        // not crossed
                    }
                }
            }
        }
        if (odd && !onEdge) {
            return INSIDE;
        }
        return onSomeEdge ? ON_EDGE : OUTSIDE;
    }

    /** Whether a place is exactly on an edge. */
    boolean isOnEdge(double x, double y) {
        int edge = 0;
        while (edge < count) {
            int level = levelAt(edge);
            while (level >= 0) {
                int node = (edge >>> (FAN_BITS * (level + 1))) * 4;
                double[] boxes = levels[level];
                if (y < boxes[node + 1] || y > boxes[node + 3] || x < boxes[node] || x > boxes[node + 2]) {
                    break;
                }
                level--;
            }
            if (level >= 0) {
                edge = skip(edge, level);
                continue;
            }
            int end = Math.min(count, edge + FAN);
            for (; edge < end; edge++) {
                if (crossing(edge, x, y) == ON_EDGE) {
                    return true;
                }
            }
        }
        return false;
    }

    private int skip(int edge, int level) {
        long next = edge + (1L << (FAN_BITS * (level + 1)));
        return (int) Math.min(count, next);
    }

    /** INSIDE when the ray from the place to the east crosses the edge, ON_EDGE when the place is on it. */
    private int crossing(int edge, double x, double y) {
        int i = 4 * edge;
        double x1 = edges[i];
        double y1 = edges[i + 1];
        double x2 = edges[i + 2];
        double y2 = edges[i + 3];
        if (x1 < x && x2 < x) {
            return OUTSIDE;
        }
        if ((x == x1 && y == y1) || (x == x2 && y == y2)) {
            return ON_EDGE;
        }
        if (y1 == y && y2 == y) {
            return Math.min(x1, x2) <= x && x <= Math.max(x1, x2) ? ON_EDGE : OUTSIDE;
        }
        if ((y1 > y && y2 <= y) || (y2 > y && y1 <= y)) {
            int orientation = CGAlgorithmsDD.orientationIndex(x1, y1, x2, y2, x, y);
            if (orientation == 0) {
                return ON_EDGE;
            }
            return (y2 < y1) == (orientation < 0) ? INSIDE : OUTSIDE;
        }
        return OUTSIDE;
    }

    /** Whether an edge meets the closed rectangle; true also for some that pass it by less than rounding. */
    boolean mayTouch(double west, double south, double east, double north) {
        int edge = 0;
        while (edge < count) {
            int level = levelAt(edge);
            while (level >= 0) {
                int node = (edge >>> (FAN_BITS * (level + 1))) * 4;
                double[] boxes = levels[level];
                if (boxes[node] > east
                        || boxes[node + 2] < west
                        || boxes[node + 1] > north
                        || boxes[node + 3] < south) {
                    break;
                }
                level--;
            }
            if (level >= 0) {
                edge = skip(edge, level);
                continue;
            }
            int end = Math.min(count, edge + FAN);
            for (; edge < end; edge++) {
                if (mayTouch(edge, west, south, east, north)) {
                    return true;
                }
            }
        }
        return false;
    }

    private boolean mayTouch(int edge, double west, double south, double east, double north) {
        int i = 4 * edge;
        double x1 = edges[i];
        double y1 = edges[i + 1];
        double x2 = edges[i + 2];
        double y2 = edges[i + 3];
        if (Math.max(x1, x2) < west
                || Math.min(x1, x2) > east
                || Math.max(y1, y2) < south
                || Math.min(y1, y2) > north) {
            return false;
        }
        double dx = x2 - x1;
        double dy = y2 - y1;
        // Apart only if all four corners are certainly on one side of the line through the edge.
        int sides = side(dx, dy, west - x1, south - y1);
        return sides == 0
                || sides != side(dx, dy, east - x1, south - y1)
                || sides != side(dx, dy, east - x1, north - y1)
                || sides != side(dx, dy, west - x1, north - y1);
    }

    private static int side(double dx, double dy, double px, double py) {
        double left = dx * py;
        double right = dy * px;
        double difference = left - right;
        double error = 2e-15 * (Math.abs(left) + Math.abs(right));
        if (difference > error) {
            return 1;
        }
        return difference < -error ? -1 : 0;
    }
}
