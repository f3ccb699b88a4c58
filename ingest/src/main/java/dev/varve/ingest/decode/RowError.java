package dev.varve.ingest.decode;

/**
 * Why one row was left out.
 *
 * @param row number of the row in the body, from 1, without the header
 * @param column the column as the source names it; empty when the row as a whole is at fault
 * @param value the text at fault, cut to {@value #MAX_VALUE} characters
 * @param reason what is wrong with it, such as {@code not a number}
 */
public record RowError(long row, String column, String value, String reason) {
    public static final int MAX_VALUE = 100;

    public RowError {
        if (row < 1) {
            throw new IllegalArgumentException("row " + row + "; rows count from 1");
        }
        if (value.length() > MAX_VALUE) {
            int end = Character.isHighSurrogate(value.charAt(MAX_VALUE - 1)) ? MAX_VALUE - 1 : MAX_VALUE;
            value = value.substring(0, end);
        }
    }
}
