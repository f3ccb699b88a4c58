package dev.varve.model.predicate;

import dev.varve.model.TimeRange;
import dev.varve.model.space.CellRanges;
import java.util.List;

/** A condition on rows that the statistics of a data file can often refute. */
public sealed interface Predicate {
    /** Every row. */
    Predicate ALL = new And(List.of());

    /** Rows whose {@code time} is in the range. */
    record During(TimeRange range) implements Predicate {}

    /** Rows whose {@code cell} is in one of the ranges; rows without a place never are. */
    record Within(CellRanges cells) implements Predicate {}

    /**
     * Rows whose column is not null and between two values, both included.
     *
     * @param low Long for whole numbers, booleans (0, 1), dates (days) and timestamps (microseconds); Double for float
     *     and double; String for strings, compared by code point
     */
    record Between(String column, Comparable<?> low, Comparable<?> high) implements Predicate {}

    /** Rows that satisfy every part. */
    record And(List<Predicate> parts) implements Predicate {
        public And {
            parts = List.copyOf(parts);
        }
    }
}
