package dev.varve.ingest.decode;

import java.util.List;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.vector.BigIntVector;
import org.apache.arrow.vector.BitVector;
import org.apache.arrow.vector.DateDayVector;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.Float4Vector;
import org.apache.arrow.vector.Float8Vector;
import org.apache.arrow.vector.IntVector;
import org.apache.arrow.vector.TimeStampMicroTZVector;
import org.apache.arrow.vector.TimeStampMicroVector;
import org.apache.arrow.vector.VarBinaryVector;
import org.apache.arrow.vector.VarCharVector;
import org.apache.arrow.vector.ipc.message.ArrowFieldNode;

/** Takes over the buffers of a column whose values are right as they are, without copying them. */
final class SharedColumn {
    private SharedColumn() {}

    /** Makes the target share the source's buffers; false, with nothing done, when that is not possible. */
    @SuppressWarnings("ReferenceEquality") // two allocators are one only if they are the same object
    static boolean share(FieldVector source, FieldVector target, int rows, Times times, int valueBytes) {
        boolean fits = switch (target) {
            case TimeStampMicroVector t ->
                source instanceof TimeStampMicroTZVector
                        || (source instanceof TimeStampMicroVector && !times.zoneMatters());
            case VarCharVector t -> source instanceof VarCharVector texts && isCleanText(texts, rows, valueBytes);
            case VarBinaryVector t ->
                source instanceof VarBinaryVector bytes && longest(bytes.getOffsetBuffer(), rows) <= valueBytes;
            case Float8Vector t -> source instanceof Float8Vector doubles && ColumnConverter.isFinite(doubles, rows);
            case Float4Vector t -> source instanceof Float4Vector floats && ColumnConverter.isFinite(floats, rows);
            case BigIntVector t -> source instanceof BigIntVector;
            case IntVector t -> source instanceof IntVector;
            case BitVector t -> source instanceof BitVector;
            case DateDayVector t -> source instanceof DateDayVector && areDaysInRange(source, rows);
            default -> false;
        };
        if (!fits || source.getAllocator().getRoot() != target.getAllocator().getRoot()) {
            return false;
        }
        if (target instanceof TimeStampMicroVector && !areTimesInRange(source, rows)) {
            return false;
        }
        List<ArrowBuf> buffers = source.getFieldBuffers();
        target.loadFieldBuffers(new ArrowFieldNode(rows, source.getNullCount()), buffers);
        return true;
    }

    private static boolean areTimesInRange(FieldVector source, int rows) {
        ArrowBuf values = source.getDataBuffer();
        boolean inRange = true;
        for (int row = 0; row < rows; row++) {
            long micros = values.getLong(8L * row);
            inRange &= micros >= Times.MIN;
            inRange &= micros <= Times.MAX;
        }
        return inRange;
    }

    private static boolean areDaysInRange(FieldVector source, int rows) {
        ArrowBuf values = source.getDataBuffer();
        long first = Times.MIN / Times.DAY_MICROS;
        long last = Times.MAX / Times.DAY_MICROS;
        boolean inRange = true;
        for (int row = 0; row < rows; row++) {
            int day = values.getInt(4L * row);
            inRange &= day >= first;
            inRange &= day <= last;
        }
        return inRange;
    }

    private static int longest(ArrowBuf offsets, int rows) {
        int longest = 0;
        int last = offsets.getInt(0);
        for (int row = 1; row <= rows; row++) {
            int next = offsets.getInt(4L * row);
            longest = Math.max(longest, next - last);
            last = next;
        }
        return longest;
    }

    /** Whether all texts are ASCII, hence UTF-8, and none is too long; others are looked at one by one. */
    private static boolean isCleanText(VarCharVector texts, int rows, int valueBytes) {
        ArrowBuf offsets = texts.getOffsetBuffer();
        if (longest(offsets, rows) > valueBytes) {
            return false;
        }
        ArrowBuf data = texts.getDataBuffer();
        long at = offsets.getInt(0);
        long end = offsets.getInt(4L * rows);
        long seen = 0;
        for (; at + 8 <= end; at += 8) {
            seen |= data.getLong(at);
        }
        for (; at < end; at++) {
            seen |= data.getByte(at);
        }
        return (seen & 0x8080_8080_8080_8080L) == 0;
    }
}
