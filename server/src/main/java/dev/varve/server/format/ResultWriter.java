package dev.varve.server.format;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import org.apache.arrow.vector.VectorSchemaRoot;

/** Writes one result; one thread, ended by exactly one of {@link #end} and {@link #fail}. */
public interface ResultWriter {
    /** Writes a batch, which is not kept after the call. */
    void write(VectorSchemaRoot batch) throws IOException;

    /** Whether further batches would not be shown. */
    default boolean isFull() {
        return false;
    }

    /** Ends the result properly. */
    void end(ObjectNode stats) throws IOException;

    /** Says, where the format can, that the rest is missing; the bytes do not end as a whole result does. */
    void fail(ObjectNode problem) throws IOException;
}
