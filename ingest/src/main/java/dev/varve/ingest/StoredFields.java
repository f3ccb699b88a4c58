package dev.varve.ingest;

import dev.varve.model.Column;
import dev.varve.model.ColumnType;
import dev.varve.model.Schema;
import java.util.ArrayList;
import java.util.List;
import org.apache.arrow.vector.types.DateUnit;
import org.apache.arrow.vector.types.FloatingPointPrecision;
import org.apache.arrow.vector.types.TimeUnit;
import org.apache.arrow.vector.types.pojo.ArrowType;
import org.apache.arrow.vector.types.pojo.Field;
import org.apache.arrow.vector.types.pojo.FieldType;

/** The Arrow fields of a dataset's columns. */
final class StoredFields {
    private StoredFields() {}

    /** The fields of {@code Schema.all()}. */
    static org.apache.arrow.vector.types.pojo.Schema all(Schema schema) {
        return of(schema.all());
    }

    static org.apache.arrow.vector.types.pojo.Schema of(List<Column> columns) {
        List<Field> fields = new ArrayList<>();
        for (Column column : columns) {
            fields.add(new Field(column.name(), new FieldType(!isRequired(column), type(column.type()), null), null));
        }
        return new org.apache.arrow.vector.types.pojo.Schema(fields);
    }

    /** The columns a log record has: all but the ones that are known of the whole batch. */
    static List<Column> logged(Schema schema) {
        List<Column> columns = new ArrayList<>(Schema.LEADING);
        columns.addAll(schema.columns());
        return columns;
    }

    static boolean isRequired(Column column) {
        return column.equals(Schema.TIME) || column.equals(Schema.RECORDED_AT) || column.equals(Schema.VERSION);
    }

    private static ArrowType type(ColumnType type) {
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
}
