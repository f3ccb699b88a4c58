package dev.varve.server.cli;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** Cuts a file into bodies that the node can decode one by one; the same file is always cut at the same places. */
interface BodyCutter extends AutoCloseable {
    /** One body; whoever gets it owns its bytes. */
    final class Body {
        private final byte[] bytes;
        private final int length;
        private final long rowsBefore;
        private final long rows;

        Body(byte[] bytes, int length, long rowsBefore, long rows) {
            this.bytes = bytes;
            this.length = length;
            this.rowsBefore = rowsBefore;
            this.rows = rows;
        }

        /** Of which the first {@link #length} count. */
        byte[] bytes() {
            return bytes;
        }

        int length() {
            return length;
        }

        /** Rows of the file in earlier bodies. */
        long rowsBefore() {
            return rowsBefore;
        }

        long rows() {
            return rows;
        }
    }

    /** The next body, or null at the end. */
    @Nullable
    Body next() throws IOException;

    @Override
    void close() throws IOException;
}
