package dev.varve.ingest.decode;

import dev.varve.model.ColumnType;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.types.FloatingPointPrecision;
import org.apache.arrow.vector.types.pojo.ArrowType;

/** The types that the columns of a typed body already say. */
final class TypedGuess {
    private final Map<String, ColumnType> types = new LinkedHashMap<>();
    private final Map<String, String> samples = new LinkedHashMap<>();

    TypedGuess(VectorSchemaRoot root, boolean filled) {
        for (FieldVector vector : root.getFieldVectors()) {
            String name = vector.getName();
            boolean coded = vector.getField().getDictionary() != null;
            types.putIfAbsent(
                    name, coded ? ColumnType.STRING : type(vector.getField().getType()));
            SourceColumn column = coded ? null : SourceColumn.of(vector);
            if (filled && column != null && root.getRowCount() > 0) {
                BufferChecks.check(vector, root.getRowCount());
                samples.put(name, column.isNull(0) ? "" : column.show(0));
            }
        }
    }

    /** The type that holds the values of an Arrow type; what holds no single values is taken for text and refused. */
    private static ColumnType type(ArrowType type) {
        return switch (type) {
            case ArrowType.Bool b -> ColumnType.BOOLEAN;
            case ArrowType.Int i ->
                i.getBitWidth() < 32 || (i.getBitWidth() == 32 && i.getIsSigned()) ? ColumnType.INT : ColumnType.LONG;
            case ArrowType.FloatingPoint f ->
                f.getPrecision() == FloatingPointPrecision.DOUBLE ? ColumnType.DOUBLE : ColumnType.FLOAT;
            case ArrowType.Decimal d -> ColumnType.DOUBLE;
            case ArrowType.Timestamp t -> ColumnType.TIMESTAMP;
            case ArrowType.Date d -> ColumnType.DATE;
            case ArrowType.Binary b -> ColumnType.BINARY;
            case ArrowType.LargeBinary b -> ColumnType.BINARY;
            case ArrowType.BinaryView b -> ColumnType.BINARY;
            case ArrowType.FixedSizeBinary b -> ColumnType.BINARY;
            default -> ColumnType.STRING;
        };
    }

    Map<String, ColumnType> types() {
        return types;
    }

    String sample(String name) {
        return samples.getOrDefault(name, "");
    }
}
