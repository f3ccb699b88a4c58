package dev.varve.bench;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Collects the results of a run and prints each as it comes; losses are printed like wins. */
final class Report {
    /** One measured thing; {@code ratio} above 1 means Varve is ahead. */
    private record Line(String what, String ours, String peer, String ratio, String target, String met) {
        String markdown() {
            return "| %s | %s | %s | %s | %s | %s |".formatted(what, ours, peer, ratio, target, met);
        }
    }

    private final PrintStream out;
    private final List<Line> lines = new ArrayList<>();
    private final StoreTable store;

    Report(PrintStream out) {
        this.out = out;
        this.store = new StoreTable(out);
    }

    /** The store's own table. */
    StoreTable store() {
        return store;
    }

    boolean isEmpty() {
        return lines.isEmpty();
    }

    /** Two times of the same work; the target is the least ratio peer/ours. */
    void times(String what, double ourMillis, double peerMillis, double leastRatio) {
        double ratio = peerMillis / ourMillis;
        add(
                what,
                millis(ourMillis),
                millis(peerMillis),
                "%.2f×",
                ratio,
                "≥ %.2f×".formatted(leastRatio),
                ratio >= leastRatio);
    }

    /** Two rates of the same work; the target is our own least rate, in million rows a second. */
    void rates(String what, double ours, double peer, double leastOurs) {
        add(what, rate(ours), rate(peer), "%.2f×", ours / peer, "≥ " + rate(leastOurs), ours >= leastOurs);
    }

    /** A time with an absolute target, beside a peer's. */
    void timeWithin(String what, double ourMillis, double peerMillis, double mostMillis) {
        add(
                what,
                millis(ourMillis),
                millis(peerMillis),
                "%.2f×",
                peerMillis / ourMillis,
                "≤ " + millis(mostMillis),
                ourMillis <= mostMillis);
    }

    /** A quantity with a limit and no peer. */
    void within(String what, String ours, String most, boolean met) {
        record(new Line(what, ours, "", "", "≤ " + most, met ? "yes" : "**no**"));
    }

    /** A quantity that is only told. */
    void value(String what, String ours) {
        record(new Line(what, ours, "", "", "", ""));
    }

    private void add(
            String what, String ours, String peer, String ratioFormat, double ratio, String target, boolean met) {
        record(new Line(what, ours, peer, ratioFormat.formatted(ratio), target, met ? "yes" : "**no**"));
    }

    private void record(Line line) {
        if (lines.isEmpty()) {
            out.println(HEADER);
        }
        lines.add(line);
        out.println(line.markdown());
        out.flush();
    }

    private static final String HEADER = """
            | what | Varve | DuckDB 2.0 | ratio (above 1: Varve ahead) | target | met |
            |---|---|---|---|---|---|""";

    String markdown() {
        StringBuilder text = new StringBuilder(HEADER).append('\n');
        lines.forEach(line -> text.append(line.markdown()).append('\n'));
        return text.toString();
    }

    private static String millis(double millis) {
        return String.format(Locale.ROOT, millis < 100 ? "%.1f ms" : "%.0f ms", millis);
    }

    private static String rate(double rowsPerSecond) {
        return String.format(Locale.ROOT, "%.2f M rows/s", rowsPerSecond / 1e6);
    }
}
