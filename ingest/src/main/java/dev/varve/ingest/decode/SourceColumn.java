package dev.varve.ingest.decode;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.LocalDate;
import org.apache.arrow.vector.BaseVariableWidthViewVector;
import org.apache.arrow.vector.BigIntVector;
import org.apache.arrow.vector.BitVector;
import org.apache.arrow.vector.DateDayVector;
import org.apache.arrow.vector.DateMilliVector;
import org.apache.arrow.vector.Decimal256Vector;
import org.apache.arrow.vector.DecimalVector;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.FixedSizeBinaryVector;
import org.apache.arrow.vector.Float2Vector;
import org.apache.arrow.vector.Float4Vector;
import org.apache.arrow.vector.Float8Vector;
import org.apache.arrow.vector.IntVector;
import org.apache.arrow.vector.LargeVarBinaryVector;
import org.apache.arrow.vector.LargeVarCharVector;
import org.apache.arrow.vector.NullVector;
import org.apache.arrow.vector.SmallIntVector;
import org.apache.arrow.vector.TimeStampVector;
import org.apache.arrow.vector.TinyIntVector;
import org.apache.arrow.vector.UInt1Vector;
import org.apache.arrow.vector.UInt2Vector;
import org.apache.arrow.vector.UInt4Vector;
import org.apache.arrow.vector.UInt8Vector;
import org.apache.arrow.vector.VarBinaryVector;
import org.apache.arrow.vector.VarCharVector;
import org.apache.arrow.vector.ViewVarBinaryVector;
import org.apache.arrow.vector.ViewVarCharVector;
import org.apache.arrow.vector.types.TimeUnit;
import org.apache.arrow.vector.types.pojo.ArrowType;
import org.jspecify.annotations.Nullable;

/** A column of any scalar Arrow type, read as one of a few kinds of values. */
sealed interface SourceColumn {
    boolean isNull(int row);

    /** The value as a person would write it; of a value that is not null. */
    String show(int row);

    record Nothing() implements SourceColumn {
        @Override
        public boolean isNull(int row) {
            return true;
        }

        @Override
        public String show(int row) {
            return "";
        }
    }

    /** Whole numbers; booleans are 0 and 1. */
    record Integers(FieldVector vector, LongAt at) implements SourceColumn {
        @Override
        public boolean isNull(int row) {
            return vector.isNull(row);
        }

        @Override
        public String show(int row) {
            return String.valueOf(vector.getObject(row));
        }
    }

    record Reals(FieldVector vector, DoubleAt at) implements SourceColumn {
        @Override
        public boolean isNull(int row) {
            return vector.isNull(row);
        }

        @Override
        public String show(int row) {
            return Double.toString(at.at(row));
        }
    }

    /** Points in time since 1970 in {@code perSecond} units; {@code hasZone} when they are UTC by type. */
    record Instants(TimeStampVector vector, long perSecond, boolean hasZone) implements SourceColumn {
        @Override
        public boolean isNull(int row) {
            return vector.isNull(row);
        }

        @Override
        public String show(int row) {
            long value = vector.get(row);
            long second = Math.floorDiv(value, perSecond);
            long nanos = Math.floorMod(value, perSecond) * (1_000_000_000L / perSecond);
            // beyond the range of Instant a number is all there is to show
            return Math.abs(second) > 31_000_000_000_000_000L
                    ? Long.toString(value)
                    : Instant.ofEpochSecond(second, nanos).toString();
        }
    }

    /** Days since 1970. */
    record Days(FieldVector vector, LongAt at) implements SourceColumn {
        @Override
        public boolean isNull(int row) {
            return vector.isNull(row);
        }

        @Override
        public String show(int row) {
            long day = at.at(row);
            return Math.abs(day) > 300_000_000_000L
                    ? Long.toString(day)
                    : LocalDate.ofEpochDay(day).toString();
        }
    }

    /** Texts, and decimals, which are read from their digits. */
    record Texts(FieldVector vector, StringAt at) implements SourceColumn {
        @Override
        public boolean isNull(int row) {
            return vector.isNull(row);
        }

