package dev.varve.ingest;

import dev.varve.model.Column;
import dev.varve.model.ColumnType;
import dev.varve.model.ErrorCode;
import dev.varve.model.Schema;
import dev.varve.model.VarveException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.apache.arrow.flatbuf.Message;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.OutOfMemoryException;
import org.apache.arrow.vector.BigIntVector;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.TimeStampMicroVector;
import org.apache.arrow.vector.TypeLayout;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.ipc.WriteChannel;
import org.apache.arrow.vector.ipc.message.ArrowFieldNode;
import org.apache.arrow.vector.ipc.message.ArrowRecordBatch;
import org.apache.arrow.vector.ipc.message.MessageSerializer;
import org.jspecify.annotations.Nullable;

/**
 * A batch as it lies in the commit log, version 1, little-endian:
 *
 * <pre>
 * int    bytes of the header, with padding to a multiple of 8
 * int    version, 1
 * long×2 dataset id
 * long×2 hash of the idempotency key, 0 when there is none
 * long   digest of the rows, 0 without a key
 * long   recorded_at, microseconds
 * long   rows accepted
 * long   rows left out
 * int    rows, at most those accepted: of rows with the same key and time only the last is kept
 * int    columns, each: byte type (ordinal of its label in {@link #TYPES}), byte length of the name, name in ASCII
 * ...    one Arrow IPC record batch of these columns: time, lat, lon, cell, then own ones
 * </pre>
 */
