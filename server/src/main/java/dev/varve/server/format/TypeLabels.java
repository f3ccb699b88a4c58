package dev.varve.server.format;

import org.apache.arrow.vector.types.FloatingPointPrecision;
import org.apache.arrow.vector.types.pojo.ArrowType;
import org.apache.arrow.vector.types.pojo.Field;

/** Names of Arrow types in answers: those of column types where there is one. */
public final class TypeLabels {
    private TypeLabels() {}

    /** Such as {@code double} or {@code list<string>}. */
    public static String of(Field field) {
        return switch (field.getType()) {
            case ArrowType.Bool ignored -> "boolean";
            case ArrowType.Int type ->
                type.getBitWidth() < 32 || (type.getBitWidth() == 32 && type.getIsSigned()) ? "int" : "long";
            case ArrowType.FloatingPoint type ->
                type.getPrecision() == FloatingPointPrecision.DOUBLE ? "double" : "float";
            case ArrowType.Decimal ignored -> "decimal";
            case ArrowType.Utf8 ignored -> "string";
            case ArrowType.LargeUtf8 ignored -> "string";
            case ArrowType.Utf8View ignored -> "string";
            case ArrowType.Timestamp ignored -> "timestamp";
            case ArrowType.Date ignored -> "date";
            case ArrowType.Time ignored -> "time";
            case ArrowType.Interval ignored -> "interval";
            case ArrowType.Binary ignored -> "binary";
            case ArrowType.LargeBinary ignored -> "binary";
            case ArrowType.BinaryView ignored -> "binary";
            case ArrowType.FixedSizeBinary ignored -> "binary";
            case ArrowType.Map ignored -> "map";
            case ArrowType.Struct ignored -> "struct";
            case ArrowType.Null ignored -> "null";
            case ArrowType.List ignored -> list(field);
            case ArrowType.LargeList ignored -> list(field);
            case ArrowType.FixedSizeList ignored -> list(field);
            default -> field.getType().toString();
        };
    }

    private static String list(Field field) {
        return "list<" + of(field.getChildren().getFirst()) + ">";
    }
}
