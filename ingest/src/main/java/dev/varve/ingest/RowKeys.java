package dev.varve.ingest;

import dev.varve.model.Schema;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.vector.BaseVariableWidthVector;
import org.apache.arrow.vector.BitVector;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.VectorSchemaRoot;

/** Finds rows that a later row with the same key and time replaces; null is a key like any other. */
final class RowKeys {
    private static final long PRIME = 0x9E3779B97F4A7C15L;

    /** By column, then by batch. */
    private final List<FieldVector[]> columns = new ArrayList<>();

    private final int[] rowCounts;

    private RowKeys(List<VectorSchemaRoot> batches, List<String> key) {
        rowCounts = batches.stream().mapToInt(VectorSchemaRoot::getRowCount).toArray();
        List<String> names = new ArrayList<>(key);
        names.add(Schema.TIME.name());
        for (String name : names) {
            columns.add(batches.stream().map(batch -> batch.getVector(name)).toArray(FieldVector[]::new));
        }
    }

    /**
     * The rows to leave out, numbered through all batches; the last of each key and time stays.
     *
     * @param batches in order of version, at most 65,536 rows each unless there is only one
     */
    static BitSet superseded(List<VectorSchemaRoot> batches, List<String> key) {
        return new RowKeys(batches, key).find();
    }

    /** A copy of a batch without some rows. */
    static VectorSchemaRoot without(VectorSchemaRoot batch, BitSet leftOut, BufferAllocator memory) {
        VectorSchemaRoot kept = VectorSchemaRoot.create(batch.getSchema(), memory);
        int count = batch.getRowCount();
        int at = 0;
        for (FieldVector vector : kept.getFieldVectors()) {
            vector.setInitialCapacity(count - leftOut.cardinality());
            vector.allocateNew();
            FieldVector source = batch.getVector(vector.getName());
            at = 0;
            for (int i = leftOut.nextClearBit(0); i < count; i = leftOut.nextClearBit(i + 1)) {
                vector.copyFromSafe(i, at++, source);
            }
        }
        kept.setRowCount(at);
        return kept;
    }

    private BitSet find() {
        int total = Arrays.stream(rowCounts).sum();
        BitSet superseded = new BitSet();
        int[] batchOf = new int[total];
        int[] rowOf = new int[total];
        long[] hashes = new long[total];
        int mask = Math.max(4, Integer.highestOneBit(Math.max(1, total)) * 4) - 1;
        int[] slots = new int[mask + 1];
        int number = 0;
        for (int b = 0; b < rowCounts.length; b++) {
            hash(b, 0, hashes, number);
            for (int row = 0; row < rowCounts[b]; row++, number++) {
                batchOf[number] = b;
                rowOf[number] = row;
                int slot = (int) (hashes[number] >>> 32) & mask;
                while (slots[slot] != 0) {
                    int other = slots[slot] - 1;
                    if (hashes[other] == hashes[number] && isSame(batchOf[other], rowOf[other], b, row)) {
                        superseded.set(other);
                        break;
                    }
                    slot = (slot + 1) & mask;
                }
                slots[slot] = number + 1;
            }
        }
        return superseded;
    }

    /** A hash of key and time for each row of a batch. */
    static long[] hashes(VectorSchemaRoot batch, List<String> key, long seed) {
        long[] hashes = new long[batch.getRowCount()];
        new RowKeys(List.of(batch), key).hash(0, seed, hashes, 0);
        return hashes;
    }

    private void hash(int batch, long seed, long[] hashes, int first) {
        for (FieldVector[] column : columns) {
            FieldVector vector = column[batch];
            boolean hasNulls = vector.getNullCount() > 0;
            for (int row = 0; row < rowCounts[batch]; row++) {
                long value = hasNulls && vector.isNull(row) ? PRIME : hash(vector, row, seed);
                long mixed = (hashes[first + row] ^ value ^ seed) * PRIME;
                hashes[first + row] = mixed ^ (mixed >>> 29);
            }
        }
    }

    private static long hash(FieldVector vector, int row, long seed) {
        return switch (vector) {
            case BitVector bits -> bits.get(row);
            case BaseVariableWidthVector text -> {
                ArrowBuf data = text.getDataBuffer();
                long at = text.getStartOffset(row);
                long end = text.getEndOffset(row);
                long hash = (end - at) ^ seed;
                for (; at + Long.BYTES <= end; at += Long.BYTES) {
                    hash = (hash ^ data.getLong(at)) * PRIME;
                    hash ^= hash >>> 32;
                }
                for (; at < end; at++) {
                    hash = hash * 31 + data.getByte(at);
                }
                yield hash * PRIME;
            }
            default -> fixed(vector, row);
        };
    }

    private static long fixed(FieldVector vector, int row) {
        ArrowBuf data = vector.getDataBuffer();
        return ((org.apache.arrow.vector.BaseFixedWidthVector) vector).getTypeWidth() == Long.BYTES
                ? data.getLong((long) row << 3)
                : data.getInt((long) row << 2);
    }

    private boolean isSame(int leftBatch, int leftRow, int rightBatch, int rightRow) {
        for (FieldVector[] column : columns) {
            FieldVector left = column[leftBatch];
            FieldVector right = column[rightBatch];
            boolean isNull = left.isNull(leftRow);
            if (isNull != right.isNull(rightRow)) {
                return false;
            }
            if (!isNull && !isSameValue(left, leftRow, right, rightRow)) {
                return false;
            }
        }
        return true;
    }

    private static boolean isSameValue(FieldVector left, int leftRow, FieldVector right, int rightRow) {
        if (left instanceof BitVector leftBits && right instanceof BitVector rightBits) {
            return leftBits.get(leftRow) == rightBits.get(rightRow);
        }
        if (left instanceof BaseVariableWidthVector leftText && right instanceof BaseVariableWidthVector rightText) {
            return Arrays.equals(leftText.get(leftRow), rightText.get(rightRow));
        }
        return fixed(left, leftRow) == fixed(right, rightRow);
    }
}
