package dev.varve.ingest.decode;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.time.temporal.ChronoField;
import java.time.temporal.TemporalAccessor;
import java.time.temporal.TemporalQueries;
import java.time.zone.ZoneOffsetTransition;
import java.time.zone.ZoneRules;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Reads times as microseconds since 1970 UTC; used by one thread.
 *
 * <p>{@code auto} takes the ISO forms of {@link IsoTimes} and numbers whose meaning nobody can mistake, by their count
 * of digits: 8 {@code yyyyMMdd}, 12 {@code yyyyMMddHHmm}, 14 {@code yyyyMMddHHmmss}, 9 or 10 seconds, 13 milliseconds,
 * 16 microseconds, 19 nanoseconds since 1970. Of 10 digits, 1900000000 to 2199999999 could be {@code yyyyMMddHH} and are
 * refused. Every other count of digits is refused.
 *
 * <p>A time that names no zone is one of the mapping's zone. In the hour that is there twice it is the earlier instant;
 * in the hour that is not there it is an error. Digits beyond the microsecond are cut off towards the past.
 */
final class Times {
    static final long MIN = Instant.parse("0001-01-01T00:00:00Z").getEpochSecond() * 1_000_000;
    static final long MAX = Instant.parse("9999-12-31T23:59:59Z").getEpochSecond() * 1_000_000 + 999_999;
    static final long DAY_MICROS = 86_400_000_000L;
    private static final String OUT_OF_RANGE = "outside the years 0001 to 9999";

    private enum Style {
        AUTO,
        ISO,
        EPOCH,
        PATTERN
    }

    private final Style style;
    private final long unitsPerSecond;
    private final @Nullable DateTimeFormatter pattern;
    private final @Nullable ZoneRules rules;
    private final ZoneId zone;
    private final long fixedOffsetMicros;
    private final IsoTimes iso = new IsoTimes();
    /** Local times in [from, to) have this offset and are not near any change of it. */
    private long calmFrom = 1;

    private long calmTo;
    private long calmOffset;

    Times(String format, ZoneId zone) {
        this.zone = zone;
        style = switch (format) {
            case TimeFormats.AUTO -> Style.AUTO;
            case TimeFormats.ISO -> Style.ISO;
            default -> TimeFormats.isPattern(format) ? Style.PATTERN : Style.EPOCH;
        };
        unitsPerSecond = switch (format) {
            case "epoch-ms" -> 1_000L;
            case "epoch-us" -> 1_000_000L;
            case "epoch-ns" -> 1_000_000_000L;
            default -> 1L;
        };
        pattern = style == Style.PATTERN ? TimeFormats.pattern(format) : null;
        ZoneRules all = zone.getRules();
        rules = all.isFixedOffset() ? null : all;
        fixedOffsetMicros = all.isFixedOffset() ? all.getOffset(Instant.EPOCH).getTotalSeconds() * 1_000_000L : 0;
    }

    Times(Mapping mapping) {
        this(mapping.timeFormat(), mapping.zone());
    }

    long micros(Text text) throws BadValue {
        return switch (style) {
            case PATTERN -> patterned(text);
            case EPOCH -> epochText(text, unitsPerSecond);
            case ISO -> isoMicros(text);
            case AUTO -> {
                int digits = IsoTimes.leadingDigits(text);
                boolean number = digits == text.length() || (digits >= 9 && digits <= 10 && text.charAt(digits) == '.');
                yield number && digits != 8 && digits != 12 && digits != 14
                        ? epochText(text, unitsOf(digits, text.toString()))
                        : isoMicros(text);
            }
        };
    }

    /** The time that a whole number in a typed column means. */
    long micros(long value) throws BadValue {
        if (style == Style.EPOCH) {
            return inRange(ofEpoch(value, unitsPerSecond));
        }
        return micros(Text.of(Long.toString(value)));
    }

    private long isoMicros(Text text) throws BadValue {
        if (!iso.read(text)) {
            throw notATime();
        }
        long micros = iso.localMicros();
        return inRange(iso.hasOffset() ? micros - iso.offsetSeconds() * 1_000_000L : toUtc(micros));
    }

    private static long unitsOf(int digits, String text) throws BadValue {
        return switch (digits) {
            case 9 -> 1L;
            case 10 -> {
                if (text.compareTo("1900000000") >= 0 && text.compareTo("2200000000") < 0) {
                    throw new BadValue("could be yyyyMMddHH or seconds since 1970; say timeFormat");
                }
                yield 1L;
            }
            case 13 -> 1_000L;
            case 16 -> 1_000_000L;
            case 19 -> 1_000_000_000L;
            default -> throw new BadValue("a number of " + digits + " digits could be several times; say timeFormat");
        };
    }

