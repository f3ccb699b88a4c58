package dev.varve.query.sql;

import java.math.BigDecimal;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.temporal.ChronoUnit;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.calcite.avatica.util.TimeUnitRange;
import org.apache.calcite.rex.RexCall;
import org.apache.calcite.rex.RexLiteral;
import org.apache.calcite.rex.RexNode;
import org.apache.calcite.sql.SqlKind;
import org.apache.calcite.sql.type.SqlTypeName;
import org.apache.calcite.sql.type.SqlTypeUtil;
import org.jspecify.annotations.Nullable;

/**
 * The equal steps, in months or microseconds, to which {@code date_trunc}, {@code floor} and {@code time_bucket} round times down.
 *
 * @param start a start of a step: microseconds, or months since the year 0
 * @param length of a step, in the same unit
 */
record TimeSteps(boolean isMonths, long start, long length) {
    private static final Pattern PART = Pattern.compile("\\s*(\\d{1,9})\\s*([a-zA-Z]+)\\s*");
    private static final long DAY = 86_400_000_000L;
    private static final long MONDAY = TimeText.micros(LocalDate.of(2000, 1, 3).atStartOfDay());
    private static final long JANUARY = 2000 * 12L;
    private static final Map<String, Long> MICROS = Map.of(
            "microsecond",
            1L,
            "millisecond",
            1_000L,
            "second",
            1_000_000L,
            "minute",
            60_000_000L,
            "hour",
            3_600_000_000L,
            "day",
            DAY,
            "week",
            7 * DAY);
    private static final Map<String, Long> MONTHS = Map.of("month", 1L, "quarter", 3L, "year", 12L);

    /** The steps of a call on a time; null when it is no such call. */
    static @Nullable TimeSteps of(RexCall call) {
        try {
            return read(call);
        } catch (ArithmeticException tooLong) {
            return null;
        }
    }

    private static @Nullable TimeSteps read(RexCall call) {
        if (call.getKind() == SqlKind.FLOOR
                && call.getOperands().size() == 2
                && call.getOperands().getLast() instanceof RexLiteral part) {
            TimeUnitRange range = part.getValueAs(TimeUnitRange.class);
            return range == null ? null : steps("1 " + range.name());
        }
        return switch (call.getOperator().getName().toLowerCase(Locale.ROOT)) {
            case "date_trunc" -> {
                String part = text(call.getOperands().getFirst());
                yield part == null ? null : steps("1 " + part);
            }
            case "time_bucket" -> bucket(call);
            default -> null;
        };
    }

    private static @Nullable TimeSteps bucket(RexCall call) {
        RexNode width = call.getOperands().getFirst();
        String text = text(width);
        TimeSteps steps = text == null ? interval(width) : steps(text);
        if (steps == null || call.getOperands().size() == 2) {
            return steps;
        }
        LocalDateTime origin =
                call.getOperands().getLast() instanceof RexLiteral literal ? Constants.time(literal) : null;
        return origin == null || steps.isMonths ? null : new TimeSteps(false, TimeText.micros(origin), steps.length);
    }

    private static @Nullable String text(RexNode node) {
        return node instanceof RexLiteral literal && SqlTypeUtil.isCharacter(literal.getType())
                ? literal.getValueAs(String.class)
                : null;
    }

    private static @Nullable TimeSteps interval(RexNode width) {
        if (!SqlTypeUtil.isInterval(width.getType())) {
            return null;
        }
        BigDecimal amount = Constants.amount(width);
        if (amount == null || amount.signum() <= 0) {
            return null;
        }
        boolean months =
                SqlTypeName.YEAR_INTERVAL_TYPES.contains(width.getType().getSqlTypeName());
        return months ? months(amount.longValueExact()) : micros(Math.multiplyExact(amount.longValueExact(), 1_000L));
    }

    private static TimeSteps months(long length) {
        return new TimeSteps(true, JANUARY, length);
    }

    private static TimeSteps micros(long length) {
        return new TimeSteps(false, MONDAY, length);
    }

    /** Of a text like {@code 1 day 12 hours}; null when a part is not understood, or months are mixed with days. */
    private static @Nullable TimeSteps steps(String text) {
        Matcher parts = PART.matcher(text);
        long months = 0;
        long micros = 0;
        int end = 0;
        while (parts.lookingAt()) {
            long number = Long.parseLong(parts.group(1));
            String unit = parts.group(2).toLowerCase(Locale.ROOT);
            String one = unit.length() > 2 && unit.endsWith("s") ? unit.substring(0, unit.length() - 1) : unit;
            if (MONTHS.containsKey(one)) {
                months = Math.addExact(months, number * MONTHS.getOrDefault(one, 0L));
            } else if (MICROS.containsKey(one)) {
                micros = Math.addExact(micros, Math.multiplyExact(number, MICROS.getOrDefault(one, 0L)));
            } else {
                return null;
            }
            end = parts.end();
            parts.region(end, text.length());
        }
        if (end < text.length() || (months > 0) == (micros > 0)) {
            return null;
        }
        return months > 0 ? months(months) : micros(micros);
    }

    /** The first start of a step at or after an instant, all in microseconds. */
    long next(long micros) {
        if (!isMonths) {
            return Math.addExact(
                    start, Math.multiplyExact(Math.ceilDiv(Math.subtractExact(micros, start), length), length));
        }
        LocalDateTime time = TimeText.ofMicros(micros);
        LocalDateTime first = time.truncatedTo(ChronoUnit.DAYS).withDayOfMonth(1);
        long month = first.getYear() * 12L + first.getMonthValue() - 1 + (first.equals(time) ? 0 : 1);
        long next = start + Math.ceilDiv(month - start, length) * length;
        return TimeText.micros(
                LocalDate.of(Math.toIntExact(Math.floorDiv(next, 12L)), (int) Math.floorMod(next, 12L) + 1, 1)
                        .atStartOfDay());
    }
}
