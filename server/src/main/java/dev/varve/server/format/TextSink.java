package dev.varve.server.format;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.LocalDate;
import org.apache.arrow.memory.ArrowBuf;

/**
 * Text built in a byte buffer that is handed on when it is full; one thread.
 *
 * <p>Numbers and times are written digit by digit, without a string in between wherever that is possible.
 */
final class TextSink {
    private static final int CAPACITY = 64 * 1024;
    private static final int PIECE = 8 * 1024;
    private static final long MICROS_PER_DAY = 86_400_000_000L;
    private static final byte[] HEX = "0123456789abcdef".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] BASE64 =
            "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".getBytes(StandardCharsets.US_ASCII);
    /** Up to here a decimal of at most 15 digits names a double that no other such decimal names. */
    private static final double MOST_FAST = 1e11;

    private final OutputStream out;
    private final byte[] buffer = new byte[CAPACITY];
    private final byte[] piece = new byte[PIECE];
    private int size;
    private long dayWritten = Long.MIN_VALUE;
    private byte[] dayText = new byte[0];

    TextSink(OutputStream out) {
        this.out = out;
    }

    /** Hands everything on; the stream below may still hold it back. */
    void drain() {
        try {
            out.write(buffer, 0, size);
            size = 0;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    TextSink ascii(char character) {
        room(1);
        buffer[size++] = (byte) character;
        return this;
    }

    TextSink text(String text) {
        return bytes(text.getBytes(StandardCharsets.UTF_8));
    }

    TextSink bytes(byte[] bytes) {
        return bytes(bytes, 0, bytes.length);
    }

    TextSink bytes(byte[] bytes, int from, int to) {
        for (int start = from; start < to; start += PIECE) {
            int length = Math.min(PIECE, to - start);
            room(length);
            System.arraycopy(bytes, start, buffer, size, length);
            size += length;
        }
        return this;
    }

    TextSink number(long value) {
        room(20);
        if (value < 0) {
            if (value == Long.MIN_VALUE) {
                return text("-9223372036854775808");
            }
            buffer[size++] = '-';
            digits(-value);
        } else {
            digits(value);
        }
        return this;
    }

    /** The shortest decimal that reads back as the same double; finite values only. */
    TextSink number(double value) {
        double magnitude = Math.abs(value);
        if (magnitude < MOST_FAST && (magnitude >= 1e-3 || magnitude == 0)) {
            long scaled = (long) (magnitude * 1e4 + 0.5);
            if (scaled / 1e4 == magnitude) {
                room(24);
                if (value < 0 || (value == 0 && 1 / value < 0)) {
                    buffer[size++] = '-';
                }
                digits(scaled / 10_000);
                buffer[size++] = '.';
                fraction((int) (scaled % 10_000), 4);
                while (buffer[size - 1] == '0' && buffer[size - 2] != '.') {
                    size--;
                }
                return this;
            }
        }
        return text(Double.toString(value));
    }

    /** A date such as {@code 2021-07-10}; years after 9999 have a sign and more digits, as in ISO 8601. */
    TextSink date(long epochDay) {
        if (epochDay != dayWritten) {
            dayText = LocalDate.ofEpochDay(epochDay).toString().getBytes(StandardCharsets.US_ASCII);
            dayWritten = epochDay;
        }
        return bytes(dayText);
    }

    /** An instant such as {@code 2021-07-10T20:32:43.470Z}, with as many groups of three digits as it needs. */
    TextSink instant(long epochMicros, int nanosWithinMicro) {
        long microOfDay = Math.floorMod(epochMicros, MICROS_PER_DAY);
        date(Math.floorDiv(epochMicros, MICROS_PER_DAY));
        ascii('T');
        timeOfDay(microOfDay, nanosWithinMicro);
        return ascii('Z');
    }

    TextSink timeOfDay(long microOfDay, int nanosWithinMicro) {
        room(20);
        int second = (int) (microOfDay / 1_000_000);
        int micro = (int) (microOfDay % 1_000_000);
        fraction(second / 3600, 2);
        buffer[size++] = ':';
        fraction(second / 60 % 60, 2);
        buffer[size++] = ':';
        fraction(second % 60, 2);
        if (micro != 0 || nanosWithinMicro != 0) {
            buffer[size++] = '.';
            fraction(micro / 1000, 3);
            if (micro % 1000 != 0 || nanosWithinMicro != 0) {
                fraction(micro % 1000, 3);
                if (nanosWithinMicro != 0) {
                    fraction(nanosWithinMicro, 3);
                }
            }
        }
        return this;
    }

    /** A JSON string with its quotes. */
    TextSink jsonString(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        ascii('"');
        jsonEscaped(bytes, bytes.length);
        return ascii('"');
    }

    /** UTF-8 bytes as a JSON string with its quotes. */
    TextSink jsonString(ArrowBuf utf8, long start, long end) {
        ascii('"');
        for (long at = start; at < end; at += PIECE) {
            int length = (int) Math.min(PIECE, end - at);
            utf8.getBytes(at, piece, 0, length);
            jsonEscaped(piece, length);
        }
        return ascii('"');
    }

    private void jsonEscaped(byte[] utf8, int length) {
        int clean = 0;
        for (int i = 0; i < length; i++) {
            byte b = utf8[i];
            if (b == '"' || b == '\\' || (b >= 0 && b < 0x20)) {
                bytes(utf8, clean, i);
                clean = i + 1;
                room(6);
                buffer[size++] = '\\';
                switch (b) {
                    case '"', '\\' -> buffer[size++] = b;
                    case '\n' -> buffer[size++] = 'n';
                    case '\r' -> buffer[size++] = 'r';
                    case '\t' -> buffer[size++] = 't';
                    default -> {
                        buffer[size++] = 'u';
                        buffer[size++] = '0';
                        buffer[size++] = '0';
                        buffer[size++] = HEX[b >> 4];
                        buffer[size++] = HEX[b & 15];
                    }
                }
            }
        }
        bytes(utf8, clean, length);
    }

    /** UTF-8 bytes as a CSV field, quoted where RFC 4180 asks for it and when empty, which null is not. */
    TextSink csvField(ArrowBuf utf8, long start, long end) {
        boolean quoted = start == end;
        for (long at = start; at < end && !quoted; at++) {
            quoted = csvNeedsQuotes(utf8.getByte(at));
        }
        if (quoted) {
            ascii('"');
        }
        for (long at = start; at < end; at += PIECE) {
            int length = (int) Math.min(PIECE, end - at);
            utf8.getBytes(at, piece, 0, length);
            csvBytes(piece, length);
        }
        return quoted ? ascii('"') : this;
    }

    TextSink csvField(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        boolean quoted = bytes.length == 0;
        for (byte b : bytes) {
            quoted |= csvNeedsQuotes(b);
        }
        if (!quoted) {
            return bytes(bytes);
        }
        ascii('"');
        csvBytes(bytes, bytes.length);
        return ascii('"');
    }

    private static boolean csvNeedsQuotes(byte b) {
        return b == ',' || b == '"' || b == '\n' || b == '\r';
    }

    private void csvBytes(byte[] utf8, int length) {
        int clean = 0;
        for (int i = 0; i < length; i++) {
            if (utf8[i] == '"') {
                bytes(utf8, clean, i + 1);
                ascii('"');
                clean = i + 1;
            }
        }
        bytes(utf8, clean, length);
    }

    /** Base64 with padding, without line breaks or quotes. */
    TextSink base64(ArrowBuf bytes, long start, long end) {
        for (long at = start; at < end; at += 3) {
            int first = bytes.getByte(at) & 0xFF;
            int second = at + 1 < end ? bytes.getByte(at + 1) & 0xFF : 0;
            int third = at + 2 < end ? bytes.getByte(at + 2) & 0xFF : 0;
            room(4);
            buffer[size++] = BASE64[first >> 2];
            buffer[size++] = BASE64[((first & 3) << 4) | (second >> 4)];
            buffer[size++] = at + 1 < end ? BASE64[((second & 15) << 2) | (third >> 6)] : (byte) '=';
            buffer[size++] = at + 2 < end ? BASE64[third & 63] : (byte) '=';
        }
        return this;
    }

    private void room(int bytes) {
        if (size + bytes > CAPACITY) {
            drain();
        }
    }

    private void digits(long value) {
        int length = 1;
        for (long rest = value; rest >= 10; rest /= 10) {
            length++;
        }
        long rest = value;
        for (int i = size + length - 1; i >= size; i--) {
            buffer[i] = (byte) ('0' + rest % 10);
            rest /= 10;
        }
        size += length;
    }

    private void fraction(int value, int length) {
        int rest = value;
        for (int i = size + length - 1; i >= size; i--) {
            buffer[i] = (byte) ('0' + rest % 10);
            rest /= 10;
        }
        size += length;
    }
}
