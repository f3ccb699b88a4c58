package dev.varve.model.space;

import com.uber.h3core.H3Core;
import com.uber.h3core.util.LatLng;
import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import dev.varve.model.space.CellRanges.CellRange;
import java.io.IOException;
import java.io.UncheckedIOException;

/**
 * H3 cells as 64-bit numbers; thread-safe.
 *
 * <p>Bits, high to low: 1 zero, 4 mode (1 for a cell), 3 zero, 4 resolution, 7 base cell, then 15 digits of 3 bits, the
 * coarsest first; digits finer than the resolution are 7. So parents and descendants need arithmetic only.
 */
public final class H3Cells {
    /** No cell: what a row without a place has instead of one. */
    public static final long NONE = 0;

    public static final int FINEST = 15;

    static final int BASE_CELLS = 122;

    static final H3Core CORE = load();

    private static final int RESOLUTION_SHIFT = 52;
    private static final int BASE_SHIFT = 45;
    private static final long CELL_MODE = 1L << 59;
    private static final long BASE_MASK = 127L << BASE_SHIFT;

    private H3Cells() {}

    private static H3Core load() {
        try {
            return H3Core.newInstance();
        } catch (IOException e) {
            throw new UncheckedIOException("the native H3 library does not load", e);
        }
    }

    /** Whether both are finite degrees on the globe: latitude from -90 to 90, longitude from -180 to 180. */
    public static boolean isPlace(double lat, double lon) {
        return Math.abs(lat) <= 90 && Math.abs(lon) <= 180;
    }

    /** The cell at a place, or {@link #NONE} if {@link #isPlace} says no; about 400 ns, see {@link CellCache}. */
    public static long of(double lat, double lon, int resolution) {
        check(resolution);
        return isPlace(lat, lon) ? CORE.latLngToCell(lat, lon, resolution) : NONE;
    }

    public static int resolution(long cell) {
        return (int) (cell >>> RESOLUTION_SHIFT) & 15;
    }

    public static boolean isCell(long number) {
        return CORE.isValidCell(number);
    }

    /** The cell of a coarser or the same resolution that holds it; derived from digits, not from the place. */
    public static long parent(long cell, int resolution) {
        check(resolution);
        if (resolution > resolution(cell)) {
            throw new IllegalArgumentException("cell " + text(cell) + " of resolution " + resolution(cell)
                    + " has no parent of resolution " + resolution);
        }
        return parentUnchecked(cell, resolution);
    }

    /** As {@link #parent}, for cells known to be at least as fine; without any test. */
    static long parentUnchecked(long cell, int resolution) {
        return (cell & ~(15L << RESOLUTION_SHIFT))
                | ((long) resolution << RESOLUTION_SHIFT)
                | ((1L << (3 * (FINEST - resolution))) - 1);
    }

    /** The least descendant of a cell at a finer or the same resolution. */
    public static long firstDescendant(long cell, int resolution) {
        return descendant(cell, resolution, 0);
    }

    /** The greatest descendant of a cell at a finer or the same resolution. */
    public static long lastDescendant(long cell, int resolution) {
        return descendant(cell, resolution, 6);
    }

    /** From the first to the last descendant of a cell, with no other cell between. */
    public static CellRange descendants(long cell, int resolution) {
        return new CellRange(firstDescendant(cell, resolution), lastDescendant(cell, resolution));
    }

    private static long descendant(long cell, int resolution, long digit) {
        check(resolution);
        int coarse = resolution(cell);
        if (resolution < coarse) {
            throw new IllegalArgumentException("cell " + text(cell) + " of resolution " + coarse
                    + " has no descendant of resolution " + resolution);
        }
        long result = (cell & ~(15L << RESOLUTION_SHIFT)) | ((long) resolution << RESOLUTION_SHIFT);
        for (int r = coarse + 1; r <= resolution; r++) {
            int shift = 3 * (FINEST - r);
            result = (result & ~(7L << shift)) | (digit << shift);
        }
        return result;
    }

    /** The centre of a cell; longitude from -180 to 180. */
    public static Place centre(long cell) {
        checkCell(cell);
        LatLng centre = CORE.cellToLatLng(cell);
        return new Place(centre.lat, centre.lng);
    }

    /** The usual 15 or 16 hexadecimal digits. */
    public static String text(long cell) {
        return Long.toHexString(cell);
    }

