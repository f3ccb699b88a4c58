package dev.varve.ingest;

import dev.varve.ingest.decode.RowError;
import dev.varve.model.Column;
import dev.varve.model.ErrorCode;
import dev.varve.model.Schema;
import dev.varve.model.VarveException;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.types.pojo.Field;

/** A canonical batch (time, lat, lon, own columns) and the errors of the rows left out of it. */
record TypedRows(VectorSchemaRoot batch, List<RowError> errors, List<FieldVector> owned) implements AutoCloseable {
    static TypedRows shared(VectorSchemaRoot batch) {
        return new TypedRows(batch, List.of(), List.of());
    }

    static TypedRows of(Schema schema, VectorSchemaRoot rows, BufferAllocator memory) {
        List<Column> columns = Stream.concat(Stream.of(Schema.TIME, Schema.LAT, Schema.LON), schema.columns().stream())
                .toList();
        List<FieldVector> vectors = new ArrayList<>();
        List<FieldVector> owned = new ArrayList<>();
        List<Field> fields = StoredFields.of(columns).getFields();
        for (Field field : fields) {
            FieldVector found = rows.getVector(field.getName());
            if (found == null) {
                FieldVector missing = field.createVector(memory);
                missing.setInitialCapacity(rows.getRowCount());
                missing.allocateNew();
                missing.setValueCount(rows.getRowCount());
                owned.add(missing);
                vectors.add(missing);
            } else if (found.getField().getType().equals(field.getType())) {
                vectors.add(found);
            } else {
                owned.forEach(FieldVector::close);
                throw new VarveException(
                        ErrorCode.SCHEMA_MISMATCH,
                        "column '" + field.getName() + "' is "
                                + found.getField().getType() + ", not " + field.getType());
            }
        }
        VectorSchemaRoot batch = new VectorSchemaRoot(fields, vectors, rows.getRowCount());
        BitSet bad = new BitSet();
        List<RowError> errors = new ArrayList<>();
        FieldVector time = Objects.requireNonNull(vectors.getFirst());
        for (int i = 0; i < rows.getRowCount(); i++) {
            if (time.isNull(i)) {
                bad.set(i);
                errors.add(new RowError(i + 1L, Schema.TIME.name(), "", "no time"));
            }
        }
        if (bad.isEmpty()) {
            return new TypedRows(batch, errors, owned);
        }
        TypedRows good = without(batch, bad, memory);
        owned.forEach(FieldVector::close);
        return new TypedRows(good.batch(), errors, good.owned());
    }

    /** A copy without some rows. */
    static TypedRows without(VectorSchemaRoot batch, BitSet leftOut, BufferAllocator memory) {
        VectorSchemaRoot kept = VectorSchemaRoot.create(batch.getSchema(), memory);
        int at = 0;
        for (FieldVector vector : kept.getFieldVectors()) {
            vector.setInitialCapacity(batch.getRowCount() - leftOut.cardinality());
            vector.allocateNew();
            FieldVector source = batch.getVector(vector.getName());
            at = 0;
            int count = batch.getRowCount();
            for (int i = leftOut.nextClearBit(0); i < count; i = leftOut.nextClearBit(i + 1)) {
                vector.copyFromSafe(i, at++, source);
            }
        }
        kept.setRowCount(at);
        return new TypedRows(kept, List.of(), kept.getFieldVectors());
    }

    @Override
    public void close() {
        owned.forEach(FieldVector::close);
    }
}
