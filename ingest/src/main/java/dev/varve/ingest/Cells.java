package dev.varve.ingest;

import dev.varve.model.Column;
import dev.varve.model.Schema;
import dev.varve.model.space.CellCache;
import dev.varve.model.space.H3Cells;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.vector.BigIntVector;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.Float8Vector;
import org.apache.arrow.vector.VectorSchemaRoot;

/** Gives rows their H3 cells; thread-safe, with a few caches that are lent to one batch at a time. */
final class Cells {
    private static final int CACHES = 16;

    private final ConcurrentHashMap<Integer, BlockingQueue<CellCache>> idle = new ConcurrentHashMap<>();

    /** The cells of a batch, null where it has no place. */
    BigIntVector of(VectorSchemaRoot rows, int resolution, BufferAllocator memory) {
        BlockingQueue<CellCache> caches = idle.computeIfAbsent(resolution, key -> new ArrayBlockingQueue<>(CACHES));
        CellCache lent = caches.poll();
        CellCache cache = lent == null ? new CellCache(resolution) : lent;
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
