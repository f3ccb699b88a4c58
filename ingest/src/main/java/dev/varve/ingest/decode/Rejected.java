package dev.varve.ingest.decode;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.List;

/** The rows of one batch that are left out, with the first error found in each. */
final class Rejected {
    private final long firstRow;
    private final BitSet rows = new BitSet();
    private final List<RowError> errors = new ArrayList<>();

    Rejected(long firstRow) {
        this.firstRow = firstRow;
    }

    void add(int row, String column, String value, String reason) {
        if (!rows.get(row)) {
            rows.set(row);
            errors.add(new RowError(firstRow + row, column, value, reason));
        }
    }

    boolean isEmpty() {
        return errors.isEmpty();
    }

    boolean contains(int row) {
        return rows.get(row);
    }

    int count() {
        return errors.size();
    }

    List<RowError> errors() {
        return errors.stream().sorted(Comparator.comparingLong(RowError::row)).toList();
    }
}
