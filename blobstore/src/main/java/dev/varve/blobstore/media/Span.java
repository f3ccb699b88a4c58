package dev.varve.blobstore.media;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * A part of a medium, read through one window of 64 KiB; one thread.
 *
 * <p>All spans of a medium share one {@link Window} and with it one budget of bytes read and of steps taken, so no
 * nesting, cycle or repetition in the bytes makes the work long.
 */
final class Span {
    /** The shared window and what may still be read. */
    static final class Window {
        private static final int BYTES = 64 << 10;

        private final MediaSource source;
        private final byte[] window = new byte[BYTES];
        private long start;
        private int filled;
        private long leftBytes;
        private int leftSteps;

        Window(MediaSource source, MediaLimits limits) {
            this.source = source;
            this.leftBytes = limits.readBytes();
            this.leftSteps = limits.steps();
        }

        private int at(long offset) throws UnreadableException {
            if (offset < start || offset >= start + filled) {
                fill(offset);
            }
            return window[(int) (offset - start)] & 0xFF;
        }

        private void fill(long offset) throws UnreadableException {
            long begin = offset - offset % BYTES;
            int count = (int) Math.min(BYTES, source.length() - begin);
            leftBytes -= count;
            if (leftBytes < 0) {
                throw new UnreadableException("gave up: more bytes would have to be read than are allowed");
            }
            filled = 0;
            source.read(begin, ByteBuffer.wrap(window, 0, count));
            start = begin;
            filled = count;
        }
    }

    private final Window window;
    private final long start;
    private final long length;
    private final ByteOrder order;

    private Span(Window window, long start, long length, ByteOrder order) {
        this.window = window;
        this.start = start;
        this.length = length;
        this.order = order;
    }

    static Span whole(MediaSource source, MediaLimits limits) {
        return new Span(new Window(source, limits), 0, source.length(), ByteOrder.BIG_ENDIAN);
    }

    long length() {
        return length;
    }

    Span in(ByteOrder newOrder) {
        return new Span(window, start, length, newOrder);
    }

    /** A part of this span, cut off where this one ends. */
    Span part(long offset, long wanted) throws UnreadableException {
        if (offset < 0 || offset > length || wanted < 0) {
            throw new UnreadableException("points to byte " + offset + " of " + length);
        }
        return new Span(window, start + offset, Math.min(wanted, length - offset), order);
    }

    Span from(long offset) throws UnreadableException {
        return part(offset, Long.MAX_VALUE);
    }

    /** Counts a box, chunk or entry looked at. */
    void step() throws UnreadableException {
        if (--window.leftSteps < 0) {
            throw new UnreadableException("gave up: it has more parts than are looked at");
        }
    }

    boolean has(long offset, long count) {
        return offset >= 0 && count >= 0 && offset <= length - count;
    }

    int u8(long offset) throws UnreadableException {
        if (offset < 0 || offset >= length) {
            throw new UnreadableException("ends at byte " + (start + length) + ", too early");
        }
        return window.at(start + offset);
    }

    int u16(long offset) throws UnreadableException {
        int first = u8(offset);
        int second = u8(offset + 1);
        return order == ByteOrder.BIG_ENDIAN ? first << 8 | second : second << 8 | first;
    }

    int u24(long offset) throws UnreadableException {
        return order == ByteOrder.BIG_ENDIAN ? u16(offset) << 8 | u8(offset + 2) : u16(offset) | u8(offset + 2) << 16;
    }

    long u32(long offset) throws UnreadableException {
        long first = u16(offset);
        long second = u16(offset + 2);
        return order == ByteOrder.BIG_ENDIAN ? first << 16 | second : second << 16 | first;
    }

    int i32(long offset) throws UnreadableException {
        return (int) u32(offset);
    }

    long i64(long offset) throws UnreadableException {
        long first = u32(offset);
        long second = u32(offset + 4);
        return order == ByteOrder.BIG_ENDIAN ? first << 32 | second : second << 32 | first;
    }

    boolean isAt(long offset, String ascii) throws UnreadableException {
        return has(offset, ascii.length()) && ascii(offset, ascii.length()).equals(ascii);
    }

    /** Four-character codes and the like. */
    String ascii(long offset, int count) throws UnreadableException {
        return new String(bytes(offset, count), StandardCharsets.ISO_8859_1);
    }

    /** At most 64 KiB. */
    byte[] bytes(long offset, int count) throws UnreadableException {
        if (count < 0 || count > Window.BYTES || !has(offset, count)) {
            throw new UnreadableException("claims " + count + " bytes at " + offset + " of " + length);
        }
        byte[] bytes = new byte[count];
        for (int i = 0; i < count; i++) {
            bytes[i] = (byte) window.at(start + offset + i);
        }
        return bytes;
    }
}
