package dev.varve.ingest;

import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.vector.BaseFixedWidthVector;
import org.apache.arrow.vector.BaseVariableWidthVector;
import org.apache.arrow.vector.BitVector;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.VectorSchemaRoot;

/** A 64-bit digest of the values of a batch: what lies under a null and columns that are all null do not count. */
final class RowDigest {
    private static final long PRIME = 0x9E3779B97F4A7C15L;

    private RowDigest() {}

    static long of(VectorSchemaRoot rows) {
        int count = rows.getRowCount();
        long digest = mix(count, 1);
        for (FieldVector vector : rows.getFieldVectors()) {
            int nulls = vector.getNullCount();
            if (nulls == count) {
                continue;
            }
            digest = mix(digest, vector.getName().hashCode());
            switch (vector) {
                case BitVector bits -> {
                    for (int i = 0; i < count; i++) {
                        digest = mix(digest, bits.isNull(i) ? 2 : bits.get(i));
                    }
                }
                case BaseFixedWidthVector fixed -> digest = fixed(digest, fixed, count, nulls);
                case BaseVariableWidthVector text -> digest = text(digest, text, count);
                default -> throw new IllegalArgumentException("column " + vector.getField() + " is not canonical");
            }
        }
        return digest;
    }

    private static long fixed(long start, BaseFixedWidthVector vector, int count, int nulls) {
        long digest = start;
        ArrowBuf data = vector.getDataBuffer();
        boolean isLong = vector.getTypeWidth() == Long.BYTES;
        for (int i = 0; i < count; i++) {
            if (nulls > 0 && vector.isNull(i)) {
                digest = mix(digest, PRIME);
            } else {
                digest = mix(digest, isLong ? data.getLong((long) i << 3) : data.getInt((long) i << 2));
            }
        }
        return digest;
    }

    private static long text(long start, BaseVariableWidthVector vector, int count) {
        long digest = start;
        ArrowBuf data = vector.getDataBuffer();
        for (int i = 0; i < count; i++) {
            if (vector.isNull(i)) {
                digest = mix(digest, PRIME);
                continue;
            }
            long at = vector.getStartOffset(i);
            long end = vector.getEndOffset(i);
            digest = mix(digest, end - at);
            for (; at + Long.BYTES <= end; at += Long.BYTES) {
                digest = mix(digest, data.getLong(at));
            }
            long rest = 0;
            for (; at < end; at++) {
                rest = rest << 8 | (data.getByte(at) & 0xFF);
            }
            digest = mix(digest, rest);
        }
        return digest;
    }

    private static long mix(long digest, long value) {
        long mixed = (digest ^ value) * PRIME;
        return mixed ^ (mixed >>> 32);
    }
}
