package dev.varve.server.recipe;

import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.temporal.ChronoUnit;
import java.util.concurrent.TimeUnit;

/** Reads texts of data files strictly: what is not wholly a number or a time is an error with a reason. */
final class Fields {
    private Fields() {}

    /** A field that cannot be read, and why. */
    static final class BadFieldException extends Exception {
        private static final long serialVersionUID = 1L;
        private final String column;
        private final String value;

        BadFieldException(String column, String value, String reason) {
            super(reason, null, false, false);
            this.column = column;
            this.value = value;
        }

        BadRow in(Path file, long row) {
            return new BadRow(file, row, column, value, String.valueOf(getMessage()));
        }
    }

    static double number(String column, String text) throws BadFieldException {
        int length = text.length();
        for (int i = 0; i < length; i++) {
            char c = text.charAt(i);
            boolean isNumeric = (c >= '0' && c <= '9') || c == '-' || c == '+' || c == '.' || c == 'e' || c == 'E';
            if (!isNumeric) {
                throw new BadFieldException(column, text, "not a number");
            }
        }
        try {
            return Double.parseDouble(text);
        } catch (NumberFormatException e) {
            throw new BadFieldException(column, text, "not a number");
        }
    }

    static long whole(String column, String text) throws BadFieldException {
        double value = number(column, text);
        if (value != Math.rint(value) || Math.abs(value) > 1L << 53) {
            throw new BadFieldException(column, text, "not a whole number");
        }
        return (long) value;
    }

    static double latitude(double value) throws BadFieldException {
        if (!(value >= -90 && value <= 90)) {
            throw new BadFieldException("lat", Double.toString(value), "not between -90 and 90");
        }
        return value;
    }

    /** Longitudes up to a full turn off are brought back to -180 to 180. */
    static double longitude(double value) throws BadFieldException {
        if (!(value >= -360 && value <= 360)) {
            throw new BadFieldException("lon", Double.toString(value), "not between -360 and 360");
        }
        if (value > 180) {
            return value - 360;
        }
        return value < -180 ? value + 360 : value;
    }

    /** {@code YYYYMMDD}, as days since 1970. */
    static long compactDate(String column, String text) throws BadFieldException {
        if (text.length() != 8) {
            throw new BadFieldException(column, text, "not a date YYYYMMDD");
        }
        long digits = whole(column, text);
        try {
            return LocalDate.of((int) (digits / 10_000), (int) (digits / 100 % 100), (int) (digits % 100))
                    .toEpochDay();
        } catch (DateTimeException e) {
            throw new BadFieldException(column, text, "no such date");
        }
    }

    static long dayMicros(long epochDay) {
        return TimeUnit.DAYS.toMicros(epochDay);
    }

    static long isoMicros(String column, String text) throws BadFieldException {
        try {
            return ChronoUnit.MICROS.between(Instant.EPOCH, Instant.parse(text));
        } catch (DateTimeException | ArithmeticException e) {
            throw new BadFieldException(column, text, "not a time such as 2021-07-10T20:32:43.470Z");
        }
    }
}
