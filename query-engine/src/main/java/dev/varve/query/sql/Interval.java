package dev.varve.query.sql;

import java.math.BigDecimal;
import java.util.Optional;

/** Writes an amount of a unit as an SQL interval literal. */
final class Interval {
    private Interval() {}

    /** {@code INTERVAL '1' DAY} for 1 and {@code days}; empty when the unit is unknown or the amount does not fit. */
    static Optional<String> sql(String amount, String unit) {
        BigDecimal number = new BigDecimal(amount);
        return switch (unit) {
            case "microsecond", "microseconds", "us" -> seconds(number.movePointLeft(6));
            case "millisecond", "milliseconds", "ms" -> seconds(number.movePointLeft(3));
            case "second", "seconds", "sec", "secs", "s" -> seconds(number);
            case "minute", "minutes", "min", "mins", "m" -> time(number, "MINUTE", 60);
            case "hour", "hours", "h", "hr", "hrs" -> time(number, "HOUR", 3_600);
            case "day", "days", "d" -> time(number, "DAY", 86_400);
            case "week", "weeks", "w" -> time(number.multiply(BigDecimal.valueOf(7)), "DAY", 86_400);
            case "month", "months", "mon", "mons" -> months(number);
            case "quarter", "quarters" -> months(number.multiply(BigDecimal.valueOf(3)));
            case "year", "years", "y" -> months(number.multiply(BigDecimal.valueOf(12)));
            case "decade", "decades" -> months(number.multiply(BigDecimal.valueOf(120)));
            case "century", "centuries" -> months(number.multiply(BigDecimal.valueOf(1_200)));
            default -> Optional.empty();
        };
    }

    private static Optional<String> time(BigDecimal number, String unit, int secondsEach) {
        return isWhole(number) ? literal(number, unit) : seconds(number.multiply(BigDecimal.valueOf(secondsEach)));
    }

    private static Optional<String> months(BigDecimal number) {
        return isWhole(number) ? literal(number, "MONTH") : Optional.empty();
    }

    private static Optional<String> seconds(BigDecimal number) {
        return literal(number, "SECOND");
    }

    private static boolean isWhole(BigDecimal number) {
        return number.stripTrailingZeros().scale() <= 0;
    }

    private static Optional<String> literal(BigDecimal number, String unit) {
        BigDecimal size = number.abs().stripTrailingZeros();
        if (size.precision() - size.scale() > 9 || size.scale() > 3) {
            return Optional.empty();
        }
        String sign = number.signum() < 0 ? "-" : "";
        return Optional.of("INTERVAL " + sign + "'" + size.toPlainString() + "' " + unit);
    }
}