        @Override
        public String show(int row) {
            return at.at(row);
        }
    }

    record Bytes(FieldVector vector, BytesAt at) implements SourceColumn {
        @Override
        public boolean isNull(int row) {
            return vector.isNull(row);
        }

        @Override
        public String show(int row) {
            return at.at(row).length + " bytes";
        }
    }

    /** Positions in a dictionary. */
    record Coded(FieldVector vector, LongAt at, SourceColumn values, int size) implements SourceColumn {
        @Override
        public boolean isNull(int row) {
            return vector.isNull(row) || (isInside(row) && values.isNull((int) at.at(row)));
        }

        boolean isInside(int row) {
            long position = at.at(row);
            return position >= 0 && position < size;
        }

        @Override
        public String show(int row) {
            return isInside(row) ? values.show((int) at.at(row)) : Long.toString(at.at(row));
        }
    }

    /** Reads one value; the row is not null. */
    interface LongAt {
        long at(int row);
    }

    /** Reads one value; the row is not null. */
    interface DoubleAt {
        double at(int row);
    }

    /** Reads one value; the row is not null. */
    interface StringAt {
        String at(int row);
    }

    /** Reads one value; the row is not null. */
    interface BytesAt {
        byte[] at(int row);
    }

    /** The column of a checked vector, or null if its type holds no single values. */
    static @Nullable SourceColumn of(FieldVector vector) {
        return switch (vector) {
            case NullVector nulls -> new Nothing();
            case TinyIntVector v -> new Integers(v, v::get);
            case SmallIntVector v -> new Integers(v, v::get);
            case IntVector v -> new Integers(v, v::get);
            case BigIntVector v -> new Integers(v, v::get);
            case UInt1Vector v -> new Integers(v, row -> v.get(row) & 0xFFL);
            case UInt2Vector v -> new Integers(v, row -> v.get(row) & 0xFFFFL);
            case UInt4Vector v -> new Integers(v, row -> v.get(row) & 0xFFFF_FFFFL);
            case UInt8Vector v -> new Texts(v, row -> Long.toUnsignedString(v.get(row)));
            case BitVector v -> new Integers(v, v::get);
            case Float2Vector v -> new Reals(v, v::getValueAsDouble);
            case Float4Vector v -> new Reals(v, v::get);
            case Float8Vector v -> new Reals(v, v::get);
            case DecimalVector v -> new Texts(v, row -> v.getObject(row).toPlainString());
            case Decimal256Vector v -> new Texts(v, row -> v.getObject(row).toPlainString());
            case TimeStampVector v -> instants(v);
            case DateDayVector v -> new Days(v, v::get);
            case DateMilliVector v -> new Days(v, row -> Math.floorDiv(v.get(row), 86_400_000L));
            case VarCharVector v -> new Texts(v, row -> utf8(v.get(row)));
            case LargeVarCharVector v -> new Texts(v, row -> utf8(v.get(row)));
            case ViewVarCharVector v -> new Texts(v, row -> utf8(v.get(row)));
            case VarBinaryVector v -> new Bytes(v, v::get);
            case LargeVarBinaryVector v -> new Bytes(v, v::get);
            case ViewVarBinaryVector v -> new Bytes(v, v::get);
            case FixedSizeBinaryVector v -> new Bytes(v, v::get);
            case BaseVariableWidthViewVector v -> null;
            default -> null;
        };
    }

    private static String utf8(byte[] bytes) {
        return new String(bytes, StandardCharsets.UTF_8);
    }

    private static SourceColumn instants(TimeStampVector vector) {
        ArrowType.Timestamp type = (ArrowType.Timestamp) vector.getField().getType();
        return new Instants(vector, perSecond(type.getUnit()), type.getTimezone() != null);
    }

    private static long perSecond(TimeUnit unit) {
        return switch (unit) {
            case SECOND -> 1L;
            case MILLISECOND -> 1_000L;
            case MICROSECOND -> 1_000_000L;
            case NANOSECOND -> 1_000_000_000L;
        };
    }
}
