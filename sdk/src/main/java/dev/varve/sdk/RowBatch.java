package dev.varve.sdk;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.vector.BaseVariableWidthVector;
import org.apache.arrow.vector.BigIntVector;
import org.apache.arrow.vector.BitVector;
import org.apache.arrow.vector.DateDayVector;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.FixedWidthVector;
import org.apache.arrow.vector.Float4Vector;
import org.apache.arrow.vector.Float8Vector;
import org.apache.arrow.vector.IntVector;
import org.apache.arrow.vector.TimeStampMicroVector;
import org.apache.arrow.vector.VarBinaryVector;
import org.apache.arrow.vector.VarCharVector;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.types.DateUnit;
import org.apache.arrow.vector.types.FloatingPointPrecision;
import org.apache.arrow.vector.types.TimeUnit;
import org.apache.arrow.vector.types.pojo.ArrowType;
import org.apache.arrow.vector.types.pojo.Field;
import org.apache.arrow.vector.types.pojo.FieldType;
import org.apache.arrow.vector.types.pojo.Schema;

/**
 * Rows being filled in, in vectors that are used again for later batches.
 *
 * <p>One thread at a time uses it: first the writer's, then, once sealed, the one that sends it. Nothing here allocates
 * on the heap per row.
 */
final class RowBatch implements AutoCloseable {
    static final int TIME = 0;
    static final int LAT = 1;
    static final int LON = 2;

    private final VectorSchemaRoot root;
    private final FieldVector[] vectors;
    private final TimeStampMicroVector time;
    private final Float8Vector lat;
    private final Float8Vector lon;
    private final int fixedBytesPerRow;
    private byte[] utf8 = new byte[256];
    private int rows;
    private long textBytes;

    RowBatch(List<Column> columns, int capacity, BufferAllocator memory) {
        List<Field> fields = new ArrayList<>();
        int fixed = 0;
        for (Column column : columns) {
            fields.add(new Field(
                    column.name(), new FieldType(column.index() != TIME, arrowType(column.type()), null), null));
            fixed += fixedBytes(column.type());
        }
        this.fixedBytesPerRow = fixed;
        this.root = VectorSchemaRoot.create(new Schema(fields), memory);
        for (FieldVector vector : root.getFieldVectors()) {
            vector.setInitialCapacity(capacity);
            if (vector instanceof FixedWidthVector fixedWidth) {
                fixedWidth.allocateNew(capacity);
            } else if (vector instanceof BaseVariableWidthVector text) {
                text.allocateNew(16L * capacity, capacity);
            }
        }
        this.vectors = root.getFieldVectors().toArray(new FieldVector[0]);
        this.time = (TimeStampMicroVector) vectors[TIME];
        this.lat = (Float8Vector) vectors[LAT];
        this.lon = (Float8Vector) vectors[LON];
        reset();
    }

    private static ArrowType arrowType(Column.Type type) {
        return switch (type) {
            case BOOLEAN -> ArrowType.Bool.INSTANCE;
            case INT -> new ArrowType.Int(32, true);
            case LONG -> new ArrowType.Int(64, true);
            case FLOAT -> new ArrowType.FloatingPoint(FloatingPointPrecision.SINGLE);
            case DOUBLE -> new ArrowType.FloatingPoint(FloatingPointPrecision.DOUBLE);
            case STRING -> ArrowType.Utf8.INSTANCE;
            case TIMESTAMP -> new ArrowType.Timestamp(TimeUnit.MICROSECOND, null);
            case DATE -> new ArrowType.Date(DateUnit.DAY);
            case BINARY -> ArrowType.Binary.INSTANCE;
        };
    }

    private static int fixedBytes(Column.Type type) {
        return switch (type) {
            case BOOLEAN -> 1;
            case INT, FLOAT, DATE, STRING, BINARY -> 4;
            case LONG, DOUBLE, TIMESTAMP -> 8;
        };
    }

    /** Forgets all rows and keeps the memory. */
    void reset() {
        for (FieldVector vector : vectors) {
            vector.reset();
        }
        rows = 0;
        textBytes = 0;
    }

    int rows() {
        return rows;
    }

    /** About what the batch takes on the wire. */
    long bytes() {
        return (long) rows * fixedBytesPerRow + textBytes;
    }

    /** The current row is complete. */
    void endRow() {
        rows++;
    }

