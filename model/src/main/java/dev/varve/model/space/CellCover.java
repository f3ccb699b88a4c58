package dev.varve.model.space;

import com.uber.h3core.util.LatLng;
import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import dev.varve.model.space.CellRanges.CellRange;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Covers a region by ranges of cells that never miss a place.
 *
 * <p><b>What must hold.</b> A row carries the cell of its place at one fine resolution; all coarser cells are its
 * <i>ancestors</i>, derived by digits. A cell's <i>realm</i> is the set of places whose fine cell descends from it. It is
 * not the hexagon that H3 draws: children stick out of their parent, so realms are ragged, and 6 % of all places lie in
 * the realm of a cell whose drawn hexagon does not hold them. A cover may drop a cell only if the region does not meet
 * its realm.
 *
 * <p><b>The cap around a realm.</b> H3 places a point on the nearest face of an icosahedron by gnomonic projection, rounds
 * it to the nearest fine hexagon centre on that plane, and climbs: the centre of a parent is the child's own or one child
 * spacing away. With s the spacing of centres at resolution r on the plane, spacings shrink by √7 a level, so a place is
 * at most s/√7 + s/√7² + … + (fine spacing)/√3 from the centre of its ancestor. As 1/√3 &lt; 1/(√7 - 1), the sum never
 * exceeds s/(√7 - 1) = 0.6076 s: 5 % more than the hexagon's own circumradius s/√3. (Across an edge of the icosahedron the
 * planes of both faces agree, so the straight way on the unfolded faces has the same length.) From the plane to the
 * sphere lengths shrink, by cos θ at an angle θ from the centre of the face along the circle and cos² θ across it;
 * so the angle is at most the planar distance times the largest cos θ on the way. {@link #MARGIN} lies on top, for
 * pentagons, where a sector of the plane is missing, and {@link #PAD_RADIANS} for H3's rounding. Over 5 million
 * places and all their ancestors the farthest lay at 0.959 of its cap's radius, about the same at poles and pentagons.
 *
 * <p><b>The descent.</b> Start with the 122 base cells. A cell whose cap is outside the region is dropped, one whose cap is
 * inside is kept, others are refined, coarsest first, while the cells fit the budget; what is left is kept. H3's own
 * polygon functions are not used: they read arcs over 180° the other way round and may throw near pentagons.
 */
public final class CellCover {
    /** The distance of neighbouring centres at resolution 0 on a plane that touches the unit sphere. */
    private static final double SPACING = 0.381966011250105;

    static final double REACH = 1 / (Math.sqrt(7) - 1);

    private static final double MARGIN = 1.03;

    /** 19 cm on the ground. */
    private static final double PAD_RADIANS = 3e-8;

    private static final double[] RADII = new double[H3Cells.FINEST + 1];
    private static final double[] FACES = faces();
    private static final Cap[] BASE_CAPS = new Cap[H3Cells.BASE_CELLS];

    static {
        for (int r = 0; r < RADII.length; r++) {
            RADII[r] = SPACING * Math.pow(7, -r / 2.0) * REACH * MARGIN;
        }
        for (int base = 0; base < BASE_CAPS.length; base++) {
            BASE_CAPS[base] = cap(H3Cells.baseCell(base));
        }
    }

    private CellCover() {}

    /**
     * Ranges at a resolution that hold the cell of every place of the region.
     *
     * @param mostCells how many cells of any resolution to make ranges of, at least the base cells that the region meets; a
     *     few hundred are close to the region's outline
     */
    public static CellRanges of(Region region, int resolution, int mostCells) {
        if (resolution < 0 || resolution > H3Cells.FINEST || mostCells < 1) {
            throw new IllegalArgumentException("resolution " + resolution + ", " + mostCells + " cells");
        }
        Cells kept = new Cells();
        Cells open = new Cells();
        for (int base = 0; base < H3Cells.BASE_CELLS; base++) {
            sort(region, H3Cells.baseCell(base), BASE_CAPS[base], kept, open);
        }
        boolean affordable = true;
        for (int r = 0; r < resolution && affordable && open.count > 0; r++) {
            Cells finer = new Cells();
            for (int i = 0; i < open.count; i++) {
                long cell = open.cells[i];
                int keptBefore = kept.count;
                int finerBefore = finer.count;
                if (affordable) {
                    refine(region, cell, kept, finer);
                    affordable = kept.count + finer.count + (open.count - i - 1) <= mostCells;
                }
                if (!affordable) {
                    // One too many, or one was before: this cell and those after it stay coarse.
                    kept.count = keptBefore;
                    finer.count = finerBefore;
                    kept.add(cell);
                }
            }
            open = finer;
        }
        kept.addAll(open);
        return ranges(kept, resolution);
    }

    /** The cells of a resolution whose centre is in the region, ascending. */
    static long[] centredIn(Region region, int resolution, int most) {
        Cells open = new Cells();
        for (int base = 0; base < H3Cells.BASE_CELLS; base++) {
            sort(region, H3Cells.baseCell(base), BASE_CAPS[base], open, open);
        }
        for (int r = 0; r < resolution; r++) {
            Cells finer = new Cells();
            for (int i = 0; i < open.count; i++) {
                refine(region, open.cells[i], finer, finer);
                // Rims of coarse cells fade with refinement, so only far more than asked for is hopeless here.
                if (finer.count / 64 > most) {
                    throw tooMany(resolution, most);
                }
            }
            open = finer;
        }
        Cells centred = new Cells();
        for (int i = 0; i < open.count; i++) {
            LatLng centre = H3Cells.CORE.cellToLatLng(open.cells[i]);
            if (region.contains(centre.lat, centre.lng)) {
                centred.add(open.cells[i]);
                if (centred.count > most) {
                    throw tooMany(resolution, most);
                }
            }
        }
        long[] result = Arrays.copyOf(centred.cells, centred.count);
        Arrays.sort(result);
        return result;
    }

    private static VarveException tooMany(int resolution, int most) {
        return new VarveException(
                        ErrorCode.TOO_LARGE, "the region has more than " + most + " cells of resolution " + resolution)
                .withHint("ask for a coarser resolution");
    }

    private static void refine(Region region, long cell, Cells inside, Cells crossing) {
        boolean pentagon = H3Cells.isPentagon(cell);
        for (int digit = 0; digit < 7; digit++) {
            if (!(pentagon && digit == 1)) {
                long child = H3Cells.child(cell, digit);
                sort(region, child, cap(child), inside, crossing);
            }
        }
    }

    private static void sort(Region region, long cell, Cap cap, Cells inside, Cells crossing) {
        switch (Relation.of(region, cap)) {
            case INSIDE -> inside.add(cell);
            case CROSSES -> crossing.add(cell);
            case OUTSIDE -> {
                // dropped
            }
        }
    }

    /** A cap that holds every place whose fine cell descends from this one. */
    static Cap cap(long cell) {
        LatLng centre = H3Cells.CORE.cellToLatLng(cell);
        return new Cap(centre.lat, centre.lng, radius(centre.lat, centre.lng, H3Cells.resolution(cell)));
    }

    private static double radius(double lat, double lon, int resolution) {
        double atFaceCentre = RADII[resolution];
        double nearest = Math.max(0, Cap.smallestAngle(lat, lon, FACES) - atFaceCentre);
        return atFaceCentre * Math.cos(nearest) + PAD_RADIANS;
    }

    /** The unit vectors of the 20 face centres: three vertices, at the 12 pentagons of resolution 0, make a face. */
    private static double[] faces() {
        List<double[]> vertices = new ArrayList<>();
        for (long pentagon : H3Cells.CORE.getPentagons(0)) {
            LatLng centre = H3Cells.CORE.cellToLatLng(pentagon);
            double phi = Math.toRadians(centre.lat);
            double lambda = Math.toRadians(centre.lng);
            vertices.add(
                    new double[] {Math.cos(phi) * Math.cos(lambda), Math.cos(phi) * Math.sin(lambda), Math.sin(phi)});
        }
        double[] faces = new double[60];
        int count = 0;
        for (int a = 0; a < 12; a++) {
            for (int b = a + 1; b < 12; b++) {
                for (int c = b + 1; c < 12; c++) {
                    if (adjacent(vertices.get(a), vertices.get(b))
                            && adjacent(vertices.get(b), vertices.get(c))
                            && adjacent(vertices.get(a), vertices.get(c))) {
                        double length = 0;
                        for (int axis = 0; axis < 3; axis++) {
                            double sum = vertices.get(a)[axis] + vertices.get(b)[axis] + vertices.get(c)[axis];
                            faces[count + axis] = sum;
                            length += sum * sum;
                        }
                        for (int axis = 0; axis < 3; axis++) {
                            faces[count + axis] /= Math.sqrt(length);
                        }
                        count += 3;
                    }
                }
            }
        }
        assert count == 60 : count + " numbers for 20 faces";
        return faces;
    }

    /** Vertices of the icosahedron on one edge are 63.4° apart, others 116.6° or 180°. */
    private static boolean adjacent(double[] a, double[] b) {
        return a[0] * b[0] + a[1] * b[1] + a[2] * b[2] > 0;
    }

    private static CellRanges ranges(Cells cells, int resolution) {
        long[] firsts = new long[cells.count];
        for (int i = 0; i < cells.count; i++) {
            firsts[i] = H3Cells.firstDescendant(cells.cells[i], resolution);
        }
        long[] lasts = new long[cells.count];
        for (int i = 0; i < cells.count; i++) {
            lasts[i] = H3Cells.lastDescendant(cells.cells[i], resolution);
        }
        // Realms are disjoint, so both ends sort alike.
        Arrays.sort(firsts);
        Arrays.sort(lasts);
        List<CellRange> ranges = new ArrayList<>();
        for (int i = 0; i < firsts.length; i++) {
            long first = firsts[i];
            while (i + 1 < firsts.length && H3Cells.next(lasts[i]) == firsts[i + 1]) {
                i++;
            }
            ranges.add(new CellRange(first, lasts[i]));
        }
        return new CellRanges(ranges);
    }

    /** A growing array of cells. */
    private static final class Cells {
        private long[] cells = new long[128];
        private int count;

        void add(long cell) {
            if (count == cells.length) {
                cells = Arrays.copyOf(cells, count * 2);
            }
            cells[count++] = cell;
        }

        void addAll(Cells other) {
            for (int i = 0; i < other.count; i++) {
                add(other.cells[i]);
            }
        }
    }
}
