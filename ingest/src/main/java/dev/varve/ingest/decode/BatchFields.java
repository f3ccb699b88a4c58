package dev.varve.ingest.decode;

import dev.varve.model.Column;
import dev.varve.model.ColumnType;
import java.util.ArrayList;
import java.util.List;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.types.DateUnit;
import org.apache.arrow.vector.types.FloatingPointPrecision;
import org.apache.arrow.vector.types.TimeUnit;
import org.apache.arrow.vector.types.pojo.ArrowType;
import org.apache.arrow.vector.types.pojo.Field;
import org.apache.arrow.vector.types.pojo.FieldType;

/** The Arrow fields of canonical batches. */
final class BatchFields {
    private BatchFields() {}

    static ArrowType arrowType(ColumnType type) {
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

    static Field field(Column column, int slot) {
        return new Field(column.name(), new FieldType(slot != ColumnPlan.TIME, arrowType(column.type()), null), null);
    }

    /** One empty vector for each slot; nothing is allocated yet. */
    static List<FieldVector> vectors(List<Column> slots, BufferAllocator memory) {
        List<FieldVector> vectors = new ArrayList<>(slots.size());
        for (int slot = 0; slot < slots.size(); slot++) {
            vectors.add(field(slots.get(slot), slot).createVector(memory));
        }
        return vectors;
    }

    static VectorSchemaRoot root(List<FieldVector> vectors, int rows) {
        return new VectorSchemaRoot(vectors.stream().map(FieldVector::getField).toList(), vectors, rows);
    }
}
