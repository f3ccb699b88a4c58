package dev.varve.server.format;

import java.io.ByteArrayOutputStream;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.vector.BaseLargeVariableWidthVector;
import org.apache.arrow.vector.BaseVariableWidthVector;
import org.apache.arrow.vector.BigIntVector;
import org.apache.arrow.vector.BitVector;
import org.apache.arrow.vector.DateDayVector;
import org.apache.arrow.vector.DateMilliVector;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.FixedSizeBinaryVector;
import org.apache.arrow.vector.Float4Vector;
import org.apache.arrow.vector.Float8Vector;
import org.apache.arrow.vector.IntVector;
import org.apache.arrow.vector.LargeVarBinaryVector;
import org.apache.arrow.vector.SmallIntVector;
import org.apache.arrow.vector.TimeMicroVector;
import org.apache.arrow.vector.TimeMilliVector;
import org.apache.arrow.vector.TimeNanoVector;
import org.apache.arrow.vector.TimeSecVector;
import org.apache.arrow.vector.TimeStampVector;
import org.apache.arrow.vector.TinyIntVector;
import org.apache.arrow.vector.UInt1Vector;
import org.apache.arrow.vector.UInt2Vector;
import org.apache.arrow.vector.UInt4Vector;
import org.apache.arrow.vector.UInt8Vector;
import org.apache.arrow.vector.VarBinaryVector;
import org.apache.arrow.vector.complex.FixedSizeListVector;
import org.apache.arrow.vector.complex.LargeListVector;
import org.apache.arrow.vector.complex.ListVector;
import org.apache.arrow.vector.complex.StructVector;
import org.apache.arrow.vector.types.pojo.ArrowType;
import org.apache.arrow.vector.util.DecimalUtility;

/** How the values of each Arrow type are written in JSON and in CSV; made once per column and batch. */
enum Cells {
    JSON {
        @Override
        void absent(TextSink out) {
            out.text("null");
        }

        @Override
        void notFinite(double value, TextSink out) {
            out.text("null");
        }

        @Override
        void utf8(ArrowBuf bytes, long start, long end, TextSink out) {
            out.jsonString(bytes, start, end);
        }

        @Override
        void string(String text, TextSink out) {
            out.jsonString(text);
        }

        @Override
        void quote(TextSink out) {
            out.ascii('"');
        }

        @Override
        CellWriter nested(CellWriter json) {
            return json;
        }
    },
    CSV {
        @Override
        void absent(TextSink out) {}

        @Override
        void notFinite(double value, TextSink out) {
            out.text(Double.toString(value));
        }

        @Override
        void utf8(ArrowBuf bytes, long start, long end, TextSink out) {
            out.csvField(bytes, start, end);
        }

        @Override
        void string(String text, TextSink out) {
            out.csvField(text);
        }

        @Override
        void quote(TextSink out) {}

        @Override
        CellWriter nested(CellWriter json) {
            return (row, out) -> {
                ByteArrayOutputStream bytes = new ByteArrayOutputStream();
                TextSink inner = new TextSink(bytes);
                json.write(row, inner);
                inner.drain();
                out.csvField(bytes.toString(StandardCharsets.UTF_8));
            };
        }
    };

    private static final long NANOS_PER_MICRO = 1_000;

    abstract void absent(TextSink out);

    abstract void notFinite(double value, TextSink out);

    abstract void utf8(ArrowBuf bytes, long start, long end, TextSink out);

    abstract void string(String text, TextSink out);

    /** What stands around texts that never need escaping. */
    abstract void quote(TextSink out);

    abstract CellWriter nested(CellWriter json);

    /** The writer of a column's values; valid as long as the vector. */
    CellWriter of(FieldVector vector) {
        CellWriter present = present(vector);
        return (row, out) -> {
            if (vector.isNull(row)) {
                absent(out);
            } else {
                present.write(row, out);
            }
        };
    }

