package dev.varve.blobstore.meta;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/**
 * A hash of a set of rows that does not depend on their order: the sum, modulo 2^128, of the first 128 bits of each row's
 * SHA-256. So it follows a change of one row without looking at the others.
 */
public record RowHash(long high, long low) {
    static final RowHash NONE = new RowHash(0, 0);

    private static final ThreadLocal<MessageDigest> SHA256 = ThreadLocal.withInitial(() -> {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    });

    static RowHash of(Family family, byte[] key, byte[] value) {
        MessageDigest digest = SHA256.get();
        digest.update(family.code());
        digest.update((byte) (key.length >>> 8));
        digest.update((byte) key.length);
        digest.update(key);
        digest.update(value);
        ByteBuffer hash = ByteBuffer.wrap(digest.digest());
        return new RowHash(hash.getLong(), hash.getLong());
    }

    RowHash plus(RowHash other) {
        long sum = low + other.low;
        long carry = Long.compareUnsigned(sum, low) < 0 ? 1 : 0;
        return new RowHash(high + other.high + carry, sum);
    }

    RowHash minus(RowHash other) {
        long borrow = Long.compareUnsigned(low, other.low) < 0 ? 1 : 0;
        return new RowHash(high - other.high - borrow, low - other.low);
    }

    @Override
    public String toString() {
        return "%016x%016x".formatted(high, low);
    }
}
