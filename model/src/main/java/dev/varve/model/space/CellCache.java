package dev.varve.model.space;

import java.util.Arrays;

/**
 * Cells of one resolution, remembered for places that come again, such as fixed stations; for one thread at a time.
 *
 * <p>Direct-mapped and bounded (192 KiB): a place whose slot is taken by another is computed anew.
 */
public final class CellCache {
    private static final int BITS = 13;

    private final int resolution;
    private final double[] lats = new double[1 << BITS];
    private final double[] lons = new double[1 << BITS];
    private final long[] cells = new long[1 << BITS];

    public CellCache(int resolution) {
        if (resolution < 0 || resolution > H3Cells.FINEST) {
            throw new IllegalArgumentException("H3 resolution " + resolution + " is not in 0..15");
        }
        this.resolution = resolution;
        Arrays.fill(lats, Double.NaN);
    }

    /** As {@link H3Cells#of}. */
    public long cell(double lat, double lon) {
        long mixed = (Double.doubleToRawLongBits(lat) * 0x9E3779B97F4A7C15L + Double.doubleToRawLongBits(lon))
                * 0xD1B54A32D192ED03L;
        int slot = (int) (mixed >>> (64 - BITS));
        if (lats[slot] == lat && lons[slot] == lon) {
            return cells[slot];
        }
        long cell = H3Cells.of(lat, lon, resolution);
        if (cell != H3Cells.NONE) {
            lats[slot] = lat;
            lons[slot] = lon;
            cells[slot] = cell;
        }
        return cell;
    }
}
