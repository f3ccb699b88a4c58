package dev.varve.server.console;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Rows as aligned text: numbers to the right, null as {@code ∅}, wide characters counted as two columns. Long cells are
 * cut, but not those of a single column, which disturb nothing beside them: a plan, for example, is read whole.
 *
 * <p>A row may be added after the first were printed; it keeps the widths found so far.
 */
public final class TextTable {
    public static final String NULL = "\u2205";
    private static final int WIDEST_CELL = 60;

    /** First and last code points of the blocks that take two columns. */
    private static final int[] WIDE = {
        0x1100, 0x115F, 0x2E80, 0x303E, 0x3041, 0xA4CF, 0xA960, 0xA97F, 0xAC00, 0xD7A3, 0xF900, 0xFAFF, 0xFE30, 0xFE6F,
        0xFF00, 0xFF60, 0xFFE0, 0xFFE6, 0x1F300, 0x1FAFF, 0x20000, 0x3FFFD
    };

    private final int widest;
    private final List<String> headers;
    private final boolean[] rightAligned;
    private final List<List<String>> rows = new ArrayList<>();

    /** A column of numbers is aligned to the right. */
    public record Header(String name, boolean isNumber) {}

    public TextTable(List<Header> headers) {
        this.widest = headers.size() == 1 ? Integer.MAX_VALUE : WIDEST_CELL;
        this.headers = headers.stream().map(header -> shown(header.name())).toList();
        this.rightAligned = new boolean[headers.size()];
        for (int i = 0; i < rightAligned.length; i++) {
            rightAligned[i] = headers.get(i).isNumber();
        }
    }

    public static TextTable of(String... names) {
        return new TextTable(
                Arrays.stream(names).map(name -> new Header(name, false)).toList());
    }

    public TextTable add(List<@Nullable String> cells) {
        if (cells.size() != headers.size()) {
            throw new IllegalArgumentException(cells.size() + " cells in a table of " + headers.size() + " columns");
        }
        List<String> row = new ArrayList<>();
        for (String cell : cells) {
            row.add(cell == null ? NULL : shown(cell));
        }
        rows.add(row);
        return this;
    }

    public int rows() {
        return rows.size();
    }

    /** The header, a rule and all rows, each ending with a newline. */
    public String text() {
        int[] widths = new int[headers.size()];
        measure(headers, widths);
        rows.forEach(row -> measure(row, widths));
        StringBuilder text = new StringBuilder();
        line(headers, widths, text);
        for (int i = 0; i < widths.length; i++) {
            text.append(i == 0 ? "" : "  ").append("-".repeat(Math.min(widths[i], WIDEST_CELL)));
        }
        text.append('\n');
        rows.forEach(row -> line(row, widths, text));
        return text.toString();
    }

    private static void measure(List<String> cells, int[] widths) {
        for (int i = 0; i < widths.length; i++) {
            widths[i] = Math.max(widths[i], width(cells.get(i)));
        }
    }

    private void line(List<String> cells, int[] widths, StringBuilder text) {
        int start = text.length();
        for (int i = 0; i < widths.length; i++) {
            String padding = " ".repeat(widths[i] - width(cells.get(i)));
            text.append(i == 0 ? "" : "  ");
            if (rightAligned[i]) {
                text.append(padding).append(cells.get(i));
            } else {
                text.append(cells.get(i)).append(padding);
            }
        }
        int end = text.length();
        while (end > start && text.charAt(end - 1) == ' ') {
            end--;
        }
        text.setLength(end);
        text.append('\n');
    }

    /** On one line, without control characters, cut to a readable width. */
    private String shown(String cell) {
        StringBuilder clean = new StringBuilder();
        int width = 0;
        for (int i = 0; i < cell.length(); ) {
            int point = cell.codePointAt(i);
            i += Character.charCount(point);
            String piece = switch (point) {
                case '\n' -> "\\n";
                case '\r' -> "\\r";
                case '\t' -> "\\t";
                default -> Character.isISOControl(point) ? "\ufffd" : Character.toString(point);
            };
            int pieceWidth = width(piece);
            boolean isLast = i >= cell.length();
            if (width + pieceWidth > (isLast ? widest : widest - 1)) {
                return clean.append('\u2026').toString();
            }
            clean.append(piece);
            width += pieceWidth;
        }
        return clean.toString();
    }

    /** Columns on a terminal: none for combining marks, two for East Asian wide characters and emoji. */
    static int width(String text) {
        return text.codePoints().map(TextTable::width).sum();
    }

    private static int width(int point) {
        int type = Character.getType(point);
        if (type == Character.NON_SPACING_MARK || type == Character.ENCLOSING_MARK || type == Character.FORMAT) {
            return 0;
        }
        for (int i = 0; i < WIDE.length; i += 2) {
            if (point >= WIDE[i] && point <= WIDE[i + 1]) {
                return 2;
            }
        }
        return 1;
    }
}
