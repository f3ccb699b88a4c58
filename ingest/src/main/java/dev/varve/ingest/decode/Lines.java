package dev.varve.ingest.decode;

import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** The lines of a body that are not blank, as bytes; used by one thread. */
final class Lines {
    private final InputStream body;
    private final int limit;
    private byte[] buffer = new byte[64 << 10];
    private int at;
    private int filled;
    private int from;
    private int to;
    private int moved;
    private boolean ended;
    private boolean tooLong;
    private long number;

    Lines(InputStream body, int limit) {
        this.body = body;
        this.limit = limit;
    }

    /** Moves on to the next line that is not blank; false at the end. */
    boolean next() {
        while (advance()) {
            if (tooLong || !isBlank()) {
                number++;
                return true;
            }
        }
        return false;
    }

    private boolean isBlank() {
        for (int i = from; i < to; i++) {
            if (buffer[i] != ' ' && buffer[i] != '\t' && buffer[i] != '\r') {
                return false;
            }
        }
        return true;
    }

    private boolean advance() {
        tooLong = false;
        from = at;
        int scanned = at;
        while (true) {
            for (; scanned < filled; scanned++) {
                if (buffer[scanned] == '\n') {
                    to = scanned;
                    at = scanned + 1;
                    return true;
                }
            }
            if (scanned - from > limit) {
                // keeps the beginning for the error and forgets the rest
                tooLong = true;
                filled = from + Math.min(limit, RowError.MAX_VALUE);
                scanned = filled;
            }
            if (ended || !fill()) {
                ended = true;
                to = filled;
                at = filled;
                return to > from || tooLong;
            }
            scanned -= moved;
        }
    }

    /** Reads more behind what is there, moving the current line to the front or growing when there is no room. */
    private boolean fill() {
        moved = 0;
        if (filled == buffer.length) {
            if (from > 0) {
                System.arraycopy(buffer, from, buffer, 0, filled - from);
                moved = from;
                filled -= from;
                from = 0;
            } else {
                buffer = Arrays.copyOf(buffer, 2 * buffer.length);
            }
        }
        try {
            int count = body.read(buffer, filled, buffer.length - filled);
            filled += Math.max(count, 0);
            return count >= 0;
        } catch (IOException e) {
            throw new VarveException(ErrorCode.BAD_REQUEST, "the body broke off after row " + number, e);
        }
    }

    /** Number of the current line among those that are not blank, from 1. */
    long number() {
        return number;
    }

    boolean isTooLong() {
        return tooLong;
    }

    byte[] bytes() {
        return buffer;
    }

    int from() {
        return from;
    }

    int length() {
        return to - from;
    }

    String excerpt() {
        int length = Math.min(to - from, 4 * RowError.MAX_VALUE);
        return new String(buffer, from, length, StandardCharsets.UTF_8).strip();
    }
}
