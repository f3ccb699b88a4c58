package dev.varve.server.console;

import java.time.Duration;
import java.util.Locale;

/** Numbers as people read them. */
public final class Amounts {
    private static final String[] BYTE_UNITS = {"KiB", "MiB", "GiB", "TiB", "PiB"};
    private static final String[] COUNT_UNITS = {"k", "M", "G"};

    private Amounts() {}

    /** Such as {@code 1,729,957}. */
    public static String count(long number) {
        return String.format(Locale.ROOT, "%,d", number);
    }

    /** Such as {@code 46.7 MiB}. */
    public static String bytes(long number) {
        if (number < 1024) {
            return number + " B";
        }
        double value = number;
        int unit = -1;
        while (value >= 1024 && unit < BYTE_UNITS.length - 1) {
            value /= 1024;
            unit++;
        }
        return String.format(Locale.ROOT, value < 10 ? "%.1f %s" : "%.0f %s", value, BYTE_UNITS[unit]);
    }

    /** Such as {@code 612 k} for a rate. */
    public static String about(double number) {
        double value = number;
        int unit = -1;
        while (value >= 1000 && unit < COUNT_UNITS.length - 1) {
            value /= 1000;
            unit++;
        }
        String text = String.format(Locale.ROOT, value < 10 && unit >= 0 ? "%.1f" : "%.0f", value);
        return unit < 0 ? text : text + " " + COUNT_UNITS[unit];
    }

    /** Such as {@code 12.4 s} or {@code 3 min 5 s}. */
    public static String duration(Duration duration) {
        long millis = duration.toMillis();
        if (millis < 1000) {
            return millis + " ms";
        }
        if (millis < 60_000) {
            return String.format(Locale.ROOT, "%.1f s", millis / 1000.0);
        }
        return millis / 60_000 + " min " + millis / 1000 % 60 + " s";
    }
}
