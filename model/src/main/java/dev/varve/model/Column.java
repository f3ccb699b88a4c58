package dev.varve.model;

import java.util.Locale;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A named, typed column of a dataset.
 *
 * @param name lower case, a letter or underscore first, at most 128 characters
 * @param unit UCUM code such as {@code Cel}, {@code mm}, {@code hPa}, or null
 * @param standardName CF standard name such as {@code air_temperature}, or null
 */
public record Column(
        String name,
        ColumnType type,
        @Nullable String unit,
        @Nullable String standardName) {
    private static final Pattern NAME = Pattern.compile("[a-z_][a-z0-9_]{0,127}");

    public Column {
        if (!NAME.matcher(name).matches()) {
            throw new VarveException(ErrorCode.SCHEMA_MISMATCH, "column name '" + name + "' is not allowed")
                    .withHint("use lower-case letters, digits and underscores, a letter first, 128 characters at"
                            + " most; for example '" + suggestName(name) + "'");
        }
    }

    public Column(String name, ColumnType type) {
        this(name, type, null, null);
    }

    /** The nearest allowed name to a name found in a file; an allowed one is its own. */
    public static String suggestName(String found) {
        if (NAME.matcher(found).matches()) {
            return found;
        }
        String name = found.strip()
                .toLowerCase(Locale.ROOT)
                .replaceAll("[^a-z0-9_]+", "_")
                .replaceAll("^_+|_+$", "");
        if (name.isEmpty()) {
            return "column";
        }
        String legal = Character.isDigit(name.charAt(0)) ? "_" + name : name;
        return legal.substring(0, Math.min(legal.length(), 128));
    }
}
