package dev.varve.model.space;

/**
 * Cells of one resolution, remembered for places that come again, such as fixed stations; for one thread at a time.
 *
 * <p>Bounded (1.5 MiB, 65,536 places): two places share a slot pair, and a third drives out the one that came first.
 */
public final class CellCache {
    private static final int PAIR_BITS = 15;

    /** Latitude bits, longitude bits and cell of one place. */
    private static final int ENTRY = 3;

    private final int resolution;
    private final long[] entries = new long[(2 * ENTRY) << PAIR_BITS];

    public CellCache(int resolution) {
        if (resolution < 0 || resolution > H3Cells.FINEST) {
            throw new IllegalArgumentException("H3 resolution " + resolution + " is not in 0..15");
        }
        this.resolution = resolution;
    }

    /** As {@link H3Cells#of}. */
    public long cell(double lat, double lon) {
        long latBits = Double.doubleToRawLongBits(lat);
        long lonBits = Double.doubleToRawLongBits(lon);
        long mixed = (latBits * 0x9E3779B97F4A7C15L + lonBits) * 0xD1B54A32D192ED03L;
        int first = (int) (mixed >>> (64 - PAIR_BITS)) * 2 * ENTRY;
        int second = first + ENTRY;
        // An empty entry looks like 0, 0 but has no cell.
        if (entries[first] == latBits && entries[first + 1] == lonBits && entries[first + 2] != H3Cells.NONE) {
            return entries[first + 2];
        }
        if (entries[second] == latBits && entries[second + 1] == lonBits && entries[second + 2] != H3Cells.NONE) {
            return entries[second + 2];
        }
        long cell = H3Cells.of(lat, lon, resolution);
        if (cell != H3Cells.NONE) {
            System.arraycopy(entries, first, entries, second, ENTRY);
            entries[first] = latBits;
            entries[first + 1] = lonBits;
            entries[first + 2] = cell;
        }
        return cell;
    }
}
