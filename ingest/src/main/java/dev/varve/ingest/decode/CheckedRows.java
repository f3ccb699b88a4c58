package dev.varve.ingest.decode;

import java.util.List;
import org.apache.arrow.vector.VectorSchemaRoot;

/**
 * A canonical batch and the errors of the rows left out of it; owns the batch.
 *
 * @param batch time, lat, lon, then own columns in schema order
 * @param errors one for each row left out, by row number
 */
public record CheckedRows(VectorSchemaRoot batch, List<RowError> errors) implements AutoCloseable {
    @Override
    public void close() {
        batch.close();
    }
}
