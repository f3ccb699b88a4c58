package dev.varve.ingest.decode;

/**
 * Reads ISO 8601 dates and times without allocating; used by one thread.
 *
 * <p>{@code yyyy-MM-dd} or {@code yyyyMMdd}; then nothing, or {@code T} or a space (none is needed after the short date)
 * and {@code HH:mm[:ss[.f]]} or {@code HHmm[ss[.f]]} with one to nine digits of fraction; then nothing, {@code Z},
 * {@code UTC}, {@code ±HH:mm}, {@code ±HHmm} or {@code ±HH}.
 */
final class IsoTimes {
    private long localMicros;
    private boolean hasOffset;
    private int offsetSeconds;
    private int fraction;
    private char[] chars = {};
    private int at;
    private int end;

    static int leadingDigits(Text text) {
        int digits = 0;
        while (digits < text.length() && text.charAt(digits) >= '0' && text.charAt(digits) <= '9') {
            digits++;
        }
        return digits;
    }

    /** Whether the text is a time; if so, its parts are there until the next call. */
    boolean read(Text text) {
        chars = text.array();
        at = text.start();
        end = text.end();
        hasOffset = false;
        offsetSeconds = 0;
        fraction = 0;
        int year = number(4);
        if (year < 0 || at >= end) {
            return false;
        }
        boolean dashes = skip('-');
        int month = number(2);
        if (month < 1 || month > 12 || (dashes && !skip('-'))) {
            return false;
        }
        int day = number(2);
        if (day < 1 || day > daysOf(year, month)) {
            return false;
        }
        localMicros = epochDay(year, month, day) * Times.DAY_MICROS;
        if (at == end) {
            return true;
        }
        if (!skip('T') && !skip(' ') && !skip('t') && dashes) {
            return false;
        }
        return readTime() && readZone();
    }

    private boolean readTime() {
        int hour = number(2);
        if (hour < 0 || hour > 23) {
            return false;
        }
        boolean colons = skip(':');
        int minute = number(2);
        if (minute < 0 || minute > 59) {
            return false;
        }
        long micros = (hour * 60L + minute) * 60_000_000L;
        boolean seconds = colons ? skip(':') : at < end && isDigit(chars[at]);
        if (seconds) {
            int second = number(2);
            if (second < 0 || second > 59) {
                return false;
            }
            micros += second * 1_000_000L;
            if (skip('.') && !readFraction()) {
                return false;
            }
            micros += fraction;
        }
        localMicros += micros;
        return true;
    }

    private boolean readFraction() {
        int digits = 0;
        int value = 0;
        while (at < end && isDigit(chars[at]) && digits <= 9) {
            if (digits < 6) {
                value = value * 10 + (chars[at] - '0');
            }
            digits++;
            at++;
        }
        for (int i = digits; i < 6; i++) {
            value *= 10;
        }
        fraction = digits >= 1 && digits <= 9 ? value : 0;
        return digits >= 1 && digits <= 9;
    }

    private boolean readZone() {
        if (at == end) {
            return true;
        }
        hasOffset = true;
        if (skip('Z') || skip('z')) {
            return at == end;
        }
        if (end - at == 4 && chars[at] == ' ' && chars[at + 1] == 'U' && chars[at + 2] == 'T' && chars[at + 3] == 'C') {
            return true;
        }
        boolean west = at < end && chars[at] == '-';
        if (!west && (at >= end || chars[at] != '+')) {
            return false;
        }
        at++;
        int hours = number(2);
        if (hours < 0 || hours > 18) {
            return false;
        }
        int minutes = 0;
        if (at < end) {
            skip(':');
            minutes = number(2);
            if (minutes < 0 || minutes > 59) {
                return false;
            }
        }
        offsetSeconds = (hours * 60 + minutes) * 60 * (west ? -1 : 1);
        return at == end;
    }

    private boolean skip(char wanted) {
        if (at < end && chars[at] == wanted) {
            at++;
            return true;
        }
        return false;
    }

    /** The next digits as a number, or -1 if they are not there. */
    private int number(int digits) {
        if (end - at < digits) {
            return -1;
        }
        int value = 0;
        for (int i = 0; i < digits; i++) {
            char c = chars[at + i];
            if (!isDigit(c)) {
                return -1;
            }
            value = value * 10 + (c - '0');
        }
        at += digits;
        return value;
    }

    private static boolean isDigit(char c) {
        return c >= '0' && c <= '9';
    }

    private static int daysOf(int year, int month) {
        if (month == 2) {
            boolean leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
            return leap ? 29 : 28;
        }
        return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
    }

    /** Days from 1970-01-01 in the proleptic Gregorian calendar (Hinnant, days_from_civil), for years from 0. */
    static long epochDay(int year, int month, int day) {
        long y = month <= 2 ? year - 1L : year;
        long era = Math.floorDiv(y, 400L);
        long yearOfEra = y - era * 400;
        long dayOfYear = (153L * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
        long dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear;
        return era * 146_097 + dayOfEra - 719_468;
    }

    long localMicros() {
        return localMicros;
    }

    boolean hasOffset() {
        return hasOffset;
    }

    int offsetSeconds() {
        return offsetSeconds;
    }
}
