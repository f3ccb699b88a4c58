package dev.varve.query.leaf;

import dev.varve.model.Column;
import dev.varve.model.ColumnType;
import org.apache.arrow.vector.types.DateUnit;
import org.apache.arrow.vector.types.FloatingPointPrecision;
import org.apache.arrow.vector.types.TimeUnit;
import org.apache.arrow.vector.types.pojo.ArrowType;
import org.apache.arrow.vector.types.pojo.Field;
import org.jspecify.annotations.Nullable;

/** The names DuckDB has for our types and Arrow's. */
final class ColumnTypes {
    static final String UTC = "UTC";

    private ColumnTypes() {}

    static String quoted(String identifier) {
        return '"' + identifier.replace("\"", "\"\"") + '"';
    }

    static String duck(ColumnType type) {
        return switch (type) {
            case BOOLEAN -> "BOOLEAN";
            case INT -> "INTEGER";
            case LONG -> "BIGINT";
            case FLOAT -> "FLOAT";
            case DOUBLE -> "DOUBLE";
            case STRING -> "VARCHAR";
            case TIMESTAMP -> "TIMESTAMP";
            case DATE -> "DATE";
            case BINARY -> "BLOB";
        };
    }

    static Field field(Column column) {
        ArrowType type = switch (column.type()) {
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
        return Field.nullable(column.name(), type);
    }

    /**
     * The type a result column is cast to, or null when it is left as it comes. A whole number or decimal that does not fit
     * its answer's type is an error of the query, never a wrong number.
     */
    static @Nullable String duck(Field field) {
        ArrowType type = field.getType();
        if (type instanceof ArrowType.Int whole && whole.getIsSigned()) {
            return switch (whole.getBitWidth()) {
                case 8 -> "TINYINT";
                case 16 -> "SMALLINT";
                case 32 -> "INTEGER";
                default -> "BIGINT";
            };
        }
        if (type instanceof ArrowType.FloatingPoint real) {
            return real.getPrecision() == FloatingPointPrecision.SINGLE ? "FLOAT" : "DOUBLE";
        }
        if (type instanceof ArrowType.List) {
            String element = duck(field.getChildren().getFirst());
            return element == null ? null : element + "[]";
        }
        return switch (type.getTypeID()) {
            case Bool -> "BOOLEAN";
            case Utf8 -> "VARCHAR";
            case Timestamp -> "TIMESTAMP";
            case Date -> "DATE";
            case Binary -> "BLOB";
            default -> null;
        };
    }
}
