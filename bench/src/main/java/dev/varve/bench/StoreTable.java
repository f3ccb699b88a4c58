package dev.varve.bench;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** The store's figures beside those of the raw disk and of the peer; losses are printed like wins. */
final class StoreTable {
    private static final String HEADER = """
            | what | Varve | raw disk | s3proxy 4.1.0 | Varve : raw | Varve : s3proxy | target | met |
            |---|---|---|---|---|---|---|---|""";

    /**
     * What one side did.
     *
     * @param text with a unit; empty if it was not measured
     * @param ratio of Varve to it, above 1 if Varve is ahead; NaN if there is none
     */
    record Side(String text, double ratio) {
        static final Side NONE = new Side("", Double.NaN);

        private String ratioText() {
            return Double.isNaN(ratio) ? "" : String.format(Locale.ROOT, ratio < 10 ? "%.2f×" : "%.0f×", ratio);
        }
    }

    /** A target, and whether it was met; {@link #NONE} for a figure that is only told. */
    record Target(String text, boolean isMet) {
        static final Target NONE = new Target("", true);

        private String metText() {
            return text.isEmpty() ? "" : isMet ? "yes" : "**no**";
        }
    }

    private final PrintStream out;
    private final List<String> lines = new ArrayList<>();

    StoreTable(PrintStream out) {
        this.out = out;
    }

    void add(String what, String ours, Side raw, Side peer, Target target) {
        if (lines.isEmpty()) {
            out.println(HEADER);
        }
        String line = "| %s | %s | %s | %s | %s | %s | %s | %s |"
                .formatted(
                        what,
                        ours,
                        raw.text(),
                        peer.text(),
                        raw.ratioText(),
                        peer.ratioText(),
                        target.text(),
                        target.metText());
        lines.add(line);
        out.println(line);
        out.flush();
    }

    boolean isEmpty() {
        return lines.isEmpty();
    }

    List<String> lines() {
        return List.copyOf(lines);
    }

    String markdown() {
        return HEADER + "\n" + String.join("\n", lines) + "\n";
    }

    static String megabytesPerSecond(long bytes, double millis) {
        return String.format(Locale.ROOT, "%.0f MB/s", bytes / millis / 1e3);
    }

    static String millis(double millis) {
        return String.format(Locale.ROOT, millis < 10 ? "%.2f ms" : "%.0f ms", millis);
    }

    static String perSecond(double rate) {
        return String.format(Locale.ROOT, "%,.0f/s", rate);
    }
}
