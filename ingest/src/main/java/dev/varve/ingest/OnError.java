package dev.varve.ingest;

/** What a bad row does to the others. */
public enum OnError {
    /** Bad rows are left out and reported. */
    REJECT_ROW,
    /** One bad row and nothing is written. */
    REJECT_BATCH
}
