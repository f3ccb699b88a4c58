package dev.varve.server.cli;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import org.jspecify.annotations.Nullable;

/**
 * Cuts CSV or NDJSON at ends of records; each CSV body begins with the file's header.
 *
 * <p>A line end inside a quoted CSV field is not an end. A quote opens a field only at its start, as in RFC 4180.
 */
final class TextCutter implements BodyCutter {
    /** A record longer than this is more likely a quote that is never closed. */
    private static final int LONGEST_RECORD = 64 << 20;

    private static final int QUOTE = '"';

    private final InputStream in;
    private final int targetBytes;
    private final int delimiter;
    private final boolean hasQuotes;
    private final byte[] header;
    private byte[] buffer = new byte[1 << 16];
    private int position;
    private int limit;
    private long rows;

    private TextCutter(InputStream in, int targetBytes, int delimiter, boolean hasQuotes, boolean hasHeader)
            throws IOException {
        this.in = in;
        this.targetBytes = targetBytes;
        this.delimiter = delimiter;
        this.hasQuotes = hasQuotes;
        this.header = hasHeader ? header() : new byte[0];
    }

    static TextCutter csv(InputStream in, int targetBytes, char delimiter, boolean hasHeader) throws IOException {
        return new TextCutter(in, targetBytes, delimiter, true, hasHeader);
    }

    static TextCutter ndjson(InputStream in, int targetBytes) throws IOException {
        return new TextCutter(in, targetBytes, -1, false, false);
    }

    private byte[] header() throws IOException {
        ByteArrayOutputStream first = new ByteArrayOutputStream();
        while (first.size() == 0 || isBlank(first.toByteArray())) {
            first.reset();
            if (!readRecord(first)) {
                return new byte[0];
            }
        }
        byte[] bytes = first.toByteArray();
        if (bytes[bytes.length - 1] != '\n') {
            first.write('\n');
        }
        return first.toByteArray();
    }

    private static boolean isBlank(byte[] record) {
        for (byte b : record) {
            if (b != '\n' && b != '\r' && b != ' ' && b != '\t') {
                return false;
            }
        }
        return true;
    }

    @Override
    public @Nullable Body next() throws IOException {
        Records body = new Records(Math.min(targetBytes, 16 << 20) + (1 << 16));
        body.write(header, 0, header.length);
        long before = rows;
        while (rows == before || body.size() < targetBytes) {
            int start = body.size();
            if (!readRecord(body)) {
                break;
            }
            if (!body.isBlankFrom(start)) {
                rows++;
            }
        }
        return rows == before ? null : new Body(body.bytes(), body.size(), before, rows - before);
    }

    /** Bytes that can be looked at without a copy. */
    private static final class Records extends ByteArrayOutputStream {
        Records(int size) {
            super(size);
        }

        byte[] bytes() {
            return buf;
        }

        boolean isBlankFrom(int start) {
            for (int i = start; i < count; i++) {
                if (buf[i] > ' ' || buf[i] < 0) {
                    return false;
                }
            }
            return true;
        }
    }

    /** Appends one record with its line end; false at the end of the file. */
    private boolean readRecord(ByteArrayOutputStream target) throws IOException {
        int start = target.size();
        boolean inQuotes = false;
        boolean atFieldStart = true;
        while (true) {
            if (position == limit && !fill()) {
                return target.size() > start;
            }
            int from = position;
            while (position < limit) {
                int b = buffer[position++];
                if (inQuotes) {
                    // A doubled quote closes and opens again.
                    inQuotes = b != QUOTE;
                    atFieldStart = !inQuotes;
                } else if (b == '\n') {
                    target.write(buffer, from, position - from);
                    return true;
                } else if (hasQuotes && b == QUOTE && atFieldStart) {
                    inQuotes = true;
                } else {
                    atFieldStart = b == delimiter;
                }
            }
            target.write(buffer, from, position - from);
            if (target.size() - start > LONGEST_RECORD) {
                throw new IOException("row " + (rows + 1) + " is longer than " + (LONGEST_RECORD >> 20)
                        + " MiB: is a quote not closed?");
            }
        }
    }

    private boolean fill() throws IOException {
        int read = in.read(buffer);
        position = 0;
        limit = Math.max(0, read);
        return read > 0;
    }

    @Override
    public void close() throws IOException {
        in.close();
    }
}
