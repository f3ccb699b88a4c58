package dev.varve.ingest;

import dev.varve.model.DatasetName;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What ingest holds and has done since it was opened.
 *
 * @param live datasets that have rows not yet in files
 * @param memoryBytes bytes of rows not yet in files, those on their way into the log included
 * @param logStart first position of the commit log that is kept; of several, the sum
 * @param logEnd position after the last acknowledged batch; of several logs, the sum
 * @param lastFlushError why the last flush failed, null when it did not; its rows are kept and it is tried again
 */
public record IngestStatus(
        Map<DatasetName, Live> live,
        long memoryBytes,
        long logStart,
        long logEnd,
        long rowsAccepted,
        long rowsRejected,
        long flushes,
        long failedFlushes,
        long compactions,
        @Nullable String lastFlushError) {
    /** Rows of one dataset that are not yet in files, their bytes, and their earliest and latest time. */
    public record Live(long rows, long bytes, long firstMicros, long lastMicros) {
        /** Those of both. */
        Live and(Live other) {
            return new Live(
                    rows + other.rows,
                    bytes + other.bytes,
                    Math.min(firstMicros, other.firstMicros),
                    Math.max(lastMicros, other.lastMicros));
        }
    }

    public IngestStatus {
        live = Map.copyOf(live);
    }
}
