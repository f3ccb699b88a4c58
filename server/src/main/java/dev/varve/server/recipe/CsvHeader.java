package dev.varve.server.recipe;

import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The column names of a CSV file. */
final class CsvHeader {
    private final Path file;
    private final List<String> names;

    private CsvHeader(Path file, List<String> names) {
        this.file = file;
        this.names = names;
    }

    static CsvHeader of(Path file, @Nullable List<String> record) throws UnreadableFileException {
        if (record == null) {
            throw new UnreadableFileException(file + " is empty");
        }
        return new CsvHeader(file, record.stream().map(String::strip).toList());
    }

    int size() {
        return names.size();
    }

    /** The position of a column, or -1. */
    int find(String name) {
        for (int i = 0; i < names.size(); i++) {
            if (names.get(i).equalsIgnoreCase(name)) {
                return i;
            }
        }
        return -1;
    }

    int required(String name) throws UnreadableFileException {
        int index = find(name);
        if (index < 0) {
            throw new UnreadableFileException(file + " has no column '" + name + "', only " + names);
        }
        return index;
    }

    /** The text, empty where the column or the field is not there. */
    String field(List<String> record, int index) {
        return index < 0 || index >= record.size() ? "" : record.get(index).strip();
    }
}
