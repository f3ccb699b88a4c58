package dev.varve.ingest.parquet;

import java.util.ArrayList;
import java.util.List;
import org.apache.arrow.vector.types.DateUnit;
import org.apache.arrow.vector.types.FloatingPointPrecision;
import org.apache.arrow.vector.types.TimeUnit;
import org.apache.arrow.vector.types.pojo.ArrowType;
import org.apache.arrow.vector.types.pojo.Field;
import org.apache.arrow.vector.types.pojo.FieldType;
import org.apache.parquet.format.ConvertedType;
import org.apache.parquet.format.FieldRepetitionType;
import org.apache.parquet.format.LogicalType;
import org.apache.parquet.format.SchemaElement;
import org.apache.parquet.format.TimestampType;
import org.jspecify.annotations.Nullable;

/**
 * A column at the top level of a file.
 *
 * @param field its name and Arrow type; an empty struct if it is nested or of a type without a counterpart
 * @param element how the file describes it
 * @param leaf position among the column chunks of a row group
 * @param isReadable whether it is one value a row
 */
record LeafColumn(Field field, SchemaElement element, int leaf, boolean isReadable) {
    private static final int MOST_DECIMAL_DIGITS = 38;

    static List<LeafColumn> of(List<SchemaElement> elements) {
        List<LeafColumn> columns = new ArrayList<>();
        int[] at = {1};
        int leaf = 0;
        int children = elements.getFirst().getNum_children();
        for (int child = 0; child < children; child++) {
            SchemaElement element = elements.get(at[0]);
            int leaves = skip(elements, at, 0);
            boolean flat = !element.isSetNum_children() || element.getNum_children() == 0;
            boolean single =
                    flat && element.isSetType() && element.getRepetition_type() != FieldRepetitionType.REPEATED;
            ArrowType type = single ? arrowType(element) : null;
            ArrowType shown = type == null ? ArrowType.Struct.INSTANCE : type;
            columns.add(new LeafColumn(
                    new Field(element.getName(), FieldType.nullable(shown), List.of()), element, leaf, type != null));
            leaf += leaves;
        }
        return columns;
    }

    /** Moves behind an element and all below it; returns the number of leaves. */
    private static int skip(List<SchemaElement> elements, int[] at, int depth) {
        if (depth > 64) {
            throw new IllegalArgumentException("a schema of more than 64 levels");
        }
        SchemaElement element = elements.get(at[0]++);
        if (!element.isSetNum_children() || element.getNum_children() == 0) {
            return 1;
        }
        int leaves = 0;
        for (int child = 0; child < element.getNum_children(); child++) {
            leaves += skip(elements, at, depth + 1);
        }
        return leaves;
    }

    private static @Nullable ArrowType arrowType(SchemaElement element) {
        if (isDecimal(element)) {
            int digits = element.getPrecision();
            int scale = element.getScale();
            return digits >= 1 && digits <= MOST_DECIMAL_DIGITS && scale >= 0 && scale <= digits
                    ? new ArrowType.Decimal(digits, scale, 128)
                    : null;
        }
        return switch (ParquetRowReader.present(element.getType())) {
            case BOOLEAN -> ArrowType.Bool.INSTANCE;
            case INT32 -> int32(element);
            case INT64 -> int64(element);
            case INT96 -> new ArrowType.Timestamp(TimeUnit.MICROSECOND, "UTC");
            case FLOAT -> new ArrowType.FloatingPoint(FloatingPointPrecision.SINGLE);
            case DOUBLE -> new ArrowType.FloatingPoint(FloatingPointPrecision.DOUBLE);
            case BYTE_ARRAY -> isText(element) ? ArrowType.Utf8.INSTANCE : ArrowType.Binary.INSTANCE;
            case FIXED_LEN_BYTE_ARRAY ->
                isHalf(element)
                        ? new ArrowType.FloatingPoint(FloatingPointPrecision.SINGLE)
                        : ArrowType.Binary.INSTANCE;
        };
    }

    static boolean isDecimal(SchemaElement element) {
        LogicalType logical = element.getLogicalType();
        return element.getConverted_type() == ConvertedType.DECIMAL || (logical != null && logical.isSetDECIMAL());
    }

    static boolean isHalf(SchemaElement element) {
        LogicalType logical = element.getLogicalType();
        return logical != null && logical.isSetFLOAT16() && element.getType_length() == 2;
    }

    private static boolean isText(SchemaElement element) {
        LogicalType logical = element.getLogicalType();
        ConvertedType converted = element.getConverted_type();
        return converted == ConvertedType.UTF8
                || converted == ConvertedType.ENUM
                || converted == ConvertedType.JSON
                || (logical != null && (logical.isSetSTRING() || logical.isSetENUM() || logical.isSetJSON()));
    }

    private static @Nullable ArrowType int32(SchemaElement element) {
        LogicalType logical = element.getLogicalType();
        ConvertedType converted = element.getConverted_type();
        if (converted == ConvertedType.DATE || (logical != null && logical.isSetDATE())) {
            return new ArrowType.Date(DateUnit.DAY);
        }
        if (converted == ConvertedType.TIME_MILLIS || (logical != null && logical.isSetTIME())) {
            return null;
        }
        boolean unsigned = converted == ConvertedType.UINT_32
                || (logical != null
                        && logical.isSetINTEGER()
                        && !logical.getINTEGER().isIsSigned());
        return new ArrowType.Int(32, !unsigned);
    }

    private static @Nullable ArrowType int64(SchemaElement element) {
        LogicalType logical = element.getLogicalType();
        ConvertedType converted = element.getConverted_type();
        if (logical != null && logical.isSetTIMESTAMP()) {
            TimestampType stamp = logical.getTIMESTAMP();
            var sent = ParquetRowReader.present(stamp.getUnit());
            TimeUnit unit = sent.isSetMILLIS()
                    ? TimeUnit.MILLISECOND
                    : sent.isSetMICROS() ? TimeUnit.MICROSECOND : TimeUnit.NANOSECOND;
            return new ArrowType.Timestamp(unit, stamp.isIsAdjustedToUTC() ? "UTC" : null);
        }
        if (converted == ConvertedType.TIMESTAMP_MILLIS) {
            return new ArrowType.Timestamp(TimeUnit.MILLISECOND, "UTC");
        }
        if (converted == ConvertedType.TIMESTAMP_MICROS) {
            return new ArrowType.Timestamp(TimeUnit.MICROSECOND, "UTC");
        }
        if (converted == ConvertedType.TIME_MICROS || (logical != null && logical.isSetTIME())) {
            return null;
        }
        boolean unsigned = converted == ConvertedType.UINT_64
                || (logical != null
                        && logical.isSetINTEGER()
                        && !logical.getINTEGER().isIsSigned());
        return new ArrowType.Int(64, !unsigned);
    }

    boolean isRequired() {
        return element.getRepetition_type() == FieldRepetitionType.REQUIRED;
    }
}
