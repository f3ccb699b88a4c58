package dev.varve.ingest.parquet;

import java.io.OutputStream;
import java.util.Arrays;

/** A growing array of bytes, little-endian, that is reused from page to page. */
final class ByteSink extends OutputStream {
    private byte[] bytes = new byte[64 << 10];
    private int size;

    @Override
    public void write(int value) {
        reserve(1);
        bytes[size++] = (byte) value;
    }

    @Override
    public void write(byte[] source, int offset, int length) {
        reserve(length);
        System.arraycopy(source, offset, bytes, size, length);
        size += length;
    }

    void putInt(int value) {
        reserve(4);
        setInt(size, value);
        size += 4;
    }

    void setInt(int at, int value) {
        bytes[at] = (byte) value;
        bytes[at + 1] = (byte) (value >>> 8);
        bytes[at + 2] = (byte) (value >>> 16);
        bytes[at + 3] = (byte) (value >>> 24);
    }

    /** The low {@code width} bytes of the value. */
    void putBytes(long value, int width) {
        reserve(width);
        for (int i = 0; i < width; i++) {
            bytes[size++] = (byte) (value >>> (8 * i));
        }
    }

    void putVarint(int value) {
        int rest = value;
        while ((rest & ~0x7F) != 0) {
            write((rest & 0x7F) | 0x80);
            rest >>>= 7;
        }
        write(rest);
    }

    /** Makes room for {@code length} bytes and moves the end behind them; returns where they start. */
    int skip(int length) {
        reserve(length);
        int start = size;
        size += length;
        return start;
    }

    byte[] array() {
        return bytes;
    }

    int size() {
        return size;
    }

    void shrink(int newSize) {
        size = newSize;
    }

    void clear() {
        size = 0;
    }

    byte[] copy() {
        return Arrays.copyOf(bytes, size);
    }

    private void reserve(int more) {
        if (size + more > bytes.length) {
            bytes = Arrays.copyOf(bytes, Math.max(Math.addExact(size, more), bytes.length * 2));
        }
    }
}
