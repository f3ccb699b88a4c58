package dev.varve.ingest.decode;

import java.math.BigDecimal;

/**
 * Turns the number in a source into the stored one: source × factor + offset, rounded once, as decimal arithmetic would.
 *
 * <p>A factor that is a power of ten moves the decimal point, so that -67 × 0.1 is -6.7 and not -6.7000000000000002.
 */
final class Scaling {
    static final Scaling NONE = new Scaling(BigDecimal.ONE, BigDecimal.ZERO);

    private final BigDecimal factor;
    private final BigDecimal offset;
    private final boolean movesPoint;
    private final int shift;

    Scaling(BigDecimal factor, BigDecimal offset) {
        this.factor = factor;
        this.offset = offset;
        BigDecimal stripped = factor.stripTrailingZeros();
        movesPoint = offset.signum() == 0 && stripped.unscaledValue().bitLength() == 1 && stripped.signum() > 0;
        shift = movesPoint ? -stripped.scale() : 0;
    }

    boolean isNone() {
        return movesPoint && shift == 0;
    }

    double toDouble(Text text) throws BadValue {
        if (movesPoint) {
            return Numbers.parseDouble(text, shift);
        }
        double raw = Numbers.parseDouble(text, 0);
        return Double.isNaN(raw) ? raw : finite(exact(Numbers.decimal(text)).doubleValue());
    }

    long toLong(Text text) throws BadValue {
        if (isNone()) {
            return Numbers.parseLong(text);
        }
        double raw = Numbers.parseDouble(text, 0);
        if (Double.isNaN(raw) || Math.abs(raw) > 1e100) {
            throw Numbers.notANumber();
        }
        return Numbers.wholeLong(exact(Numbers.decimal(text)));
    }

    double toDouble(double raw) throws BadValue {
        if (isNone() || Double.isNaN(raw)) {
            return finite(raw);
        }
        finite(raw);
        if (movesPoint && shift < 0 && shift >= -22 && raw == Math.rint(raw) && Math.abs(raw) <= 1L << 53) {
            return raw / Numbers.power(-shift);
        }
        return finite(exact(BigDecimal.valueOf(raw)).doubleValue());
    }

    long toLong(long raw) throws BadValue {
        return isNone() ? raw : Numbers.wholeLong(exact(BigDecimal.valueOf(raw)));
    }

    private BigDecimal exact(BigDecimal raw) {
        return raw.multiply(factor).add(offset);
    }

    private static double finite(double value) throws BadValue {
        if (Double.isInfinite(value)) {
            throw new BadValue("infinite");
        }
        return value;
    }
}
