package dev.varve.model;

import java.util.regex.Pattern;

/** The name of a dataset: lower case, a letter first, at most 64 characters. */
public record DatasetName(String value) implements Comparable<DatasetName> {
    private static final Pattern NAME = Pattern.compile("[a-z][a-z0-9_]{0,63}");

    public DatasetName {
        if (!NAME.matcher(value).matches()) {
            throw new VarveException(ErrorCode.BAD_REQUEST, "dataset name '" + value + "' is not allowed")
                    .withHint("use lower-case letters, digits and underscores, a letter first, 64 characters at most");
        }
    }

    @Override
    public int compareTo(DatasetName other) {
        return value.compareTo(other.value);
    }

    @Override
    public String toString() {
        return value;
    }
}
