package dev.varve.blobstore.meta;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Bytes being written; numbers are LEB128 unless said otherwise. */
final class BytesOut {
    private byte[] bytes;
    private int size;

    BytesOut() {
        this(256);
    }

    BytesOut(int capacity) {
        bytes = new byte[capacity];
    }

    private void ensure(int more) {
        if (bytes.length - size < more) {
            bytes = Arrays.copyOf(
                    bytes, Math.max(Math.addExact(size, more), (int) Math.min(bytes.length * 2L, 1 << 30)));
        }
    }

    BytesOut octet(int value) {
        ensure(1);
        bytes[size++] = (byte) value;
        return this;
    }

    BytesOut flag(boolean value) {
        return octet(value ? 1 : 0);
    }

    /** A number that is seldom negative. */
    BytesOut number(long value) {
        ensure(10);
        long rest = value;
        while ((rest & ~0x7FL) != 0) {
            bytes[size++] = (byte) (rest | 0x80);
            rest >>>= 7;
        }
        bytes[size++] = (byte) rest;
        return this;
    }

    /** A number of either sign. */
    BytesOut signed(long value) {
        return number((value << 1) ^ (value >> 63));
    }

    /** Two bytes, big-endian. */
    BytesOut fixed16(int value) {
        return octet(value >>> 8).octet(value);
    }

    /** Four bytes, big-endian. */
    BytesOut fixed32(int value) {
        return fixed16(value >>> 16).fixed16(value);
    }

    /** Eight bytes, big-endian. */
    BytesOut fixed64(long value) {
        return fixed32((int) (value >>> 32)).fixed32((int) value);
    }

    BytesOut raw(byte[] value) {
        ensure(value.length);
        System.arraycopy(value, 0, bytes, size, value.length);
        size += value.length;
        return this;
    }

    BytesOut raw(ByteBuffer value) {
        int count = value.remaining();
        ensure(count);
        value.get(value.position(), bytes, size, count);
        size += count;
        return this;
    }

    /** Bytes after their number. */
    BytesOut sized(byte[] value) {
        return number(value.length).raw(value);
    }

    BytesOut sized(ByteBuffer value) {
        return number(value.remaining()).raw(value);
    }

    BytesOut text(String value) {
        return sized(value.getBytes(StandardCharsets.UTF_8));
    }

    int size() {
        return size;
    }

    byte[] toBytes() {
        return Arrays.copyOf(bytes, size);
    }
}
