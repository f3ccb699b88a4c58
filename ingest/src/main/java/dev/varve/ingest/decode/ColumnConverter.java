package dev.varve.ingest.decode;

import dev.varve.model.Column;
import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.vector.BigIntVector;
import org.apache.arrow.vector.BitVector;
import org.apache.arrow.vector.DateDayVector;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.Float4Vector;
import org.apache.arrow.vector.Float8Vector;
import org.apache.arrow.vector.IntVector;
import org.apache.arrow.vector.TimeStampMicroVector;
import org.apache.arrow.vector.VarBinaryVector;
import org.apache.arrow.vector.VarCharVector;

/** Writes the values of one source column into one column of a canonical batch; used by one thread. */
final class ColumnConverter {
    private final Column column;
    private final String sourceName;
    private final Scaling scaling;
    private final String[] missing;
    private final double[] missingNumbers;
    private final Times times;
    private final Cell.TextRules rules;
    private final Text text = new Text();

    ColumnConverter(ColumnPlan plan, int slot, Times times, Cell.TextRules rules) {
        column = plan.slots().get(slot);
        sourceName = plan.sourceName(slot);
        scaling = plan.scaling(slot);
        missing = plan.missing(slot);
        missingNumbers = numbers(missing);
        this.times = times;
        this.rules = rules;
    }

    private static double[] numbers(String[] texts) {
        return Arrays.stream(texts)
                .mapToDouble(text -> {
                    try {
                        return Numbers.parseDouble(Text.of(text.strip()), 0);
                    } catch (BadValue e) {
                        return Double.NaN;
                    }
                })
                .filter(number -> !Double.isNaN(number))
                .toArray();
    }

    /** Whether values may be taken as they are when the types match. */
    boolean isPlain() {
        return missing.length == 0 && scaling.isNone();
    }

    void convert(SourceColumn source, FieldVector target, int rows, Rejected rejected) {
        target.setInitialCapacity(rows);
        target.allocateNew();
        Writer writer = writer(source, target);
        for (int row = 0; row < rows; row++) {
            if (source.isNull(row)) {
                target.setNull(row);
                continue;
            }
            try {
                writer.write(row);
            } catch (BadValue e) {
                target.setNull(row);
                rejected.add(row, sourceName, source.show(row), e.reason());
            }
        }
        target.setValueCount(rows);
    }

    /** Writes the value of one row that is not null. */
    private interface Writer {
        void write(int row) throws BadValue;
    }

    private Writer writer(SourceColumn source, FieldVector target) {
        return switch (source) {
            case SourceColumn.Nothing nothing -> target::setNull;
            case SourceColumn.Coded coded -> coded(coded, target);
            case SourceColumn.Texts texts -> texts(texts, target);
            case SourceColumn.Integers integers -> integers(integers, target);
            case SourceColumn.Reals reals -> reals(reals, target);
            case SourceColumn.Instants instants -> instants(instants, target);
            case SourceColumn.Days days -> days(days, target);
            case SourceColumn.Bytes bytes -> bytes(bytes, target);
        };
    }

    /** Few values stand for many rows, so each is read as text. */
    private Writer coded(SourceColumn.Coded coded, FieldVector target) {
        Cell cell = Cell.of(column.type(), target, scaling, times, rules);
        if (coded.values() instanceof SourceColumn.Bytes) {
            throw mismatch("a dictionary of bytes");
        }
        return row -> {
            if (!coded.isInside(row)) {
                throw new BadValue("outside its dictionary of " + coded.size() + " values");
            }
            writeText(cell, row, coded.show(row), target);
        };
    }

    private Writer texts(SourceColumn.Texts texts, FieldVector target) {
        Cell cell = Cell.of(column.type(), target, scaling, times, rules);
        return row -> writeText(cell, row, texts.at().at(row), target);
    }

    private void writeText(Cell cell, int row, String value, FieldVector target) throws BadValue {
        text.set(value.toCharArray(), 0, value.length());
        if (missing.length > 0
                && (text.equalsAny(missing) || Text.of(value.strip()).equalsAny(missing))) {
            target.setNull(row);
        } else {
            cell.set(row, text);
        }
    }

    private boolean isMissing(double value) {
        for (double code : missingNumbers) {
            if (value == code) {
                return true;
            }
        }
        return false;
    }

    private Writer integers(SourceColumn.Integers integers, FieldVector target) {
        SourceColumn.LongAt at = integers.at();
        boolean isBoolean = integers.vector() instanceof BitVector;
        Writer writer = switch (target) {
            case BigIntVector v when !isBoolean -> row -> v.setSafe(row, scaling.toLong(at.at(row)));
            case IntVector v when !isBoolean -> row -> v.setSafe(row, Cell.Ints.narrow(scaling.toLong(at.at(row))));
            case Float8Vector v when !isBoolean -> row -> v.setSafe(row, scaling.toDouble((double) at.at(row)));
            case Float4Vector v
            when !isBoolean -> row -> v.setSafe(row, Cell.Floats.narrow(scaling.toDouble((double) at.at(row))));
            case TimeStampMicroVector v when !isBoolean -> row -> v.setSafe(row, times.micros(at.at(row)));
            case BitVector v -> row -> v.setSafe(row, truth(at.at(row)));
            case VarCharVector v -> shown(integers, v);
            default -> throw mismatch(isBoolean ? "boolean" : "a whole number");
        };
        return row -> {
            if (isMissing((double) at.at(row))) {
                target.setNull(row);
            } else {
                writer.write(row);
            }
        };
    }

