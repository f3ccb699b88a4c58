package dev.varve.server.alert;

import java.time.Instant;
import java.util.Comparator;

/**
 * Something that must not be.
 *
 * @param name of the kind, such as {@code node-lost}
 * @param subject what it is about; one alert of a kind stands for each
 * @param node that says so
 * @param text what was seen, and what to do
 * @param since when it was seen first
 */
public record Alert(String name, String subject, String node, Severity severity, String text, Instant since)
        implements Comparable<Alert> {
    /** How soon somebody must look. */
    public enum Severity {
        /** Something was lost or soon will be. */
        CRITICAL,
        /** Works, but not as it should. */
        WARNING
    }

    private static final Comparator<Alert> ORDER = Comparator.comparing(Alert::severity)
            .thenComparing(Alert::name)
            .thenComparing(Alert::subject)
            .thenComparing(Alert::node);

    /** What it is that stands or does not, whatever is said of it. */
    public record Key(String name, String subject, String node) {}

    public Key key() {
        return new Key(name, subject, node);
    }

    @Override
    public int compareTo(Alert other) {
        return ORDER.compare(this, other);
    }
}
