package dev.varve.server.wire;

import com.fasterxml.jackson.databind.node.ObjectNode;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.types.pojo.Schema;

/** An answer as it comes; one thread, closed by whoever started it. Closing early cancels the query. */
public interface SqlAnswer extends AutoCloseable {
    Schema schema();

    /** Waits for the next batch; false after the last one. */
    boolean next();

    /** Valid until the next call of {@link #next}. */
    VectorSchemaRoot batch();

    Stats stats();

    @Override
    void close();

    /** What an answer took, as far as it has come. */
    record Stats(
            long rows,
            double planMillis,
            double runMillis,
            long filesTotal,
            long filesRead,
            long bytesTotal,
            long bytesRead,
            long liveRows) {
        public ObjectNode json() {
            return Json.object()
                    .put("rows", rows)
                    .put("planMillis", micros(planMillis))
                    .put("runMillis", micros(runMillis))
                    .put("filesTotal", filesTotal)
                    .put("filesRead", filesRead)
                    .put("bytesTotal", bytesTotal)
                    .put("bytesRead", bytesRead)
                    .put("liveRows", liveRows);
        }

        /** As precise as a microsecond; more digits would only look precise. */
        private static double micros(double millis) {
            return Math.round(millis * 1_000) / 1_000.0;
        }
    }
}