    private CellWriter present(FieldVector vector) {
        return switch (vector) {
            case BigIntVector longs -> (row, out) -> out.number(longs.get(row));
            case IntVector ints -> (row, out) -> out.number(ints.get(row));
            case Float8Vector doubles -> (row, out) -> number(doubles.get(row), out);
            case Float4Vector floats -> (row, out) -> number(floats.get(row), out);
            case BitVector bits -> (row, out) -> out.text(bits.get(row) == 1 ? "true" : "false");
            case TimeStampVector stamps -> instant(stamps);
            case DateDayVector days -> quoted((row, out) -> out.date(days.get(row)));
            case DateMilliVector millis -> quoted((row, out) -> out.date(Math.floorDiv(millis.get(row), 86_400_000L)));
            case VarBinaryVector binary -> base64(binary);
            case LargeVarBinaryVector binary -> base64(binary);
            case FixedSizeBinaryVector binary ->
                quoted((row, out) -> out.base64(
                        binary.getDataBuffer(),
                        (long) row * binary.getByteWidth(),
                        (row + 1L) * binary.getByteWidth()));
            case BaseVariableWidthVector text ->
                (row, out) -> utf8(text.getDataBuffer(), text.getStartOffset(row), text.getEndOffset(row), out);
            case BaseLargeVariableWidthVector text ->
                (row, out) -> utf8(
                        text.getDataBuffer(),
                        text.getOffsetBuffer().getLong(8L * row),
                        text.getOffsetBuffer().getLong(8L * (row + 1L)),
                        out);
            case SmallIntVector ints -> (row, out) -> out.number(ints.get(row));
            case TinyIntVector ints -> (row, out) -> out.number(ints.get(row));
            case UInt1Vector ints -> (row, out) -> out.number(ints.get(row) & 0xFF);
            case UInt2Vector ints -> (row, out) -> out.number(ints.get(row));
            case UInt4Vector ints -> (row, out) -> out.number(ints.get(row) & 0xFFFF_FFFFL);
            case UInt8Vector longs -> (row, out) -> out.text(Long.toUnsignedString(longs.get(row)));
            case TimeSecVector times -> quoted((row, out) -> out.timeOfDay(times.get(row) * 1_000_000L, 0));
            case TimeMilliVector times -> quoted((row, out) -> out.timeOfDay(times.get(row) * 1_000L, 0));
            case TimeMicroVector times -> quoted((row, out) -> out.timeOfDay(times.get(row), 0));
            case TimeNanoVector times ->
                quoted((row, out) ->
                        out.timeOfDay(times.get(row) / NANOS_PER_MICRO, (int) (times.get(row) % NANOS_PER_MICRO)));
            case ListVector lists ->
                nested(list(lists.getDataVector(), lists::getElementStartIndex, lists::getElementEndIndex));
            case LargeListVector lists ->
                nested(list(lists.getDataVector(), row -> (int) lists.getElementStartIndex(row), row ->
                        (int) lists.getElementEndIndex(row)));
            case FixedSizeListVector lists ->
                nested(list(lists.getDataVector(), lists::getElementStartIndex, lists::getElementEndIndex));
            case StructVector struct -> nested(struct(struct));
            default -> other(vector);
        };
    }

    private void number(double value, TextSink out) {
        if (Double.isFinite(value)) {
            out.number(value);
        } else {
            notFinite(value, out);
        }
    }

    private void number(float value, TextSink out) {
        if (Float.isFinite(value)) {
            // As a double it would show digits the float never had.
            out.text(Float.toString(value));
        } else {
            notFinite(value, out);
        }
    }

    private CellWriter quoted(CellWriter plain) {
        return (row, out) -> {
            quote(out);
            plain.write(row, out);
            quote(out);
        };
    }

    private CellWriter instant(TimeStampVector stamps) {
        return quoted(
                switch (((ArrowType.Timestamp) stamps.getField().getType()).getUnit()) {
                    case SECOND -> (row, out) -> out.instant(stamps.get(row) * 1_000_000, 0);
                    case MILLISECOND -> (row, out) -> out.instant(stamps.get(row) * 1_000, 0);
                    case MICROSECOND -> (row, out) -> out.instant(stamps.get(row), 0);
                    case NANOSECOND ->
                        (row, out) -> out.instant(Math.floorDiv(stamps.get(row), NANOS_PER_MICRO), (int)
                                Math.floorMod(stamps.get(row), NANOS_PER_MICRO));
                });
    }

    private CellWriter base64(BaseVariableWidthVector binary) {
        return quoted(
                (row, out) -> out.base64(binary.getDataBuffer(), binary.getStartOffset(row), binary.getEndOffset(row)));
    }

    private CellWriter base64(BaseLargeVariableWidthVector binary) {
        return quoted((row, out) -> out.base64(
                binary.getDataBuffer(),
                binary.getOffsetBuffer().getLong(8L * row),
                binary.getOffsetBuffer().getLong(8L * (row + 1L))));
    }

    /** Where a row's elements lie in the vector of elements. */
    private interface Place {
        int of(int row);
    }

    private static CellWriter list(FieldVector elements, Place start, Place end) {
        CellWriter element = JSON.of(elements);
        return (row, out) -> {
            out.ascii('[');
            int first = start.of(row);
            for (int i = first; i < end.of(row); i++) {
                if (i > first) {
                    out.ascii(',');
                }
                element.write(i, out);
            }
            out.ascii(']');
        };
    }

    private static CellWriter struct(StructVector struct) {
        JsonObjects members = JsonObjects.of(struct.getChildrenFromFields());
        return members::write;
    }

    private CellWriter other(FieldVector vector) {
        if (vector.getField().getType() instanceof ArrowType.Decimal decimal) {
            ArrowBuf data = vector.getDataBuffer();
            int width = decimal.getBitWidth() / Byte.SIZE;
            return (row, out) -> {
                BigDecimal value = DecimalUtility.getBigDecimalFromArrowBuf(data, row, decimal.getScale(), width);
                out.text(value.toPlainString());
            };
        }
        return (row, out) -> string(String.valueOf(vector.getObject(row)), out);
    }
}
