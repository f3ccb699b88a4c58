package dev.varve.ingest;

import dev.varve.model.Schema;
import dev.varve.model.space.H3Cells;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.vector.BaseFixedWidthVector;
import org.apache.arrow.vector.BaseVariableWidthVector;
import org.apache.arrow.vector.BigIntVector;
import org.apache.arrow.vector.BitVector;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.Float4Vector;
import org.apache.arrow.vector.Float8Vector;
import org.apache.arrow.vector.TimeStampMicroVector;
import org.apache.arrow.vector.VectorSchemaRoot;

/**
 * Which shard of the log a row goes to: by its UTC day and its key, or, in a dataset without one, its coarse cell.
 *
 * <p>It follows from the rows and the number of shards alone, so that all versions of a row meet in one shard, and a batch
 * that is sent again goes where it went before.
 */
final class RowRouting {
    /** A batch of fewer rows goes to one shard as a whole if that is allowed: one commit instead of several. */
    static final int WHOLE_ROWS = 1_000;

    private static final long MICROS_PER_DAY = 86_400_000_000L;
    private static final int CELL_RESOLUTION = 3;
    private static final long PRIME = 0x9E3779B97F4A7C15L;

    private RowRouting() {}

    /** The shard of each row of a canonical batch with cells. */
    static int[] shards(Schema schema, VectorSchemaRoot rows, int shards) {
        int count = rows.getRowCount();
        int[] target = new int[count];
        if (shards == 1) {
            return target;
        }
        boolean isWhole = !schema.isKeyed() && count < WHOLE_ROWS;
        int hashed = isWhole ? 1 : count;
        long[] hashes = new long[hashed];
        TimeStampMicroVector time = (TimeStampMicroVector) rows.getVector(Schema.TIME.name());
        for (int row = 0; row < hashed; row++) {
            hashes[row] = mix(Math.floorDiv(time.get(row), MICROS_PER_DAY), PRIME);
        }
        if (schema.isKeyed()) {
            for (String column : schema.key()) {
                addColumn(hashes, rows.getVector(column));
            }
        } else {
            addCells(hashes, (BigIntVector) rows.getVector(Schema.CELL.name()), schema.h3Resolution());
        }
        for (int row = 0; row < hashed; row++) {
            target[row] = (int) (((hashes[row] >>> 33) * shards) >>> 31);
        }
        if (isWhole) {
            Arrays.fill(target, target[0]);
        }
        return target;
    }

    private static void addCells(long[] hashes, BigIntVector cells, int resolution) {
        for (int row = 0; row < hashes.length; row++) {
            long cell = cells.isNull(row) ? 0 : cells.get(row);
            long coarse = cell == 0 || resolution <= CELL_RESOLUTION ? cell : H3Cells.parent(cell, CELL_RESOLUTION);
            hashes[row] = mix(hashes[row], coarse);
        }
    }

    private static void addColumn(long[] hashes, FieldVector vector) {
        for (int row = 0; row < hashes.length; row++) {
            hashes[row] = mix(hashes[row], vector.isNull(row) ? PRIME : value(vector, row));
        }
    }

    /** The same for values that are the same to SQL. */
    private static long value(FieldVector vector, int row) {
        return switch (vector) {
            case BitVector bits -> bits.get(row);
            case Float8Vector doubles -> Double.doubleToLongBits(doubles.get(row) + 0.0);
            case Float4Vector floats -> Float.floatToIntBits(floats.get(row) + 0.0f);
            case BaseVariableWidthVector text -> {
                ArrowBuf data = text.getDataBuffer();
                long hash = 0;
                for (long at = text.getStartOffset(row); at < text.getEndOffset(row); at++) {
                    hash = hash * 31 + data.getByte(at);
                }
                yield hash;
            }
            default -> {
                ArrowBuf data = vector.getDataBuffer();
                yield ((BaseFixedWidthVector) vector).getTypeWidth() == Long.BYTES
                        ? data.getLong((long) row << 3)
                        : data.getInt((long) row << 2);
            }
        };
    }

    private static long mix(long hash, long value) {
        long mixed = (hash ^ value) * PRIME;
        mixed = (mixed ^ (mixed >>> 32)) * 0xD1B54A32D192ED03L;
        return mixed ^ (mixed >>> 29);
    }

    /** The rows of one shard, by number, in order. */
    static int[] rowsOf(int[] shards, int shard) {
        int[] rows = new int[shards.length];
        int count = 0;
        for (int row = 0; row < shards.length; row++) {
            if (shards[row] == shard) {
                rows[count++] = row;
            }
        }
        return Arrays.copyOf(rows, count);
    }

    /** A copy of some rows of a batch; the caller closes it. */
    static VectorSchemaRoot pick(VectorSchemaRoot batch, int[] rows, BufferAllocator memory) {
        List<FieldVector> picked = new ArrayList<>();
        try {
            for (FieldVector source : batch.getFieldVectors()) {
                FieldVector target = source.getField().createVector(memory);
                picked.add(target);
                pick(source, target, rows);
            }
        } catch (RuntimeException e) {
            picked.forEach(FieldVector::close);
            throw e;
        }
        return new VectorSchemaRoot(batch.getSchema().getFields(), picked, rows.length);
    }

    private static void pick(FieldVector source, FieldVector target, int[] rows) {
        if (source instanceof BaseVariableWidthVector text) {
            long bytes = 0;
            for (int row : rows) {
                bytes += text.getValueLength(row);
            }
            ((BaseVariableWidthVector) target).allocateNew(bytes, rows.length);
        } else {
            target.setInitialCapacity(rows.length);
            target.allocateNew();
        }
        if (source instanceof BaseFixedWidthVector fixed && !(source instanceof BitVector)) {
            boolean isLong = fixed.getTypeWidth() == Long.BYTES;
            ArrowBuf from = source.getDataBuffer();
            ArrowBuf to = target.getDataBuffer();
            for (int i = 0; i < rows.length; i++) {
                if (isLong) {
                    to.setLong((long) i << 3, from.getLong((long) rows[i] << 3));
                } else {
                    to.setInt((long) i << 2, from.getInt((long) rows[i] << 2));
                }
            }
            pickValidity(source, target.getValidityBuffer(), rows);
        } else {
            for (int i = 0; i < rows.length; i++) {
                target.copyFromSafe(rows[i], i, source);
            }
        }
        target.setValueCount(rows.length);
    }

    private static void pickValidity(FieldVector source, ArrowBuf validity, int[] rows) {
        if (source.getNullCount() == 0) {
            validity.setOne(0L, (rows.length + 7L) / 8);
            return;
        }
        validity.setZero(0L, validity.capacity());
        for (int i = 0; i < rows.length; i++) {
            if (!source.isNull(rows[i])) {
                long at = (long) i >>> 3;
                validity.setByte(at, validity.getByte(at) | (1 << (i & 7)));
            }
        }
    }
}
