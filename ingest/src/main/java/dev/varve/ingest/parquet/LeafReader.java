package dev.varve.ingest.parquet;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.apache.arrow.vector.BigIntVector;
import org.apache.arrow.vector.BitVector;
import org.apache.arrow.vector.DateDayVector;
import org.apache.arrow.vector.DecimalVector;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.Float4Vector;
import org.apache.arrow.vector.Float8Vector;
import org.apache.arrow.vector.IntVector;
import org.apache.arrow.vector.TimeStampVector;
import org.apache.arrow.vector.UInt4Vector;
import org.apache.arrow.vector.UInt8Vector;
import org.apache.arrow.vector.VarBinaryVector;
import org.apache.arrow.vector.VarCharVector;
import org.apache.parquet.VersionParser.ParsedVersion;
import org.apache.parquet.column.ColumnDescriptor;
import org.apache.parquet.column.ColumnReader;
import org.apache.parquet.column.impl.ColumnReaderImpl;
import org.apache.parquet.format.SchemaElement;
import org.apache.parquet.io.api.Binary;
import org.apache.parquet.io.api.PrimitiveConverter;
import org.apache.parquet.schema.PrimitiveType;
import org.apache.parquet.schema.PrimitiveType.PrimitiveTypeName;
import org.apache.parquet.schema.Type.Repetition;

/** Writes the values of one column chunk into a vector, batch by batch. */
final class LeafReader {
    private static final long JULIAN_1970 = 2_440_588;
    private static final long DAY_MICROS = 86_400_000_000L;

    private final ColumnReader values;
    private final FieldVector vector;
    private final int present;
    private final Writer writer;

    private interface Writer {
        void write(int row);
    }

    private LeafReader(ColumnReader values, FieldVector vector, int present, Writer writer) {
        this.values = values;
        this.vector = vector;
        this.present = present;
        this.writer = writer;
    }

    static LeafReader of(LeafColumn column, FieldVector vector, ChunkPages pages) {
        SchemaElement element = column.element();
        int present = column.isRequired() ? 0 : 1;
        PrimitiveTypeName physical = PrimitiveTypeName.valueOf(
                ParquetRowReader.present(element.getType()).name().equals("BYTE_ARRAY")
                        ? "BINARY"
                        : ParquetRowReader.present(element.getType()).name());
        PrimitiveType type = new PrimitiveType(
                column.isRequired() ? Repetition.REQUIRED : Repetition.OPTIONAL,
                physical,
                element.getType_length(),
                element.getName());
        ColumnDescriptor described = new ColumnDescriptor(new String[] {element.getName()}, type, 0, present);
        ColumnReader values = new ColumnReaderImpl(
                described, pages, new PrimitiveConverter() {}, new ParsedVersion("varve", "1.0.0", ""));
        return new LeafReader(values, vector, present, writer(element, values, vector));
    }

    void read(int rows) {
        vector.setInitialCapacity(rows);
        vector.allocateNew();
        for (int row = 0; row < rows; row++) {
            if (values.getCurrentDefinitionLevel() == present) {
                writer.write(row);
            } else {
                vector.setNull(row);
            }
            values.consume();
        }
    }

    private static Writer writer(SchemaElement element, ColumnReader in, FieldVector vector) {
        return switch (vector) {
            case BitVector v -> row -> v.setSafe(row, in.getBoolean() ? 1 : 0);
            case IntVector v -> row -> v.setSafe(row, in.getInteger());
            case UInt4Vector v -> row -> v.setSafe(row, in.getInteger());
            case DateDayVector v -> row -> v.setSafe(row, in.getInteger());
            case BigIntVector v -> row -> v.setSafe(row, in.getLong());
            case UInt8Vector v -> row -> v.setSafe(row, in.getLong());
            case Float8Vector v -> row -> v.setSafe(row, in.getDouble());
            case Float4Vector v when LeafColumn.isHalf(element) -> row -> v.setSafe(row, half(in.getBinary()));
            case Float4Vector v -> row -> v.setSafe(row, in.getFloat());
            case TimeStampVector v ->
                switch (ParquetRowReader.present(element.getType())) {
                    case INT96 -> row -> v.setSafe(row, int96(in.getBinary()));
                    default -> row -> v.setSafe(row, in.getLong());
                };
            case DecimalVector v -> decimals(element, in, v);
            case VarCharVector v -> row -> v.setSafe(row, in.getBinary().getBytesUnsafe());
            case VarBinaryVector v -> row -> v.setSafe(row, in.getBinary().getBytesUnsafe());
            default -> throw new IllegalArgumentException("a column of " + vector.getField());
        };
    }

    private static Writer decimals(SchemaElement element, ColumnReader in, DecimalVector vector) {
        int scale = element.getScale();
        return switch (ParquetRowReader.present(element.getType())) {
            case INT32 -> row -> vector.setSafe(row, BigDecimal.valueOf(in.getInteger(), scale));
            case INT64 -> row -> vector.setSafe(row, BigDecimal.valueOf(in.getLong(), scale));
            default ->
                row -> {
                    byte[] digits = in.getBinary().getBytesUnsafe();
                    vector.setSafe(row, new BigDecimal(new BigInteger(digits), scale));
                };
        };
    }

    private static float half(Binary value) {
        return Float.float16ToFloat(little(value, 2).getShort());
    }

    /** Nanoseconds of the day, then the Julian day, as Impala and early Spark write times. */
    private static long int96(Binary value) {
        ByteBuffer bytes = little(value, 12);
        long nanos = bytes.getLong();
        long day = Integer.toUnsignedLong(bytes.getInt()) - JULIAN_1970;
        return Math.addExact(Math.multiplyExact(day, DAY_MICROS), Math.floorDiv(nanos, 1_000L));
    }

    private static ByteBuffer little(Binary value, int size) {
        byte[] bytes = value.getBytes();
        if (bytes.length != size) {
            throw new IllegalArgumentException(bytes.length + " bytes where " + size + " are needed");
        }
        return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }
}
