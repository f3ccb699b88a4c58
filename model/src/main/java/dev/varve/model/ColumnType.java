package dev.varve.model;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** The types a column can have; each name is the one used in the API. */
public enum ColumnType {
    BOOLEAN,
    /** Signed 32 bit. */
    INT,
    /** Signed 64 bit. */
    LONG,
    /** IEEE 754, 32 bit; NaN is stored as null. */
    FLOAT,
    /** IEEE 754, 64 bit; NaN is stored as null. */
    DOUBLE,
    /** UTF-8. */
    STRING,
    /** Microseconds since 1970-01-01T00:00:00Z, UTC. */
    TIMESTAMP,
    /** Days since 1970-01-01. */
    DATE,
    BINARY;

    /** The name in the API, in lower case. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** The type with that label, in any case. */
    public static Optional<ColumnType> byLabel(String label) {
        return Arrays.stream(values())
                .filter(type -> type.label().equalsIgnoreCase(label))
                .findFirst();
    }

    public boolean isNumeric() {
        return switch (this) {
            case INT, LONG, FLOAT, DOUBLE -> true;
            case BOOLEAN, STRING, TIMESTAMP, DATE, BINARY -> false;
        };
    }
}
