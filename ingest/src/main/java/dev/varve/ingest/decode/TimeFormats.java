package dev.varve.ingest.decode;

import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import java.time.format.DateTimeFormatter;
import java.time.format.ResolverStyle;
import java.util.List;
import java.util.Locale;

/** The names of time formats and the patterns that may stand in their place. */
final class TimeFormats {
    static final String AUTO = "auto";
    static final String ISO = "iso";
    static final List<String> EPOCHS = List.of("epoch-s", "epoch-ms", "epoch-us", "epoch-ns");

    private TimeFormats() {}

    static boolean isPattern(String format) {
        return !format.equals(AUTO) && !format.equals(ISO) && !EPOCHS.contains(format);
    }

    static void check(String format) {
        if (isPattern(format)) {
            pattern(format);
        }
    }

    /** The strict reader of a pattern; {@code y} is read as {@code u}, since nobody writes an era. */
    static DateTimeFormatter pattern(String format) {
        try {
            if (format.startsWith("epoch")) {
                throw new IllegalArgumentException("unknown epoch unit");
            }
            return DateTimeFormatter.ofPattern(format.indexOf('G') < 0 ? proleptic(format) : format, Locale.ENGLISH)
                    .withResolverStyle(ResolverStyle.STRICT);
        } catch (IllegalArgumentException e) {
            throw new VarveException(
                            ErrorCode.BAD_REQUEST, "timeFormat '" + format + "' is no pattern: " + e.getMessage(), e)
                    .withHint("use auto, iso, epoch-s, epoch-ms, epoch-us, epoch-ns or a pattern such as"
                            + " yyyy-MM-dd HH:mm");
        }
    }

    private static String proleptic(String format) {
        StringBuilder pattern = new StringBuilder(format);
        boolean quoted = false;
        for (int i = 0; i < pattern.length(); i++) {
            char c = pattern.charAt(i);
            if (c == '\'') {
                quoted = !quoted;
            } else if (c == 'y' && !quoted) {
                pattern.setCharAt(i, 'u');
            }
        }
        return pattern.toString();
    }
}
