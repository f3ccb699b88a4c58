package dev.varve.ingest.parquet;

import java.io.IOException;

/** Counts the bytes of the pages that are open in all columns of a row group. */
final class PageBudget {
    private final long limit;
    private long used;

    PageBudget(long limit) {
        this.limit = limit;
    }

    void reset() {
        used = 0;
    }

    /** Takes a page of this size in place of another. */
    void exchange(long given, long taken) throws IOException {
        used += taken - given;
        if (taken < 0 || used > limit) {
            throw new IOException("pages of more than " + limit + " bytes; write smaller pages");
        }
    }
}