    private static int truth(long value) throws BadValue {
        if (value != 0 && value != 1) {
            throw new BadValue("not a boolean");
        }
        return (int) value;
    }

    private Writer shown(SourceColumn source, VarCharVector target) {
        Cell cell = Cell.of(column.type(), target, scaling, times, rules);
        return row -> writeText(cell, row, source.show(row), target);
    }

    private Writer reals(SourceColumn.Reals reals, FieldVector target) {
        SourceColumn.DoubleAt at = reals.at();
        Writer writer = switch (target) {
            case Float8Vector v -> row -> v.setSafe(row, scaling.toDouble(at.at(row)));
            case Float4Vector v -> row -> v.setSafe(row, Cell.Floats.narrow(scaling.toDouble(at.at(row))));
            case BigIntVector v -> row -> v.setSafe(row, whole(at.at(row)));
            case IntVector v -> row -> v.setSafe(row, Cell.Ints.narrow(whole(at.at(row))));
            case VarCharVector v -> shown(reals, v);
            case TimeStampMicroVector v -> {
                Cell cell = Cell.of(column.type(), target, scaling, times, rules);
                yield row ->
                        cell.set(row, Text.of(BigDecimal.valueOf(at.at(row)).toPlainString()));
            }
            default -> throw mismatch("a number");
        };
        return row -> {
            double value = at.at(row);
            if (Double.isNaN(value) || isMissing(value)) {
                target.setNull(row);
            } else if (Double.isInfinite(value)) {
                throw new BadValue("infinite");
            } else {
                writer.write(row);
            }
        };
    }

    private long whole(double value) throws BadValue {
        double scaled = scaling.toDouble(value);
        if (scaled != Math.rint(scaled)) {
            throw new BadValue("not a whole number");
        }
        if (scaled < -0x1p63 || scaled >= 0x1p63) {
            throw new BadValue("beyond 64 bits");
        }
        return (long) scaled;
    }

    private Writer instants(SourceColumn.Instants instants, FieldVector target) {
        return switch (target) {
            case TimeStampMicroVector v -> row -> v.setSafe(row, micros(instants, row));
            case DateDayVector v ->
                row -> v.setSafe(row, Math.toIntExact(Math.floorDiv(micros(instants, row), Times.DAY_MICROS)));
            case VarCharVector v -> shown(instants, v);
            default -> throw mismatch("a timestamp");
        };
    }

    private long micros(SourceColumn.Instants instants, int row) throws BadValue {
        long micros = Times.inRange(Times.ofEpoch(instants.vector().get(row), instants.perSecond()));
        return instants.hasZone() ? micros : Times.inRange(times.toUtc(micros));
    }

    private Writer days(SourceColumn.Days days, FieldVector target) {
        SourceColumn.LongAt at = days.at();
        return switch (target) {
            case DateDayVector v -> row -> v.setSafe(row, (int) (midnight(at.at(row)) / Times.DAY_MICROS));
            case TimeStampMicroVector v -> row -> v.setSafe(row, Times.inRange(times.toUtc(midnight(at.at(row)))));
            case VarCharVector v -> shown(days, v);
            default -> throw mismatch("a date");
        };
    }

    private static long midnight(long day) throws BadValue {
        if (Math.abs(day) > 4_000_000) {
            throw new BadValue("outside the years 0001 to 9999");
        }
        return Times.inRange(day * Times.DAY_MICROS);
    }

    private Writer bytes(SourceColumn.Bytes bytes, FieldVector target) {
        if (target instanceof VarCharVector) {
            // older Parquet writers do not say that their bytes are text
            Cell cell = Cell.of(column.type(), target, scaling, times, rules);
            return row -> writeText(cell, row, new String(bytes.at().at(row), StandardCharsets.UTF_8), target);
        }
        if (!(target instanceof VarBinaryVector vector)) {
            throw mismatch("binary");
        }
        return row -> {
            byte[] value = bytes.at().at(row);
            if (value.length > rules.valueBytes()) {
                throw new BadValue(value.length + " bytes; at most " + rules.valueBytes() + " are allowed");
            }
            vector.setSafe(row, value);
        };
    }

    VarveException mismatch(String found) {
        return new VarveException(
                        ErrorCode.SCHEMA_MISMATCH,
                        "column '" + sourceName + "' is " + found + " where the dataset's '" + column.name() + "' is "
                                + column.type().label())
                .withHint("convert it before sending, or leave it out by ignore=" + sourceName);
    }

    /** Whether every value of a double vector is a number; slots that are null may hold anything. */
    static boolean isFinite(Float8Vector vector, int rows) {
        ArrowBuf values = vector.getDataBuffer();
        boolean finite = true;
        for (int row = 0; row < rows; row++) {
            finite &= Math.abs(values.getDouble(8L * row)) <= Double.MAX_VALUE;
        }
        return finite;
    }

    static boolean isFinite(Float4Vector vector, int rows) {
        ArrowBuf values = vector.getDataBuffer();
        boolean finite = true;
        for (int row = 0; row < rows; row++) {
            finite &= Math.abs(values.getFloat(4L * row)) <= Float.MAX_VALUE;
        }
        return finite;
    }
}