    /** A signed number of units since 1970, with an optional fraction. */
    private static long epochText(Text text, long unitsPerSecond) throws BadValue {
        int point = -1;
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) == '.') {
                point = i;
                break;
            }
        }
        try {
            if (point < 0) {
                return inRange(ofEpoch(Numbers.parseLong(text), unitsPerSecond));
            }
            Numbers.parseDouble(text, 0);
            BigDecimal micros = Numbers.decimal(text)
                    .multiply(BigDecimal.valueOf(1_000_000))
                    .divide(BigDecimal.valueOf(unitsPerSecond))
                    .setScale(0, RoundingMode.FLOOR);
            return inRange(micros.longValueExact());
        } catch (ArithmeticException e) {
            throw new BadValue(OUT_OF_RANGE);
        } catch (BadValue e) {
            throw e.reason().equals(OUT_OF_RANGE) ? e : notATime();
        }
    }

    private static BadValue notATime() {
        return new BadValue("not a time");
    }

    static long ofEpoch(long value, long unitsPerSecond) throws BadValue {
        if (unitsPerSecond >= 1_000_000) {
            return Math.floorDiv(value, unitsPerSecond / 1_000_000);
        }
        long factor = 1_000_000 / unitsPerSecond;
        long micros = value * factor;
        if (micros / factor != value) {
            throw new BadValue(OUT_OF_RANGE);
        }
        return micros;
    }

    static long inRange(long micros) throws BadValue {
        if (micros < MIN || micros > MAX) {
            throw new BadValue(OUT_OF_RANGE);
        }
        return micros;
    }

    /** Whether times without a zone need a change to become UTC. */
    boolean zoneMatters() {
        return rules != null || fixedOffsetMicros != 0;
    }

    /** The instant of a local time in the mapping's zone. */
    long toUtc(long localMicros) throws BadValue {
        if (rules == null) {
            return localMicros - fixedOffsetMicros;
        }
        if (localMicros >= calmFrom && localMicros < calmTo) {
            return localMicros - calmOffset;
        }
        inRange(localMicros);
        LocalDateTime local = LocalDateTime.ofEpochSecond(Math.floorDiv(localMicros, 1_000_000L), 0, ZoneOffset.UTC);
        ZoneOffsetTransition change = rules.getTransition(local);
        if (change != null) {
            if (change.isGap()) {
                throw new BadValue("no such local time in " + zone + ": clocks go from "
                        + change.getDateTimeBefore().toLocalTime() + " to "
                        + change.getDateTimeAfter().toLocalTime() + " on "
                        + change.getDateTimeBefore().toLocalDate());
            }
            return localMicros - change.getOffsetBefore().getTotalSeconds() * 1_000_000L;
        }
        long offset = rules.getOffset(local).getTotalSeconds() * 1_000_000L;
        rememberCalm(localMicros - offset, offset, rules);
        return localMicros - offset;
    }

    private void rememberCalm(long utcMicros, long offset, ZoneRules changing) {
        Instant instant = Instant.ofEpochSecond(Math.floorDiv(utcMicros, 1_000_000L));
        ZoneOffsetTransition before = changing.previousTransition(instant.plusSeconds(1));
        ZoneOffsetTransition after = changing.nextTransition(instant);
        // two days of margin: no offset is larger than 18 hours
        long margin = 2 * DAY_MICROS;
        calmFrom = (before == null ? MIN : before.toEpochSecond() * 1_000_000) + margin;
        calmTo = (after == null ? MAX : after.toEpochSecond() * 1_000_000) - margin;
        calmOffset = offset;
    }

    private long patterned(Text text) throws BadValue {
        TemporalAccessor parsed;
        try {
            parsed = Objects.requireNonNull(pattern).parse(text);
        } catch (DateTimeParseException e) {
            throw notATime();
        }
        try {
            if (parsed.isSupported(ChronoField.INSTANT_SECONDS)) {
                return inRange(parsed.getLong(ChronoField.INSTANT_SECONDS) * 1_000_000
                        + parsed.get(ChronoField.NANO_OF_SECOND) / 1_000);
            }
            LocalDate date = date(parsed);
            LocalTime time = parsed.query(TemporalQueries.localTime());
            long local = date.toEpochDay() * DAY_MICROS + (time == null ? 0 : time.toNanoOfDay() / 1_000);
            ZoneId named = parsed.query(TemporalQueries.zone());
            if (named instanceof ZoneOffset offset) {
                return inRange(local - offset.getTotalSeconds() * 1_000_000L);
            }
            return inRange(toUtc(local));
        } catch (DateTimeException e) {
            throw notATime();
        }
    }

    private static LocalDate date(TemporalAccessor parsed) throws BadValue {
        LocalDate date = parsed.query(TemporalQueries.localDate());
        if (date != null) {
            return date;
        }
        if (!parsed.isSupported(ChronoField.YEAR)) {
            throw new BadValue("a time without a date");
        }
        int month = parsed.isSupported(ChronoField.MONTH_OF_YEAR) ? parsed.get(ChronoField.MONTH_OF_YEAR) : 1;
        return LocalDate.of(parsed.get(ChronoField.YEAR), month, 1);
    }

    /** Days since 1970 of a date, or of the date part of a time, as it is written. */
    int days(Text text) throws BadValue {
        if (style == Style.PATTERN) {
            try {
                return Math.toIntExact(
                        date(Objects.requireNonNull(pattern).parse(text)).toEpochDay());
            } catch (DateTimeException e) {
                // a column of plain dates beside times with a pattern
            }
        }
        if (!iso.read(text)) {
            throw new BadValue("not a date");
        }
        return Math.toIntExact(Math.floorDiv(inRange(iso.localMicros()), DAY_MICROS));
    }

    /** The reader of columns other than the row's time, whose texts a format for the time need not fit. */
    static Times plain(Mapping mapping) {
        return new Times(TimeFormats.AUTO, mapping.zone());
    }
}
