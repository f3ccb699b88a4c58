package dev.varve.ingest;

import dev.varve.catalog.Dataset;
import dev.varve.ingest.decode.RowError;
import dev.varve.model.Column;
import dev.varve.model.DatasetName;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.jspecify.annotations.Nullable;

/** The way of canonical rows through a log and memory into files; thread-safe. */
interface Intake {
    /** The dataset as rows for it have to be now. */
    Dataset dataset(DatasetName name);

    /**
     * Appends a canonical batch of at least one row with its cells, which must stay as it is until this returns.
     *
     * @param columns of the batch: time, lat, lon, cell, then own ones
     * @param acceptedRows rows the caller sent and that are accepted, those replaced within the batch included
     */
    CompletableFuture<Ack> append(
            Dataset dataset,
            List<Column> columns,
            VectorSchemaRoot rows,
            long acceptedRows,
            List<RowError> errors,
            long rejectedRows,
            @Nullable String idempotencyKey);

    void countRejected(long rows);

    LiveView view(DatasetName dataset);

    /** Writes the dataset's rows in memory to files; returns when they are committed. */
    void flush(DatasetName dataset);

    void flushAll();

    /**
     * Flushes the memtable that needs it most; false when none does.
     *
     * @param isPressed whether somebody waits for memory
     */
    boolean flushDue(boolean isPressed);

    /** Lets go of rows that are not needed in memory any more. To be called every second or so. */
    void tidy();

    /** Whether this process is to merge the files of a dataset. */
    boolean compacts(Dataset dataset);

    /** Reads the log again, and repairs what is damaged. */
    void verifyLog();

    IngestStatus status(long compactions);

    /** Takes no more rows; those on their way arrive, or fail. */
    void stop();

    /** Lets go of all rows, after {@link #stop}. */
    void release();
}
