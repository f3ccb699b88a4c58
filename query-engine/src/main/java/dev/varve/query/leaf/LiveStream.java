package dev.varve.query.leaf;

import dev.varve.model.Column;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.vector.BigIntVector;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.VectorUnloader;
import org.apache.arrow.vector.ipc.ArrowReader;
import org.apache.arrow.vector.ipc.message.ArrowRecordBatch;
import org.apache.arrow.vector.types.pojo.ArrowType;
import org.apache.arrow.vector.types.pojo.Field;
import org.apache.arrow.vector.types.pojo.Schema;

/**
 * Some columns of rows that are not yet in files, as a stream to be read once; shares the batches' memory.
 *
 * <p>The batches' memory and the allocator must descend from one root. A column that a batch does not have, because it was
 * added later, is null.
 */
final class LiveStream extends ArrowReader {
    /** Numbers the rows from 0 in the order they came; no column can be called so. */
    static final String ORDINAL = "live ordinal";

    private final BufferAllocator memory;
    private final List<Column> columns;
    private final boolean numbered;
    private final List<VectorSchemaRoot> batches;
    private int next;
    private long rowsBefore;

    LiveStream(BufferAllocator memory, List<Column> columns, boolean numbered, List<VectorSchemaRoot> batches) {
        super(memory);
        this.memory = memory;
        this.columns = columns;
        this.numbered = numbered;
        this.batches = batches;
    }

    @Override
    protected Schema readSchema() {
        List<Field> fields = new ArrayList<>();
        columns.forEach(column -> fields.add(ColumnTypes.field(column)));
        if (numbered) {
            fields.add(Field.nullable(ORDINAL, new ArrowType.Int(64, true)));
        }
        return new Schema(fields);
    }

    @Override
    public boolean loadNextBatch() throws IOException {
        prepareLoadNextBatch();
        while (next < batches.size() && batches.get(next).getRowCount() == 0) {
            next++;
        }
        if (next == batches.size()) {
            return false;
        }
        VectorSchemaRoot source = batches.get(next++);
        int rows = source.getRowCount();
        Map<String, FieldVector> byName = new HashMap<>();
        source.getFieldVectors().forEach(vector -> byName.put(vector.getName(), vector));
        List<FieldVector> own = new ArrayList<>();
        try {
            List<FieldVector> vectors = new ArrayList<>();
            for (Column column : columns) {
                FieldVector vector = byName.get(column.name());
                if (vector == null) {
                    vector = ColumnTypes.field(column).createVector(memory);
                    own.add(vector);
                    vector.allocateNew();
                    vector.setValueCount(rows);
                }
                vectors.add(vector);
            }
            if (numbered) {
                BigIntVector ordinal = new BigIntVector(ORDINAL, memory);
                own.add(ordinal);
                ordinal.allocateNew(rows);
                for (int i = 0; i < rows; i++) {
                    ordinal.set(i, rowsBefore + i);
                }
                ordinal.setValueCount(rows);
                vectors.add(ordinal);
            }
            rowsBefore += rows;
            List<Field> fields = vectors.stream().map(FieldVector::getField).toList();
            // The unloader retains the buffers; the root around the shared vectors is not closed.
            VectorSchemaRoot selected = new VectorSchemaRoot(fields, vectors, rows);
            ArrowRecordBatch batch = new VectorUnloader(selected, true, false).getRecordBatch();
            loadRecordBatch(batch);
            return true;
        } finally {
            own.forEach(FieldVector::close);
        }
    }

    @Override
    public long bytesRead() {
        return 0;
    }

    @Override
    protected void closeReadSource() {
        // The batches belong to whoever gave them.
    }
}
