package dev.varve.blobstore.meta;

import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.util.function.Function;

/** Reads what {@link BytesOut} wrote. */
final class BytesIn {
    private final ByteBuffer bytes;

    private BytesIn(ByteBuffer bytes) {
        this.bytes = bytes;
    }

    /** Reads a value that begins with its format, to its end. */
    static <T> T read(String what, int newest, ByteBuffer bytes, Function<BytesIn, T> reader) {
        return readHead(what, newest, bytes, in -> {
            T value = reader.apply(in);
            if (in.bytes.hasRemaining()) {
                throw new IllegalArgumentException(in.bytes.remaining() + " bytes too many");
            }
            return value;
        });
    }

    /** Reads a value that begins with its format, from the first to the newest, perhaps not to its end. */
    static <T> T readHead(String what, int newest, ByteBuffer bytes, Function<BytesIn, T> reader) {
        BytesIn in = new BytesIn(bytes.duplicate());
        try {
            int found = in.octet();
            if (found < 1 || found > newest) {
                throw new VarveException(
                                ErrorCode.STORAGE,
                                what + " has format " + found + "; this version reads formats up to " + newest)
                        .withHint("a newer version wrote it; use that one");
            }
            return reader.apply(in);
        } catch (BufferUnderflowException | IllegalArgumentException | ArithmeticException | DateTimeException e) {
            throw malformed(what, e.toString());
        }
    }

    static VarveException malformed(String what, String why) {
        return new VarveException(ErrorCode.CORRUPT, what + " is malformed: " + why);
    }

    int octet() {
        return bytes.get() & 0xFF;
    }

    boolean flag() {
        int value = octet();
        if (value > 1) {
            throw new IllegalArgumentException("a flag of " + value);
        }
        return value == 1;
    }

    long number() {
        long value = 0;
        for (int shift = 0; shift < 70; shift += 7) {
            int next = octet();
            value |= (next & 0x7FL) << shift;
            if (next < 0x80) {
                return value;
            }
        }
        throw new IllegalArgumentException("a number of more than 10 bytes");
    }

    long signed() {
        long value = number();
        return (value >>> 1) ^ -(value & 1);
    }

    /** A number that counts what follows, each at least one byte. */
    int count() {
        long value = number();
        if (value < 0 || value > bytes.remaining()) {
            throw new IllegalArgumentException("a count of " + value + " before " + bytes.remaining() + " bytes");
        }
        return (int) value;
    }

    int smallNumber() {
        return Math.toIntExact(number());
    }

    int fixed32() {
        return bytes.getInt();
    }

    long fixed64() {
        return bytes.getLong();
    }

    byte[] raw(int count) {
        byte[] value = new byte[count];
        bytes.get(value);
        return value;
    }

    byte[] sized() {
        return raw(count());
    }

    /** Reads a value that must take this many bytes. */
    <T> T exactly(int count, Function<BytesIn, T> reader) {
        int end = bytes.position() + count;
        T value = reader.apply(this);
        if (bytes.position() != end) {
            throw new IllegalArgumentException("a value ends at " + bytes.position() + ", not at " + end);
        }
        return value;
    }

    String text() {
        return new String(sized(), StandardCharsets.UTF_8);
    }
}
