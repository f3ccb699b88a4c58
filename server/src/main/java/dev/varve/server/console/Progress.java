package dev.varve.server.console;

import java.time.Duration;
import java.time.InstantSource;
import java.util.Locale;

/**
 * Tells on the error stream how far a long task is: a moving bar, a line now and then, or nothing.
 *
 * <p>Any thread may report; it draws at most ten times a second.
 */
public final class Progress implements AutoCloseable {
    /** How progress is shown. */
    public enum Style {
        NONE,
        BAR,
        PLAIN;

        /** A bar for a person, nothing in a pipe. */
        public static Style usual(Terminal terminal) {
            return terminal.errIsTerminal() ? BAR : NONE;
        }
    }

    /** What the total counts. */
    public enum Unit {
        BYTES,
        ROWS
    }

    private static final int BAR_WIDTH = 24;

    private final Terminal terminal;
    private final Style style;
    private final InstantSource clock;
    private final String title;
    private final Unit unit;
    private final long total;
    private final long startMillis;
    private long rows;
    private long bytes;
    private long drawnMillis;
    private boolean drawn;
    private boolean closed;

    /** A total of 0 is not known. */
    public Progress(Terminal terminal, Style style, InstantSource clock, String title, Unit unit, long total) {
        this.terminal = terminal;
        this.style = style;
        this.clock = clock;
        this.title = title;
        this.unit = unit;
        this.total = total;
        this.startMillis = clock.millis();
        this.drawnMillis = startMillis;
    }

    public synchronized void add(long moreRows, long moreBytes) {
        rows += moreRows;
        bytes += moreBytes;
        long now = clock.millis();
        long pause = style == Style.BAR ? 100 : 2_000;
        if (style != Style.NONE && !closed && now - drawnMillis >= pause) {
            drawnMillis = now;
            draw(line(now));
        }
    }

    public synchronized long rows() {
        return rows;
    }

    public Duration elapsed() {
        return Duration.ofMillis(clock.millis() - startMillis);
    }

    private void draw(String line) {
        if (style == Style.BAR) {
            int most = Math.max(20, terminal.width() - 1);
            terminal.err().print("\r\u001b[K" + (line.length() > most ? line.substring(0, most) : line));
            drawn = true;
        } else {
            terminal.err().println(line);
        }
        terminal.err().flush();
    }

    /** Such as {@code air [=====>   ] 41 %  1,200,000 rows  610 k rows/s  12 MiB  9 s left}. */
    String line(long nowMillis) {
        double seconds = Math.max(1, nowMillis - startMillis) / 1000.0;
        long done = unit == Unit.BYTES ? bytes : rows;
        StringBuilder line = new StringBuilder(title);
        if (total > 0) {
            double part = Math.min(1, (double) done / total);
            int full = (int) (part * BAR_WIDTH);
            line.append(" [")
                    .append("=".repeat(full))
                    .append(full < BAR_WIDTH ? ">" : "")
                    .append(" ".repeat(Math.max(0, BAR_WIDTH - full - 1)))
                    .append(String.format(Locale.ROOT, "] %3.0f %%", part * 100));
        }
        if (rows > 0) {
            line.append("  ").append(Amounts.count(rows)).append(" rows  ");
            line.append(Amounts.about(rows / seconds)).append(" rows/s");
        }
        if (unit == Unit.BYTES) {
            line.append("  ").append(Amounts.bytes(bytes));
        }
        if (total > done && done > 0) {
            long left = (long) (seconds * 1000 * (total - done) / done);
            line.append("  ").append(Amounts.duration(Duration.ofMillis(left))).append(" left");
        }
        return line.toString();
    }

    /** Takes the bar away; what remains to be said is the caller's. */
    @Override
    public synchronized void close() {
        closed = true;
        if (drawn) {
            terminal.err().print("\r\u001b[K");
            terminal.err().flush();
            drawn = false;
        }
    }
}
