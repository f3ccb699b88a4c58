package dev.varve.blobstore.object;

/**
 * The CRC of two strings, one after the other, from the CRC of each.
 *
 * <p>CRCs that begin with all ones and end inverted obey {@code crc(ab) = crc(a)·x^(8·|b|) + crc(b)} in the polynomials over
 * GF(2) modulo the CRC's own; bits are in reverse, so the highest bit stands for x^0 (as zlib's {@code crc32_combine}).
 */
final class CrcArithmetic {
    private CrcArithmetic() {}

    /**
     * The CRC of the whole.
     *
     * @param polynomial in reverse bit order, without its leading term
     * @param bits of the CRC
     */
    static long combine(long first, long second, long secondBytes, long polynomial, int bits) {
        long factor = 1L << (bits - 1);
        long power = 1L << (bits - 9);
        for (long left = secondBytes; left != 0; left >>>= 1) {
            if ((left & 1) != 0) {
                factor = multiply(power, factor, polynomial, bits);
            }
            power = multiply(power, power, polynomial, bits);
        }
        return multiply(factor, first, polynomial, bits) ^ second;
    }

    private static long multiply(long a, long b, long polynomial, int bits) {
        long product = 0;
        long shifted = b;
        for (int bit = bits - 1; bit >= 0; bit--) {
            if (((a >>> bit) & 1) != 0) {
                product ^= shifted;
            }
            shifted = (shifted & 1) == 0 ? shifted >>> 1 : (shifted >>> 1) ^ polynomial;
        }
        return product;
    }
}
