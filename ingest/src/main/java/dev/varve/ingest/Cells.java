package dev.varve.ingest;

import dev.varve.model.Column;
import dev.varve.model.Schema;
import dev.varve.model.space.H3Cells;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.vector.BigIntVector;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.Float8Vector;
import org.apache.arrow.vector.VectorSchemaRoot;

/**
 * Gives rows their H3 cells; thread-safe.
 *
 * <p>Places are remembered, since stations come again: in a few caches, each lent to one batch at a time, of 65,536
 * places in sets of two, which is enough for tens of thousands of stations.
 */
final class Cells {
    private static final int CACHES = 4;

    private final ConcurrentHashMap<Integer, BlockingQueue<Cache>> idle = new ConcurrentHashMap<>();

    /** Cells of one resolution by place; for one thread at a time. */
    private static final class Cache {
        private static final int BITS = 16;

        private final int resolution;
        private final double[] lats = new double[1 << BITS];
        private final double[] lons = new double[1 << BITS];
        private final long[] cells = new long[1 << BITS];

        Cache(int resolution) {
            this.resolution = resolution;
            Arrays.fill(lats, Double.NaN);
        }

        long cell(double lat, double lon) {
            // mixed well, for the places of a regular grid differ in few bits
            long mixed = (Double.doubleToRawLongBits(lat) * 0x9E3779B97F4A7C15L) ^ Double.doubleToRawLongBits(lon);
            mixed = (mixed ^ (mixed >>> 32)) * 0xD1B54A32D192ED03L;
            mixed = (mixed ^ (mixed >>> 29)) * 0x9E3779B97F4A7C15L;
            int slot = (int) (mixed >>> (Long.SIZE - BITS));
            if (lats[slot] == lat && lons[slot] == lon) {
                return cells[slot];
            }
            int other = slot ^ 1;
            if (lats[other] == lat && lons[other] == lon) {
                return cells[other];
            }
            long cell = H3Cells.of(lat, lon, resolution);
            if (cell != H3Cells.NONE) {
                // the place that was there moves over, the one there before goes
                lats[other] = lats[slot];
                lons[other] = lons[slot];
                cells[other] = cells[slot];
                lats[slot] = lat;
                lons[slot] = lon;
                cells[slot] = cell;
            }
            return cell;
        }
    }

    /** The cells of a batch, null where it has no place. */
    BigIntVector of(VectorSchemaRoot rows, int resolution, BufferAllocator memory) {
        BlockingQueue<Cache> caches = idle.computeIfAbsent(resolution, key -> new ArrayBlockingQueue<>(CACHES));
        Cache lent = caches.poll();
        Cache cache = lent == null ? new Cache(resolution) : lent;
        Float8Vector lat = (Float8Vector) rows.getVector(Schema.LAT.name());
        Float8Vector lon = (Float8Vector) rows.getVector(Schema.LON.name());
        Column column = Schema.CELL;
        BigIntVector cells = (BigIntVector)
                StoredFields.of(List.of(column)).findField(column.name()).createVector(memory);
        int count = rows.getRowCount();
        cells.allocateNew(count);
        double lastLat = Double.NaN;
        double lastLon = Double.NaN;
        long last = H3Cells.NONE;
        for (int i = 0; i < count; i++) {
            if (lat.isNull(i) || lon.isNull(i)) {
                continue;
            }
            double y = lat.get(i);
            double x = lon.get(i);
            if (y != lastLat || x != lastLon) {
                last = cache.cell(y, x);
                lastLat = y;
                lastLon = x;
            }
            if (last != H3Cells.NONE) {
                cells.set(i, last);
            }
        }
        cells.setValueCount(count);
        boolean isKept = caches.offer(cache);
        assert isKept || caches.remainingCapacity() == 0;
        return cells;
    }

    /** The batch with its cells as fourth column; shares the other vectors, so only {@code cells} is to be closed. */
    static VectorSchemaRoot with(VectorSchemaRoot rows, BigIntVector cells) {
        List<FieldVector> vectors = new ArrayList<>(rows.getFieldVectors());
        vectors.add(Schema.LEADING.indexOf(Schema.CELL), cells);
        return new VectorSchemaRoot(vectors.stream().map(FieldVector::getField).toList(), vectors, rows.getRowCount());
    }
}
