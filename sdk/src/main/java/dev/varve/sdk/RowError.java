package dev.varve.sdk;

/**
 * Why one row was not stored.
 *
 * @param row counts from 1; for a {@link RowWriter} over all rows the caller has added
 */
public record RowError(long row, String column, String value, String reason) {
    RowError movedBy(long rows) {
        return new RowError(row + rows, column, value, reason);
    }
}
