package dev.varve.query.sql;

import java.time.DateTimeException;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Times as people write them in SQL: ISO 8601, with a space for T, the time of day and the offset being optional. */
final class TimeText {
    private static final Pattern FORM = Pattern.compile("\\s*(\\d{4})-(\\d{1,2})-(\\d{1,2})"
            + "(?:[Tt ]\\s*(\\d{1,2}):(\\d{2})(?::(\\d{2})(?:[.,](\\d{1,9}))?)?)?"
            + "\\s*(?:([Zz]|UTC|GMT)|([+-])(\\d{2})(?::?(\\d{2}))?)?\\s*");

    private static final LocalDateTime EPOCH = LocalDate.EPOCH.atStartOfDay();

    private TimeText() {}

    /** The time in UTC, cut to microseconds; empty when the text is none. */
    static Optional<LocalDateTime> parse(String text) {
        Matcher matcher = FORM.matcher(text);
        if (!matcher.matches()) {
            return Optional.empty();
        }
        try {
            LocalDate date = LocalDate.of(number(matcher, 1), number(matcher, 2), number(matcher, 3));
            LocalTime time = LocalTime.MIDNIGHT;
            if (matcher.group(4) != null) {
                String fraction = matcher.group(7) == null ? "" : matcher.group(7);
                int nanos = Integer.parseInt((fraction + "000000000").substring(0, 9));
                time = LocalTime.of(number(matcher, 4), number(matcher, 5), number(matcher, 6), nanos);
            }
            LocalDateTime local = date.atTime(time).truncatedTo(ChronoUnit.MICROS);
            if (matcher.group(9) == null) {
                return Optional.of(local);
            }
            int offset = number(matcher, 10) * 60 + number(matcher, 11);
            return Optional.of(local.minusMinutes(matcher.group(9).equals("-") ? -offset : offset));
        } catch (DateTimeException error) {
            return Optional.empty();
        }
    }

    private static int number(Matcher matcher, int group) {
        String digits = matcher.group(group);
        return digits == null ? 0 : Integer.parseInt(digits);
    }

    /** As SQL writes it: {@code 2021-07-10 20:32:43.47}. */
    static String sql(LocalDateTime time) {
        StringBuilder text = new StringBuilder("%04d-%02d-%02d %02d:%02d:%02d"
                .formatted(
                        time.getYear(),
                        time.getMonthValue(),
                        time.getDayOfMonth(),
                        time.getHour(),
                        time.getMinute(),
                        time.getSecond()));
        int micros = time.getNano() / 1_000;
        if (micros > 0) {
            text.append(".%06d".formatted(micros));
            while (text.charAt(text.length() - 1) == '0') {
                text.setLength(text.length() - 1);
            }
        }
        return text.toString();
    }

    static long micros(LocalDateTime time) {
        return ChronoUnit.MICROS.between(EPOCH, time);
    }

    static LocalDateTime ofMicros(long micros) {
        return EPOCH.plus(micros, ChronoUnit.MICROS);
    }
}
