package dev.varve.query.leaf;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.vector.VectorUnloader;
import org.apache.arrow.vector.ipc.ArrowReader;
import org.apache.arrow.vector.ipc.ArrowStreamReader;
import org.apache.arrow.vector.types.TimeUnit;
import org.apache.arrow.vector.types.pojo.ArrowType;
import org.apache.arrow.vector.types.pojo.Field;
import org.apache.arrow.vector.types.pojo.FieldType;
import org.apache.arrow.vector.types.pojo.Schema;
import org.jspecify.annotations.Nullable;

/** The rows of several Arrow streams of one schema, one after the other, with timestamps as the leaf's relations have them. */
final class ComputedStream extends ArrowReader {
    private final BufferAllocator memory;
    private final Deque<ByteBuffer> rest;
    private @Nullable ArrowStreamReader reading;

    ComputedStream(BufferAllocator memory, List<ByteBuffer> streams) {
        super(memory);
        this.memory = memory;
        this.rest = new ArrayDeque<>(streams);
    }

    private ArrowStreamReader next() {
        ByteBuffer stream = rest.removeFirst().duplicate();
        byte[] bytes = new byte[stream.remaining()];
        stream.get(bytes);
        return new ArrowStreamReader(new ByteArrayInputStream(bytes), memory);
    }

    @Override
    protected Schema readSchema() throws IOException {
        ArrowStreamReader first = next();
        reading = first;
        return new Schema(first.getVectorSchemaRoot().getSchema().getFields().stream()
                .map(ComputedStream::plain)
                .toList());
    }

    /** Answers name UTC; inside the engine a timestamp has no zone. */
    private static Field plain(Field field) {
        if (!(field.getType() instanceof ArrowType.Timestamp)) {
            return field;
        }
        FieldType type = new FieldType(field.isNullable(), new ArrowType.Timestamp(TimeUnit.MICROSECOND, null), null);
        return new Field(field.getName(), type, List.of());
    }

    @Override
    public boolean loadNextBatch() throws IOException {
        prepareLoadNextBatch();
        while (true) {
            ArrowStreamReader now = reading;
            if (now == null) {
                if (rest.isEmpty()) {
                    return false;
                }
                now = next();
                reading = now;
            }
            if (now.loadNextBatch()) {
                if (now.getVectorSchemaRoot().getRowCount() > 0) {
                    loadRecordBatch(new VectorUnloader(now.getVectorSchemaRoot(), true, false).getRecordBatch());
                    return true;
                }
            } else {
                now.close();
                reading = null;
            }
        }
    }

    @Override
    public long bytesRead() {
        return 0;
    }

    @Override
    protected void closeReadSource() throws IOException {
        if (reading != null) {
            reading.close();
        }
    }
}
