package dev.varve.ingest.decode;

import dev.varve.model.Schema;
import java.io.InputStream;
import java.util.List;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.vector.VectorSchemaRoot;

/**
 * Reads a body as a sequence of canonical batches; used by one thread.
 *
 * <p>The same bytes, mapping, schema and limits give the same batches. A body that cannot be read at all, or not beyond
 * some point, is a {@code VarveException}; what is wrong with one row is an error of that row.
 */
public interface RowDecoder extends AutoCloseable {
    /**
     * Starts to read a body; reads its beginning, and matches its columns with those of the dataset. The decoder closes
     * nothing but itself: the stream stays the caller's.
     */
    static RowDecoder open(
            BodyFormat format,
            InputStream body,
            Mapping mapping,
            Schema schema,
            BufferAllocator memory,
            DecodeLimits limits) {
        InputStream limited = new LimitedInput(body, limits.bodyBytes());
        return switch (format) {
            case CSV -> new CsvDecoder(limited, mapping, schema, memory, limits);
            case NDJSON -> new NdjsonDecoder(limited, mapping, schema, memory, limits);
            case ARROW_STREAM ->
                new TypedDecoder(new ArrowStream(limited, memory, limits), mapping, schema, memory, limits);
            case PARQUET -> new TypedDecoder(new ParquetBody(limited, memory, limits), mapping, schema, memory, limits);
        };
    }

    /** Moves on to the next batch; false at the end of the body. A batch without any accepted row still counts. */
    boolean next();

    /**
     * The accepted rows: time, lat, lon, then own columns in schema order. Valid until the next call of {@link #next} or
     * {@link #close}; its vectors may be transferred out before.
     */
    VectorSchemaRoot batch();

    /** One error for each row left out of this batch, by row number. */
    List<RowError> errors();

    /** Which source columns feed which columns; fixed after the first {@link #next}. */
    List<MappedColumn> mapping();

    @Override
    void close();
}
