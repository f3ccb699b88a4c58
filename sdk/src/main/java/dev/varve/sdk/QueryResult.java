package dev.varve.sdk;

import java.io.IOException;
import java.io.InputStream;
import java.time.Instant;
import java.time.LocalDate;
import java.time.temporal.ChronoUnit;
import java.util.Objects;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.OutOfMemoryException;
import org.apache.arrow.vector.BigIntVector;
import org.apache.arrow.vector.BitVector;
import org.apache.arrow.vector.DateDayVector;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.Float4Vector;
import org.apache.arrow.vector.Float8Vector;
import org.apache.arrow.vector.IntVector;
import org.apache.arrow.vector.TimeStampVector;
import org.apache.arrow.vector.VarCharVector;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.ipc.ArrowStreamReader;
import org.apache.arrow.vector.types.pojo.ArrowType;
import org.apache.arrow.vector.types.pojo.Schema;
import org.jspecify.annotations.Nullable;

/**
 * A result as it streams in, by batches ({@link #next}, {@link #batch}) or by rows ({@link #nextRow} and the getters).
 *
 * <p>One thread uses it and closes it. A batch is valid until the next one. A result that the node breaks off throws
 * {@code STREAM_BROKEN} instead of ending early. Columns count from 0.
 */
public final class QueryResult implements AutoCloseable {
    private final QueryStream stream;
    private final LastBytes tail;
    private final BufferAllocator memory;
    private final ArrowStreamReader reader;
    private final VectorSchemaRoot root;
    private int row = -1;
    private boolean ended;
    private boolean closed;

    private QueryResult(
            QueryStream stream,
            LastBytes tail,
            BufferAllocator memory,
            ArrowStreamReader reader,
            VectorSchemaRoot root) {
        this.stream = stream;
        this.tail = tail;
        this.memory = memory;
        this.reader = reader;
        this.root = root;
    }

    static QueryResult open(QueryStream stream, BufferAllocator parent) {
        BufferAllocator memory = parent.newChildAllocator("query " + stream.id(), 0, Long.MAX_VALUE);
        LastBytes tail = new LastBytes(stream.body());
        ArrowStreamReader reader = new ArrowStreamReader(tail, memory);
        try {
            return new QueryResult(stream, tail, memory, reader, reader.getVectorSchemaRoot());
        } catch (IOException | RuntimeException e) {
            closeReader(reader);
            memory.close();
            stream.close();
            throw broken(e);
        }
    }

    /** The query's id, as the node lists it. */
    public String id() {
        return stream.id();
    }

    public Schema schema() {
        return root.getSchema();
    }

    /** Moves to the next batch; false at the end of the whole result. */
    public boolean next() {
        row = -1;
        if (ended) {
            return false;
        }
        try {
            if (reader.loadNextBatch()) {
                return true;
            }
            tail.requireEndOfStream();
            ended = true;
            root.setRowCount(0);
            stream.markEnded();
            return false;
        } catch (IOException | IllegalArgumentException | IndexOutOfBoundsException | OutOfMemoryException e) {
            throw broken(e);
        }
    }

    /** The current batch, valid until {@link #next} or {@link #close}; owned by this result. */
    public VectorSchemaRoot batch() {
        return root;
    }

    /** Moves to the next row; false at the end of the whole result. */
    public boolean nextRow() {
        while (row + 1 >= root.getRowCount()) {
            if (!next()) {
                return false;
            }
        }
        row++;
        return true;
    }

    /** The position of a column by its name, from 0. */
    public int column(String name) {
        for (int i = 0; i < root.getFieldVectors().size(); i++) {
            if (root.getVector(i).getName().equalsIgnoreCase(name)) {
                return i;
            }
        }
        throw new IllegalArgumentException("the result has no column '" + name + "', it has "
                + root.getSchema().getFields().stream()
                        .map(field -> field.getName())
                        .toList());
    }

    public boolean isNull(int column) {
        return vector(column).isNull(row);
    }

    /** A number of any type as a double; null is NaN. */
    public double getDouble(int column) {
        FieldVector vector = vector(column);
        if (vector.isNull(row)) {
            return Double.NaN;
        }
        if (vector instanceof Float8Vector doubles) {
            return doubles.get(row);
        }
        if (vector instanceof Float4Vector floats) {
            return floats.get(row);
        }
        if (vector.getObject(row) instanceof Number number) {
            return number.doubleValue();
        }
        throw mismatch(vector, "a number");
    }

