package dev.varve.ingest;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.UUID;

/** An idempotency key of a dataset, as 128 bits of its SHA-256. */
record KeyHash(long high, long low) {
    static KeyHash of(UUID dataset, String key) {
        byte[] text = key.getBytes(StandardCharsets.UTF_8);
        ByteBuffer bytes = ByteBuffer.allocate(2 * Long.BYTES + text.length)
                .putLong(dataset.getMostSignificantBits())
                .putLong(dataset.getLeastSignificantBits())
                .put(text);
        try {
            ByteBuffer hash =
                    ByteBuffer.wrap(MessageDigest.getInstance("SHA-256").digest(bytes.array()));
            return new KeyHash(hash.getLong(), hash.getLong());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }
}
