package dev.varve.blobstore.object;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;

/** An object's name in its bucket: 1 to 1,024 opaque bytes, ordered as unsigned bytes. */
public final class ObjectKey implements Comparable<ObjectKey> {
    public static final int MAX_BYTES = 1024;

    private final byte[] bytes;

    private ObjectKey(byte[] bytes) {
        if (bytes.length == 0 || bytes.length > MAX_BYTES) {
            throw new ObjectException(
                    ObjectProblem.INVALID_KEY, "a key has 1 to " + MAX_BYTES + " bytes, not " + bytes.length);
        }
        this.bytes = bytes;
    }

    public static ObjectKey of(String name) {
        return new ObjectKey(name.getBytes(StandardCharsets.UTF_8));
    }

    /** The key of these bytes, which are copied. */
    public static ObjectKey of(byte[] bytes) {
        return new ObjectKey(bytes.clone());
    }

    public byte[] bytes() {
        return bytes.clone();
    }

    public int length() {
        return bytes.length;
    }

    /** The key as text; bytes that are not UTF-8 show as replacement characters. */
    public String text() {
        return new String(bytes, StandardCharsets.UTF_8);
    }

    public boolean startsWith(Prefix prefix) {
        return bytes.length >= prefix.bytes.length
                && Arrays.equals(bytes, 0, prefix.bytes.length, prefix.bytes, 0, prefix.bytes.length);
    }

    /** The first bytes of keys; may be empty. */
    public static final class Prefix implements Comparable<Prefix> {
        public static final Prefix ALL = new Prefix(new byte[0]);

        private final byte[] bytes;

        private Prefix(byte[] bytes) {
            this.bytes = bytes;
        }

        public static Prefix of(String text) {
            return new Prefix(text.getBytes(StandardCharsets.UTF_8));
        }

        public static Prefix of(byte[] bytes) {
            return new Prefix(bytes.clone());
        }

        /** A whole key as the beginning of keys. */
        public static Prefix of(ObjectKey key) {
            return new Prefix(key.bytes);
        }

        /**
         * The beginning of {@code key} that ends with the first {@code delimiter} behind this prefix, which it must
         * have; empty if there is none.
         */
        public Optional<Prefix> upTo(byte[] delimiter, ObjectKey key) {
            for (int at = bytes.length; at + delimiter.length <= key.bytes.length; at++) {
                int end = at + delimiter.length;
                if (Arrays.equals(key.bytes, at, end, delimiter, 0, delimiter.length)) {
                    return Optional.of(new Prefix(Arrays.copyOf(key.bytes, end)));
                }
            }
            return Optional.empty();
        }

        public byte[] bytes() {
            return bytes.clone();
        }

        @Override
        public int compareTo(Prefix other) {
            return Arrays.compareUnsigned(bytes, other.bytes);
        }

        public String text() {
            return new String(bytes, StandardCharsets.UTF_8);
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof Prefix prefix && Arrays.equals(bytes, prefix.bytes);
        }

        @Override
        public int hashCode() {
            return Arrays.hashCode(bytes);
        }

        @Override
        public String toString() {
            return text();
        }
    }

    @Override
    public int compareTo(ObjectKey other) {
        return Arrays.compareUnsigned(bytes, other.bytes);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof ObjectKey key && Arrays.equals(bytes, key.bytes);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(bytes);
    }

    @Override
    public String toString() {
        return text();
    }
}
