package dev.varve.ingest.decode;

import dev.varve.model.ColumnType;
import java.time.ZoneOffset;
import java.util.Set;
import java.util.TreeSet;

/**
 * The narrowest type that takes every text seen in a column: long, double, timestamp, boolean, string.
 *
 * <p>Numbers with leading zeros are codes, hence strings; a lone letter is never a boolean.
 */
final class TypeGuess {
    private static final Set<String> NO_VALUE =
            Set.of("NA", "N/A", "n/a", "NaN", "nan", "null", "NULL", "None", "MM", "-", "--");

    private final Times iso = new Times(TimeFormats.ISO, ZoneOffset.UTC);
    private final String[] missing;
    private final Set<String> noValues = new TreeSet<>();
    private boolean canBeLong = true;
    private boolean canBeDouble = true;
    private boolean canBeTimestamp = true;
    private boolean canBeBoolean = true;
    private boolean hasValue;
    private String sample = "";

    TypeGuess(String[] missing) {
        this.missing = missing;
    }

    void see(Text text) {
        if (text.strip().length() == 0 || text.equalsAny(missing)) {
            return;
        }
        String value = text.excerpt();
        if (NO_VALUE.contains(value)) {
            noValues.add(value);
            return;
        }
        if (sample.isEmpty()) {
            sample = value;
        }
        hasValue = true;
        boolean padded = isPadded(text);
        canBeLong = canBeLong && !padded && isLong(text);
        canBeDouble = canBeDouble && !padded && isDouble(text);
        canBeTimestamp = canBeTimestamp && isTimestamp(text);
        canBeBoolean = canBeBoolean && text.length() > 1 && isBoolean(text);
    }

    private static boolean isPadded(Text text) {
        int at = text.charAt(0) == '-' || text.charAt(0) == '+' ? 1 : 0;
        return text.length() > at + 1
                && text.charAt(at) == '0'
                && text.charAt(at + 1) >= '0'
                && text.charAt(at + 1) <= '9';
    }

    private static boolean isLong(Text text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '.' || c == 'e' || c == 'E') {
                return false;
            }
        }
        try {
            Numbers.parseLong(text);
            return true;
        } catch (BadValue e) {
            return false;
        }
    }

    private static boolean isDouble(Text text) {
        // more digits than a double holds are an identifier
        if (IsoTimes.leadingDigits(text) > 19) {
            return false;
        }
        try {
            Numbers.parseDouble(text, 0);
            return true;
        } catch (BadValue e) {
            return false;
        }
    }

    private boolean isTimestamp(Text text) {
        if (text.length() < 8 || IsoTimes.leadingDigits(text) == text.length()) {
            return false;
        }
        try {
            iso.micros(text);
            return true;
        } catch (BadValue e) {
            return false;
        }
    }

    private static boolean isBoolean(Text text) {
        try {
            Cell.Booleans.isTrue(text);
            return true;
        } catch (BadValue e) {
            return false;
        }
    }

    boolean isOpen() {
        return !hasValue;
    }

    /** The type, given that the column's numbers will be scaled or not. */
    ColumnType type(boolean scaled) {
        if (!hasValue) {
            return ColumnType.STRING;
        }
        if (canBeLong) {
            return scaled ? ColumnType.DOUBLE : ColumnType.LONG;
        }
        if (canBeDouble) {
            return ColumnType.DOUBLE;
        }
        if (canBeTimestamp) {
            return ColumnType.TIMESTAMP;
        }
        return canBeBoolean ? ColumnType.BOOLEAN : ColumnType.STRING;
    }

    /** Texts such as {@code NA} that were seen and taken for no value; of a string column they are strings. */
    Set<String> noValues() {
        return noValues;
    }

    String sample() {
        return sample;
    }
}
