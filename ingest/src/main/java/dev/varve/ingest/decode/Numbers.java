package dev.varve.ingest.decode;

import java.math.BigDecimal;

/**
 * Reads decimal numbers: a sign, digits with one point, an exponent; nothing that depends on a language.
 *
 * <p>A number of at most 15 or so digits and a small power of ten is one exact division or multiplication (Clinger
 * 1990); the rest goes through the JDK. Either way the result is the double nearest to the decimal text.
 */
final class Numbers {
    static final int MAX_LENGTH = 1_000;
    private static final long EXACT = 1L << 53;
    private static final double[] POWERS = {
        1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19,
        1e20, 1e21, 1e22
    };

    private Numbers() {}

    /** A whole number; {@code 12.0} and {@code 1e3} are whole numbers too. */
    static long parseLong(Text text) throws BadValue {
        char[] chars = text.array();
        int at = text.start();
        int end = text.end();
        boolean negative = at < end && chars[at] == '-';
        if (at < end && (chars[at] == '-' || chars[at] == '+')) {
            at++;
        }
        if (at == end) {
            throw notANumber();
        }
        if (end - at > 18) {
            return parseLongSlowly(text);
        }
        long value = 0;
        for (int i = at; i < end; i++) {
            int digit = chars[i] - '0';
            if (digit < 0 || digit > 9) {
                return parseLongSlowly(text);
            }
            value = value * 10 + digit;
        }
        return negative ? -value : value;
    }

    private static long parseLongSlowly(Text text) throws BadValue {
        double magnitude = parseDouble(text, 0);
        if (Double.isNaN(magnitude) || Math.abs(magnitude) > 9.3e18) {
            throw new BadValue("beyond 64 bits");
        }
        return wholeLong(decimal(text));
    }

    static long wholeLong(BigDecimal value) throws BadValue {
        if (value.signum() == 0) {
            return 0;
        }
        if (value.stripTrailingZeros().scale() > 0) {
            throw new BadValue("not a whole number");
        }
        try {
            return value.longValueExact();
        } catch (ArithmeticException e) {
            throw new BadValue("beyond 64 bits");
        }
    }

    /** The double nearest to the number times 10^shift; NaN for the text {@code NaN}; infinite is refused. */
    static double parseDouble(Text text, int shift) throws BadValue {
        char[] chars = text.array();
        int at = text.start();
        int end = text.end();
        boolean negative = at < end && chars[at] == '-';
        if (at < end && (chars[at] == '-' || chars[at] == '+')) {
            at++;
        }
        long mantissa = 0;
        int exponent = shift;
        int digits = 0;
        boolean exact = true;
        boolean point = false;
        for (; at < end; at++) {
            char c = chars[at];
            if (c == '.' && !point) {
                point = true;
                continue;
            }
            int digit = c - '0';
            if (digit < 0 || digit > 9) {
                break;
            }
            digits++;
            if (mantissa >= EXACT / 10) {
                exact = false;
            } else {
                mantissa = mantissa * 10 + digit;
                exponent -= point ? 1 : 0;
            }
        }
        if (digits == 0) {
            return special(text);
        }
        if (at < end) {
            exponent += exponent(chars, at, end);
        }
        if (exact && exponent >= -22 && exponent <= 22) {
            double value = exponent < 0 ? mantissa / POWERS[-exponent] : mantissa * POWERS[exponent];
            return negative ? -value : value;
        }
        return parseSlowly(text, shift);
    }

    private static int exponent(char[] chars, int from, int end) throws BadValue {
        int at = from;
        if (chars[at] != 'e' && chars[at] != 'E') {
            throw notANumber();
        }
        at++;
        boolean negative = at < end && chars[at] == '-';
        if (at < end && (chars[at] == '-' || chars[at] == '+')) {
            at++;
        }
        if (at == end) {
            throw notANumber();
        }
        int value = 0;
        for (; at < end; at++) {
            int digit = chars[at] - '0';
            if (digit < 0 || digit > 9) {
                throw notANumber();
            }
            value = Math.min(value * 10 + digit, 100_000);
        }
        return negative ? -value : value;
    }

    private static double parseSlowly(Text text, int shift) throws BadValue {
        if (text.length() > MAX_LENGTH) {
            throw new BadValue("a number of " + text.length() + " characters");
        }
        double value = Double.parseDouble(text.toString());
        if (shift != 0 && value != 0 && !Double.isInfinite(value) && Math.abs(value) > 1e-290) {
            value = decimal(text).scaleByPowerOfTen(shift).doubleValue();
        }
        if (Double.isInfinite(value)) {
            throw new BadValue("beyond the range of a double");
        }
        return value;
    }

    private static double special(Text text) throws BadValue {
        if (text.equalsIgnoringCase("nan")) {
            return Double.NaN;
        }
        int sign = text.length() > 0 && (text.charAt(0) == '-' || text.charAt(0) == '+') ? 1 : 0;
        String word = text.length() > 12 ? "" : text.toString().substring(sign);
        if (word.equalsIgnoreCase("inf") || word.equalsIgnoreCase("infinity")) {
            throw new BadValue("infinite");
        }
        throw notANumber();
    }

    /** The exact value of a text that {@link #parseDouble} takes and that is neither huge nor tiny. */
    static BigDecimal decimal(Text text) throws BadValue {
        if (text.length() > MAX_LENGTH) {
            throw new BadValue("a number of " + text.length() + " characters");
        }
        double magnitude = Math.abs(Double.parseDouble(text.toString()));
        if (magnitude < 1e-300) {
            return BigDecimal.ZERO;
        }
        if (Double.isInfinite(magnitude) || Double.isNaN(magnitude)) {
            throw new BadValue("beyond the range of a double");
        }
        // only now: a huge exponent would make exact arithmetic endless
        return new BigDecimal(text.toString());
    }

    static BadValue notANumber() {
        return new BadValue("not a number");
    }

    /** 10^power as a double; power 0 to 22, all exact. */
    static double power(int power) {
        return POWERS[power];
    }
}