    /** The cell of hexadecimal digits; an error if they are none. */
    public static long parse(String text) {
        long cell;
        try {
            cell = Long.parseUnsignedLong(text.strip(), 16);
        } catch (NumberFormatException e) {
            throw new VarveException(ErrorCode.SQL_RUNTIME, "'" + text + "' is not an H3 cell", e)
                    .withHint("a cell looks like 892a103b157ffff");
        }
        if (!isCell(cell)) {
            throw new VarveException(ErrorCode.SQL_RUNTIME, "'" + text + "' is not an H3 cell")
                    .withHint("a cell looks like 892a103b157ffff");
        }
        return cell;
    }

    /**
     * The corners of a cell as WKT, longitude first, counter-clockwise.
     *
     * <p>A cell across the antimeridian continues past 180 instead of jumping to -180, and one that holds a pole is drawn as
     * a full turn closed along the pole's parallel, so that planar tests of the polygon are right in both cases.
     */
    public static String boundaryWkt(long cell) {
        checkCell(cell);
        return CellBoundary.wkt(CORE.cellToBoundary(cell));
    }

    /**
     * The cells of a resolution whose centre is in the region, ascending.
     *
     * @param most more cells than this are an error
     */
    public static long[] centredIn(Region region, int resolution, int most) {
        check(resolution);
        return CellCover.centredIn(region, resolution, most);
    }

    /**
     * The cell and those at most so many steps away, in no order.
     *
     * @param most more cells than this are an error
     */
    public static long[] disk(long cell, int steps, int most) {
        checkCell(cell);
        if (steps < 0 || 3L * steps * (steps + 1L) + 1 > most) {
            throw new VarveException(ErrorCode.SQL_RUNTIME, "a disk of " + steps + " steps around an H3 cell")
                    .withHint("it is 0 or more steps, and at most " + most + " cells");
        }
        return CORE.gridDisk(cell, steps).stream().mapToLong(Long::longValue).toArray();
    }

    /** A place in degrees. */
    public record Place(double lat, double lon) {}

    static boolean isPentagon(long cell) {
        return isPentagonBase((int) ((cell & BASE_MASK) >>> BASE_SHIFT))
                && (cell & ((1L << BASE_SHIFT) - 1) & ~((1L << (3 * (FINEST - resolution(cell)))) - 1)) == 0;
    }

    private static boolean isPentagonBase(int base) {
        return switch (base) {
            case 4, 14, 24, 38, 49, 58, 63, 72, 83, 97, 107, 117 -> true;
            default -> false;
        };
    }

    static long baseCell(int base) {
        return CELL_MODE | ((long) base << BASE_SHIFT) | ((1L << BASE_SHIFT) - 1);
    }

    /** A child one resolution finer; digit 1 of a pentagon does not exist. */
    static long child(long cell, int digit) {
        int resolution = resolution(cell) + 1;
        int shift = 3 * (FINEST - resolution);
        return (cell & ~(15L << RESOLUTION_SHIFT) & ~(7L << shift))
                | ((long) resolution << RESOLUTION_SHIFT)
                | ((long) digit << shift);
    }

    /** The next greater cell of the same resolution, or {@link Long#MAX_VALUE} after the last. */
    static long next(long cell) {
        int resolution = resolution(cell);
        long next = cell;
        for (int r = resolution; r >= 1; r--) {
            int shift = 3 * (FINEST - r);
            if (((next >>> shift) & 7) < 6) {
                next += 1L << shift;
                // A pentagon lacks the descendants whose first digit that is not 0 is 1.
                return isPentagonBase((int) ((next & BASE_MASK) >>> BASE_SHIFT))
                                && ((next >>> shift) & 7) == 1
                                && isPentagon(parentUnchecked(next, r - 1))
                        ? next + (1L << shift)
                        : next;
            }
            next &= ~(7L << shift);
        }
        return ((next & BASE_MASK) >>> BASE_SHIFT) == BASE_CELLS - 1 ? Long.MAX_VALUE : next + (1L << BASE_SHIFT);
    }

    private static void check(int resolution) {
        if (resolution < 0 || resolution > FINEST) {
            throw new IllegalArgumentException("H3 resolution " + resolution + " is not in 0..15");
        }
    }

    private static void checkCell(long cell) {
        if (!isCell(cell)) {
            throw new VarveException(ErrorCode.SQL_RUNTIME, "'" + text(cell) + "' is not an H3 cell");
        }
    }
}
