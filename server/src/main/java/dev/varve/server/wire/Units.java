package dev.varve.server.wire;

import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import java.time.Duration;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Durations and sizes with their units, as people write them. */
public final class Units {
    private static final Pattern QUANTITY = Pattern.compile("([0-9]{1,15})\\s*([a-zA-Z]*)");

    private Units() {}

    /** {@code 500ms}, {@code 30s}, {@code 5m}, {@code 1h}; {@code name} is named in errors. */
    public static Duration duration(String name, String text) {
        Matcher parts = QUANTITY.matcher(text.strip());
        if (parts.matches()) {
            long amount = Long.parseLong(parts.group(1));
            try {
                switch (parts.group(2)) {
                    case "ms" -> {
                        return Duration.ofMillis(amount);
                    }
                    case "s" -> {
                        return Duration.ofSeconds(amount);
                    }
                    case "m", "min" -> {
                        return Duration.ofMinutes(amount);
                    }
                    case "h" -> {
                        return Duration.ofHours(amount);
                    }
                    default -> {}
                }
            } catch (ArithmeticException e) {
                throw bad(name, text, "is too long").withHint("use at most some hours");
            }
        }
        throw bad(name, text, "is not a duration").withHint("use for example 500ms, 30s, 5m or 1h");
    }

    /** {@code 64KiB}, {@code 256MiB}, {@code 1GiB}, {@code 2GB}, or bytes. */
    public static long bytes(String name, String text) {
        Matcher parts = QUANTITY.matcher(text.strip());
        if (parts.matches()) {
            long amount = Long.parseLong(parts.group(1));
            long factor = switch (parts.group(2).toLowerCase(Locale.ROOT)) {
                case "", "b" -> 1;
                case "kib" -> 1L << 10;
                case "mib" -> 1L << 20;
                case "gib" -> 1L << 30;
                case "kb" -> 1_000;
                case "mb" -> 1_000_000;
                case "gb" -> 1_000_000_000;
                default -> 0;
            };
            if (factor != 0 && amount <= Long.MAX_VALUE / factor) {
                return amount * factor;
            }
        }
        throw bad(name, text, "is not a size").withHint("use for example 64KiB, 256MiB or 1GiB");
    }

    /** The shortest text that {@link #duration} reads back. */
    public static String text(Duration duration) {
        long millis = duration.toMillis();
        if (millis % 1000 != 0 || millis == 0) {
            return millis + "ms";
        }
        long seconds = millis / 1000;
        return seconds % 3600 == 0 ? seconds / 3600 + "h" : seconds % 60 == 0 ? seconds / 60 + "m" : seconds + "s";
    }

    /** The shortest text that {@link #bytes} reads back. */
    public static String text(long bytes) {
        if (bytes != 0 && bytes % (1L << 30) == 0) {
            return (bytes >> 30) + "GiB";
        }
        if (bytes != 0 && bytes % (1L << 20) == 0) {
            return (bytes >> 20) + "MiB";
        }
        return bytes != 0 && bytes % (1L << 10) == 0 ? (bytes >> 10) + "KiB" : Long.toString(bytes);
    }

    private static VarveException bad(String name, String text, String why) {
        String shown = text.length() <= 40 ? text : text.substring(0, 40) + "…";
        return new VarveException(ErrorCode.BAD_REQUEST, name + " '" + shown + "' " + why);
    }
}