record LogRecord(
        UUID dataset,
        @Nullable KeyHash key,
        long digest,
        long recordedAtMicros,
        long accepted,
        long rejected,
        int rows,
        List<Column> columns,
        int headerBytes) {
    private static final int VERSION = 1;
    private static final int FIXED_BYTES = 80;
    private static final int ALIGNMENT = 8;
    /** The order is part of the format. */
    private static final List<ColumnType> TYPES = List.of(
            ColumnType.BOOLEAN,
            ColumnType.INT,
            ColumnType.LONG,
            ColumnType.FLOAT,
            ColumnType.DOUBLE,
            ColumnType.STRING,
            ColumnType.TIMESTAMP,
            ColumnType.DATE,
            ColumnType.BINARY);

    static LogRecord of(
            UUID dataset,
            @Nullable KeyHash key,
            long digest,
            long recordedAtMicros,
            long accepted,
            long rejected,
            int rows,
            List<Column> columns) {
        int bytes = FIXED_BYTES;
        for (Column column : columns) {
            bytes += 2 + column.name().length();
        }
        int padded = (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
        return new LogRecord(
                dataset, key, digest, recordedAtMicros, accepted, rejected, rows, List.copyOf(columns), padded);
    }

    /** Header and rows as one buffer, whose writer index is its end; the caller closes it. */
    ArrowBuf encode(List<FieldVector> vectors, BufferAllocator memory) {
        List<ArrowFieldNode> nodes = new ArrayList<>();
        List<ArrowBuf> buffers = new ArrayList<>();
        for (FieldVector vector : vectors) {
            nodes.add(new ArrowFieldNode(rows, vector.getNullCount()));
            buffers.addAll(vector.getFieldBuffers());
        }
        try (ArrowRecordBatch batch = new ArrowRecordBatch(rows, nodes, buffers)) {
            long most = headerBytes + batch.computeBodyLength() + 256 + 16L * nodes.size() + 16L * buffers.size();
            if (most > Integer.MAX_VALUE) {
                throw new VarveException(ErrorCode.TOO_LARGE, "a batch of " + most + " bytes");
            }
            ArrowBuf record = memory.buffer(most);
            try {
                ByteBuffer header = record.nioBuffer(0, headerBytes).order(ByteOrder.LITTLE_ENDIAN);
                putHeader(header);
                record.writerIndex(headerBytes);
                MessageSerializer.serialize(new WriteChannel(appending(record)), batch);
                return record;
            } catch (IOException | RuntimeException e) {
                record.close();
                throw e instanceof RuntimeException unchecked ? unchecked : new IllegalStateException(e);
            }
        }
    }

    private void putHeader(ByteBuffer out) {
        out.putInt(headerBytes).putInt(VERSION);
        out.putLong(dataset.getMostSignificantBits()).putLong(dataset.getLeastSignificantBits());
        out.putLong(key == null ? 0 : key.high()).putLong(key == null ? 0 : key.low());
        out.putLong(digest).putLong(recordedAtMicros).putLong(accepted).putLong(rejected);
        out.putInt(rows).putInt(columns.size());
        for (Column column : columns) {
            out.put((byte) TYPES.indexOf(column.type()))
                    .put((byte) column.name().length());
            out.put(column.name().getBytes(StandardCharsets.US_ASCII));
        }
        while (out.hasRemaining()) {
            out.put((byte) 0);
        }
    }

    private static WritableByteChannel appending(ArrowBuf record) {
        return new WritableByteChannel() {
            @Override
            public int write(ByteBuffer source) {
                int length = source.remaining();
                record.setBytes(record.writerIndex(), source);
                record.writerIndex(record.writerIndex() + length);
                return length;
            }

            @Override
            public boolean isOpen() {
                return true;
            }

            @Override
            public void close() {}
        };
    }

    /** The header of a record; the position of the buffer does not change. */
    static LogRecord decode(ByteBuffer record) {
        ByteBuffer in = record.duplicate().order(ByteOrder.LITTLE_ENDIAN);
        int headerBytes = in.getInt();
        int version = in.getInt();
        if (version != VERSION) {
            throw new VarveException(ErrorCode.CORRUPT, "the commit log has a record of version " + version)
                    .withHint("this program reads version " + VERSION);
        }
        UUID dataset = new UUID(in.getLong(), in.getLong());
        KeyHash key = new KeyHash(in.getLong(), in.getLong());
        long digest = in.getLong();
        long recordedAt = in.getLong();
        long accepted = in.getLong();
        long rejected = in.getLong();
        int rows = in.getInt();
        int count = in.getInt();
        List<Column> columns = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            ColumnType type = TYPES.get(in.get());
            byte[] name = new byte[in.get() & 0xFF];
            in.get(name);
            columns.add(new Column(new String(name, StandardCharsets.US_ASCII), type));
        }
        boolean hasKey = key.high() != 0 || key.low() != 0;
        return new LogRecord(
                dataset,
                hasKey ? key : null,
                digest,
                recordedAt,
                accepted,
                rejected,
                rows,
                List.copyOf(columns),
                headerBytes);
    }

    /**
     * The rows of an encoded record in stored order, sharing its memory, which lives as long as they do; {@code version}
     * is not set yet.
     *
     * @throws OutOfMemoryException if there is no memory now; the record is not harmed
     */
    VectorSchemaRoot load(ArrowBuf record, BufferAllocator memory) {
        List<Column> stored = new ArrayList<>(columns);
        stored.addAll(Schema.SYSTEM);
        ByteBuffer head = record.nioBuffer(headerBytes, 8).order(ByteOrder.LITTLE_ENDIAN);
        boolean isContinued = head.getInt() == -1;
        int prefix = isContinued ? 8 : 4;
        int metaBytes = isContinued ? head.getInt() : head.getInt(0);
        Message message = Message.getRootAsMessage(record.nioBuffer(headerBytes + prefix, metaBytes));
        ArrowBuf body = record.slice(headerBytes + prefix + metaBytes, message.bodyLength());
        body.getReferenceManager().retain();
        VectorSchemaRoot root = VectorSchemaRoot.create(StoredFields.of(stored), memory);
        try (ArrowRecordBatch batch = MessageSerializer.deserializeRecordBatch(message, body)) {
            int buffer = 0;
            for (int c = 0; c < columns.size(); c++) {
                FieldVector vector = root.getVector(c);
                int count = TypeLayout.getTypeBufferCount(vector.getField().getType());
                vector.loadFieldBuffers(
                        batch.getNodes().get(c), batch.getBuffers().subList(buffer, buffer + count));
                buffer += count;
            }
            TimeStampMicroVector recordedAt = (TimeStampMicroVector) root.getVector(Schema.RECORDED_AT.name());
            recordedAt.allocateNew(rows);
            fill(recordedAt.getDataBuffer(), recordedAt.getValidityBuffer(), rows, recordedAtMicros);
            BigIntVector version = (BigIntVector) root.getVector(Schema.VERSION.name());
            version.allocateNew(rows);
            root.setRowCount(rows);
            return root;
        } catch (OutOfMemoryException e) {
            root.close();
            throw e;
        } catch (IOException | RuntimeException e) {
            root.close();
            throw new VarveException(ErrorCode.CORRUPT, "a record of the commit log does not read: " + e, e);
        }
    }

    /** Sets the version of all rows. */
    static void stamp(VectorSchemaRoot rows, long position) {
        BigIntVector version = (BigIntVector) rows.getVector(Schema.VERSION.name());
        fill(version.getDataBuffer(), version.getValidityBuffer(), rows.getRowCount(), position);
    }

    private static void fill(ArrowBuf data, ArrowBuf validity, int rows, long value) {
        for (int i = 0; i < rows; i++) {
            data.setLong((long) i << 3, value);
        }
        validity.setOne(0L, (rows + 7L) / 8);
    }
}
