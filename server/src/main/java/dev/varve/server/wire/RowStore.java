package dev.varve.server.wire;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.varve.ingest.decode.BodyFormat;
import dev.varve.ingest.decode.MappedColumn;
import dev.varve.ingest.decode.Mapping;
import dev.varve.ingest.decode.RowError;
import dev.varve.model.DatasetName;
import dev.varve.model.Schema;
import java.io.InputStream;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.jspecify.annotations.Nullable;

/** Takes rows in; the node plugs ingest in. Thread-safe; errors are {@code VarveException}. */
public interface RowStore {
    /** Decodes and stores a whole body; returns when its rows are durable. */
    Loaded load(Load load, InputStream body);

    /** What {@link #load} would do with the body, and the schema it suggests; writes nothing. */
    Inferred infer(Load load, InputStream body);

    /** Stores one typed batch, which must stay as it is until the future completes; that is when it is durable. */
    CompletableFuture<Loaded> append(
            DatasetName dataset, VectorSchemaRoot rows, @Nullable String idempotencyKey, boolean isAllOrNothing);

    /** Writes the dataset's rows in memory to files; returns when they are committed. */
    void flush(DatasetName dataset);

    Live live(DatasetName dataset);

    /**
     * What to load and how.
     *
     * @param isAllOrNothing whether one bad row refuses all
     */
    record Load(
            DatasetName dataset,
            BodyFormat format,
            Mapping mapping,
            @Nullable String idempotencyKey,
            boolean isAllOrNothing) {}

    /** Rows that are durable but not yet in files, and their earliest and latest time; those mean nothing without rows. */
    record Live(long rows, long firstMicros, long lastMicros) {
        public static final Live NONE = new Live(0, Long.MAX_VALUE, Long.MIN_VALUE);
    }

    /** What became of rows that were sent. */
    record Loaded(
            long accepted,
            long rejected,
            long position,
            boolean duplicate,
            List<RowError> errors,
            boolean errorsTruncated) {
        public Loaded {
            errors = List.copyOf(errors);
        }

        public ObjectNode json() {
            ObjectNode json = Json.object()
                    .put("accepted", accepted)
                    .put("rejected", rejected)
                    .put("position", position)
                    .put("duplicate", duplicate);
            json.set("errors", errorsJson(errors));
            return json.put("errorsTruncated", errorsTruncated);
        }
    }

    /**
     * What a body looks like.
     *
     * @param decoding the mapping to load it with: the given one, and texts for no value that were found in it
     */
    record Inferred(
            Schema schema,
            List<MappedColumn> mapping,
            Mapping decoding,
            long rows,
            long rejected,
            List<RowError> errors) {}

    static ArrayNode errorsJson(List<RowError> errors) {
        ArrayNode json = Json.object().putArray("errors");
        for (RowError error : errors) {
            json.addObject()
                    .put("row", error.row())
                    .put("column", error.column())
                    .put("value", error.value())
                    .put("reason", error.reason());
        }
        return json;
    }
}