    /** The current row never was: its values become null. */
    void discardRow() {
        for (FieldVector vector : vectors) {
            vector.setNull(rows);
        }
    }

    /** The vectors with the count of rows set; owned by this. */
    VectorSchemaRoot sealed() {
        root.setRowCount(rows);
        return root;
    }

    void time(long micros) {
        time.set(rows, micros);
    }

    void at(double latitude, double longitude) {
        lat.set(rows, latitude);
        lon.set(rows, longitude);
    }

    void set(Column column, double value) {
        FieldVector vector = vectors[column.index()];
        switch (column.type()) {
            case DOUBLE -> ((Float8Vector) vector).set(rows, value);
            case FLOAT -> ((Float4Vector) vector).set(rows, (float) value);
            case BOOLEAN, INT, LONG, STRING, TIMESTAMP, DATE, BINARY -> throw mismatch(column, "a double");
        }
    }

    void set(Column column, long value) {
        FieldVector vector = vectors[column.index()];
        switch (column.type()) {
            case LONG -> ((BigIntVector) vector).set(rows, value);
            case INT -> ((IntVector) vector).set(rows, toInt(column, value));
            case DOUBLE -> ((Float8Vector) vector).set(rows, (double) value);
            case FLOAT -> ((Float4Vector) vector).set(rows, (float) value);
            case TIMESTAMP -> ((TimeStampMicroVector) vector).set(rows, value);
            case DATE -> ((DateDayVector) vector).set(rows, toInt(column, value));
            case BOOLEAN, STRING, BINARY -> throw mismatch(column, "a whole number");
        }
    }

    private static int toInt(Column column, long value) {
        if ((int) value != value) {
            throw new IllegalArgumentException(value + " does not fit the 32 bits of column '" + column + "'");
        }
        return (int) value;
    }

    void set(Column column, boolean value) {
        if (column.type() != Column.Type.BOOLEAN) {
            throw mismatch(column, "a boolean");
        }
        ((BitVector) vectors[column.index()]).set(rows, value ? 1 : 0);
    }

    void set(Column column, byte[] value) {
        if (column.type() != Column.Type.BINARY) {
            throw mismatch(column, "bytes");
        }
        ((VarBinaryVector) vectors[column.index()]).setSafe(rows, value, 0, value.length);
        textBytes += value.length;
    }

    void set(Column column, CharSequence value) {
        if (column.type() != Column.Type.STRING) {
            throw mismatch(column, "a string");
        }
        int length = encode(value);
        ((VarCharVector) vectors[column.index()]).setSafe(rows, utf8, 0, length);
        textBytes += length;
    }

    void setNull(Column column) {
        vectors[column.index()].setNull(rows);
    }

    /** UTF-8 into the scratch array; a lone surrogate becomes '?', as in {@link String#getBytes}. */
    private int encode(CharSequence text) {
        int length = text.length();
        if (utf8.length < 3L * length) {
            utf8 = new byte[Math.multiplyExact(4, length)];
        }
        byte[] target = utf8;
        int size = 0;
        for (int i = 0; i < length; i++) {
            char c = text.charAt(i);
            if (c < 0x80) {
                target[size++] = (byte) c;
            } else if (c < 0x800) {
                target[size++] = (byte) (0xC0 | (c >> 6));
                target[size++] = (byte) (0x80 | (c & 0x3F));
            } else if (!Character.isSurrogate(c)) {
                target[size++] = (byte) (0xE0 | (c >> 12));
                target[size++] = (byte) (0x80 | ((c >> 6) & 0x3F));
                target[size++] = (byte) (0x80 | (c & 0x3F));
            } else if (Character.isHighSurrogate(c) && i + 1 < length && Character.isLowSurrogate(text.charAt(i + 1))) {
                int point = Character.toCodePoint(c, text.charAt(++i));
                target[size++] = (byte) (0xF0 | (point >> 18));
                target[size++] = (byte) (0x80 | ((point >> 12) & 0x3F));
                target[size++] = (byte) (0x80 | ((point >> 6) & 0x3F));
                target[size++] = (byte) (0x80 | (point & 0x3F));
            } else {
                target[size++] = '?';
            }
        }
        return size;
    }

    private static IllegalArgumentException mismatch(Column column, String given) {
        return new IllegalArgumentException("column '" + column + "' is "
                + column.type().name().toLowerCase(Locale.ROOT) + " and cannot take " + given);
    }

    @Override
    public void close() {
        root.close();
    }
}
