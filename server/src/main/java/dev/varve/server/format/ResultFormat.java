package dev.varve.server.format;

import java.io.OutputStream;
import org.apache.arrow.vector.types.pojo.Schema;

/** A form in which a result can be sent. */
public sealed interface ResultFormat {
    /** The name in requests, such as {@code ndjson}. */
    String label();

    /** The media type, without parameters. */
    String mediaType();

    /** Whether compressing the bytes once more is worth it. */
    default boolean isCompressible() {
        return true;
    }

    /** A format that is written batch by batch as the batches come. */
    non-sealed interface Streamed extends ResultFormat {
        /**
         * Begins a result; writes nothing yet. Fails with a {@code VarveException} when a result of that schema cannot be
         * sent in this format.
         */
        ResultWriter begin(Schema schema, OutputStream out);
    }

    /** A file with a footer, which the leaf engine writes as a whole. */
    record Parquet() implements ResultFormat {
        @Override
        public String label() {
            return "parquet";
        }

        @Override
        public String mediaType() {
            return "application/vnd.apache.parquet";
        }

        @Override
        public boolean isCompressible() {
            return false;
        }
    }
}
