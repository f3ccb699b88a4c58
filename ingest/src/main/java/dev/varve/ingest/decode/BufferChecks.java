package dev.varve.ingest.decode;

import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.vector.BaseFixedWidthVector;
import org.apache.arrow.vector.BaseLargeVariableWidthVector;
import org.apache.arrow.vector.BaseVariableWidthVector;
import org.apache.arrow.vector.BaseVariableWidthViewVector;
import org.apache.arrow.vector.BitVector;
import org.apache.arrow.vector.FieldVector;

/**
 * Makes sure that no offset of a vector that came from outside points out of its buffers, whatever the bounds checks of
 * the Arrow library are set to.
 */
final class BufferChecks {
    private BufferChecks() {}

    static void check(FieldVector vector, int rows) {
        if (vector.getValueCount() != rows) {
            throw bad(vector, "it has " + vector.getValueCount() + " values in a batch of " + rows + " rows");
        }
        if (rows == 0) {
            return;
        }
        switch (vector) {
            case BitVector bits -> {
                checkValidity(vector, rows);
                atLeast(vector, bits.getDataBuffer(), (rows + 7L) / 8, "values");
            }
            case BaseFixedWidthVector fixed -> {
                checkValidity(vector, rows);
                atLeast(vector, fixed.getDataBuffer(), (long) rows * fixed.getTypeWidth(), "values");
            }
            case BaseVariableWidthVector variable -> {
                checkValidity(vector, rows);
                atLeast(vector, variable.getOffsetBuffer(), 4L * (rows + 1L), "offsets");
                checkOffsets(variable, rows);
            }
            case BaseLargeVariableWidthVector variable -> {
                checkValidity(vector, rows);
                atLeast(vector, variable.getOffsetBuffer(), 8L * (rows + 1L), "offsets");
                checkOffsets(variable, rows);
            }
            case BaseVariableWidthViewVector views -> {
                checkValidity(vector, rows);
                atLeast(vector, views.getDataBuffer(), 16L * rows, "views");
                checkViews(views, rows);
            }
            default -> {
                // a type without single values is never read
            }
        }
    }

    private static void checkValidity(FieldVector vector, int rows) {
        atLeast(vector, vector.getValidityBuffer(), (rows + 7L) / 8, "validity");
    }

    private static void checkOffsets(BaseVariableWidthVector vector, int rows) {
        ArrowBuf offsets = vector.getOffsetBuffer();
        int last = offsets.getInt(0);
        boolean ordered = last >= 0;
        for (int row = 1; row <= rows; row++) {
            int next = offsets.getInt(4L * row);
            ordered &= next >= last;
            last = next;
        }
        if (!ordered || last > vector.getDataBuffer().capacity()) {
            throw bad(vector, "its offsets point outside its data");
        }
    }

    private static void checkOffsets(BaseLargeVariableWidthVector vector, int rows) {
        ArrowBuf offsets = vector.getOffsetBuffer();
        long last = offsets.getLong(0);
        boolean ordered = last >= 0;
        for (int row = 1; row <= rows; row++) {
            long next = offsets.getLong(8L * row);
            // a single value beyond 2 GiB cannot be an array
            ordered &= next >= last && next - last <= Integer.MAX_VALUE - 16;
            last = next;
        }
        if (!ordered || last > vector.getDataBuffer().capacity()) {
            throw bad(vector, "its offsets point outside its data");
        }
    }

    private static void checkViews(BaseVariableWidthViewVector vector, int rows) {
        ArrowBuf views = vector.getDataBuffer();
        for (int row = 0; row < rows; row++) {
            if (vector.isNull(row)) {
                continue;
            }
            int length = views.getInt(16L * row);
            if (length < 0) {
                throw bad(vector, "a view has length " + length);
            }
            if (length > 12) {
                int buffer = views.getInt(16L * row + 8);
                int offset = views.getInt(16L * row + 12);
                boolean inside = buffer >= 0
                        && buffer < vector.getDataBuffers().size()
                        && offset >= 0
                        && (long) offset + length
                                <= vector.getDataBuffers().get(buffer).capacity();
                if (!inside) {
                    throw bad(vector, "its views point outside its data");
                }
            }
        }
    }

    private static void atLeast(FieldVector vector, ArrowBuf buffer, long bytes, String what) {
        if (buffer.capacity() < bytes) {
            throw bad(vector, "its " + what + " have " + buffer.capacity() + " bytes where " + bytes + " are needed");
        }
    }

    private static VarveException bad(FieldVector vector, String reason) {
        return new VarveException(
                ErrorCode.BAD_REQUEST, "column '" + vector.getName() + "' of the Arrow batch is broken: " + reason);
    }
}