    /** A whole number, or a timestamp's microseconds since 1970; null throws. */
    public long getLong(int column) {
        FieldVector vector = vector(column);
        if (vector.isNull(row)) {
            throw new IllegalStateException("column '" + vector.getName() + "' is null in this row");
        }
        if (vector instanceof BigIntVector longs) {
            return longs.get(row);
        }
        if (vector instanceof IntVector ints) {
            return ints.get(row);
        }
        if (vector instanceof TimeStampVector) {
            return ChronoUnit.MICROS.between(Instant.EPOCH, Objects.requireNonNull(getInstant(column)));
        }
        if (vector.getObject(row) instanceof Number number) {
            return number.longValue();
        }
        throw mismatch(vector, "a whole number");
    }

    public @Nullable String getString(int column) {
        Object value = getObject(column);
        return value == null ? null : value.toString();
    }

    /** A timestamp; null is null. */
    public @Nullable Instant getInstant(int column) {
        FieldVector vector = vector(column);
        if (vector.isNull(row)) {
            return null;
        }
        if (vector instanceof TimeStampVector times
                && vector.getField().getType() instanceof ArrowType.Timestamp type) {
            long value = times.get(row);
            return switch (type.getUnit()) {
                case SECOND -> Instant.ofEpochSecond(value);
                case MILLISECOND -> Instant.EPOCH.plus(value, ChronoUnit.MILLIS);
                case MICROSECOND -> Instant.EPOCH.plus(value, ChronoUnit.MICROS);
                case NANOSECOND -> Instant.EPOCH.plusNanos(value);
            };
        }
        throw mismatch(vector, "a timestamp");
    }

    /** String, Long, Integer, Double, Float, Boolean, Instant, LocalDate, byte[] or null. */
    public @Nullable Object getObject(int column) {
        FieldVector vector = vector(column);
        if (vector.isNull(row)) {
            return null;
        }
        if (vector instanceof TimeStampVector) {
            return getInstant(column);
        }
        if (vector instanceof VarCharVector strings) {
            return String.valueOf(strings.getObject(row));
        }
        if (vector instanceof BitVector booleans) {
            return booleans.get(row) == 1;
        }
        if (vector instanceof DateDayVector dates) {
            return LocalDate.ofEpochDay(dates.get(row));
        }
        return vector.getObject(row);
    }

    private FieldVector vector(int column) {
        if (row < 0) {
            throw new IllegalStateException("call nextRow() first");
        }
        return root.getVector(column);
    }

    private static IllegalStateException mismatch(FieldVector vector, String wanted) {
        return new IllegalStateException(
                "column '" + vector.getName() + "' is " + vector.getField().getType() + ", not " + wanted);
    }

    private static VarveClientException broken(Exception e) {
        return new VarveClientException("STREAM_BROKEN", "the result was broken off: " + e.getMessage(), e);
    }

    /** Releases the memory; cancels the query if it has not come to its end. */
    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        stream.close();
        closeReader(reader);
        memory.close();
    }

    private static void closeReader(ArrowStreamReader reader) {
        try {
            reader.close(false);
        } catch (IOException impossible) {
            throw new IllegalStateException("without its source the reader does no I/O", impossible);
        }
    }

    /**
     * Remembers the last eight bytes read, because Arrow's reader takes any end of its input for the end of the stream.
     */
    private static final class LastBytes extends InputStream {
        /** A continuation marker and a length of zero. */
        private static final long END_OF_STREAM = 0xFFFF_FFFF_0000_0000L;

        private final InputStream in;
        private long last;

        LastBytes(InputStream in) {
            this.in = in;
        }

        @Override
        public int read() throws IOException {
            int value = in.read();
            if (value >= 0) {
                last = (last << 8) | value;
            }
            return value;
        }

        @Override
        public int read(byte[] target, int offset, int length) throws IOException {
            int read = in.read(target, offset, length);
            for (int i = Math.max(0, read - Long.BYTES); i < read; i++) {
                last = (last << 8) | (target[offset + i] & 0xFF);
            }
            return read;
        }

        @Override
        public int available() throws IOException {
            return in.available();
        }

        void requireEndOfStream() throws IOException {
            if (last != END_OF_STREAM) {
                throw new IOException("the stream ends without its end marker");
            }
            // The connection's own end must come too, or the node has cut it.
            if (in.read() >= 0) {
                throw new IOException("bytes follow the end of the stream");
            }
        }
    }
}
