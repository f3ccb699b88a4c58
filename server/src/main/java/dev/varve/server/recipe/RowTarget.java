package dev.varve.server.recipe;

/**
 * Takes rows field by field; columns are positions in the recipe's dataset definition, and what is not set is null.
 *
 * <p>A row begins with {@link #time} and ends with {@link #add}.
 */
public interface RowTarget {
    /** Microseconds since 1970-01-01T00:00:00Z. */
    void time(long micros);

    /** Latitude first. */
    void at(double lat, double lon);

    void set(int column, double value);

    void set(int column, long value);

    void set(int column, CharSequence value);

    void add();
}
