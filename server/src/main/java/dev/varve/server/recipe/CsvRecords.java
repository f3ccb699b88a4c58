package dev.varve.server.recipe;

import java.io.IOException;
import java.io.Reader;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Reads RFC 4180 records: quoted fields may hold commas, doubled quotes and line ends; empty lines are passed over. */
final class CsvRecords {
    private final Reader in;
    private int pushedBack = -1;

    CsvRecords(Reader in) {
        this.in = in;
    }

    /** The fields of the next record, or null at the end. */
    @Nullable
    List<String> next() throws IOException {
        while (true) {
            int first = read();
            if (first < 0) {
                return null;
            }
            if (first == '\n' || first == '\r' || first == '\ufeff') {
                continue;
            }
            pushedBack = first;
            return record();
        }
    }

    private List<String> record() throws IOException {
        List<String> fields = new ArrayList<>();
        StringBuilder field = new StringBuilder();
        while (true) {
            int c = read();
            if (c == '"' && field.isEmpty()) {
                c = quoted(field);
            }
            switch (c) {
                case ',' -> {
                    fields.add(field.toString());
                    field.setLength(0);
                }
                case '\r' -> {
                    int next = read();
                    if (next != '\n') {
                        pushedBack = next;
                    }
                    fields.add(field.toString());
                    return fields;
                }
                case '\n', -1 -> {
                    fields.add(field.toString());
                    return fields;
                }
                default -> field.append((char) c);
            }
        }
    }

    /** Reads to the closing quote; gives the character behind it. */
    private int quoted(StringBuilder field) throws IOException {
        while (true) {
            int c = read();
            if (c < 0) {
                return c;
            }
            if (c != '"') {
                field.append((char) c);
                continue;
            }
            int next = read();
            if (next != '"') {
                return next;
            }
            field.append('"');
        }
    }

    private int read() throws IOException {
        if (pushedBack >= 0) {
            int c = pushedBack;
            pushedBack = -1;
            return c;
        }
        return in.read();
    }
}
