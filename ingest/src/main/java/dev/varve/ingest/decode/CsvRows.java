package dev.varve.ingest.decode;

import de.siegmar.fastcsv.reader.AbstractBaseCsvCallbackHandler;
import de.siegmar.fastcsv.reader.CloseableIterator;
import de.siegmar.fastcsv.reader.CommentStrategy;
import de.siegmar.fastcsv.reader.CsvParseException;
import de.siegmar.fastcsv.reader.CsvReader;
import de.siegmar.fastcsv.reader.FieldMismatchStrategy;
import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** The records of CSV (RFC 4180, any line end, an optional byte order mark), one at a time; used by one thread. */
final class CsvRows implements AutoCloseable {
    private static final char BYTE_ORDER_MARK = '\uFEFF';

    private final DecodeLimits limits;
    private final Fields record;
    private final CsvReader<Boolean> reader;
    private final CloseableIterator<Boolean> records;
    private final List<String> names = new ArrayList<>();
    private long rows;
    private boolean held;

    CsvRows(InputStream body, Mapping mapping, DecodeLimits limits) {
        this.limits = limits;
        record = new Fields(limits);
        try {
            reader = CsvReader.builder()
                    .fieldSeparator(mapping.delimiter())
                    .quoteCharacter('"')
                    .commentStrategy(CommentStrategy.NONE)
                    .skipEmptyLines(true)
                    .extraFieldStrategy(FieldMismatchStrategy.IGNORE)
                    .missingFieldStrategy(FieldMismatchStrategy.IGNORE)
                    .allowExtraCharsAfterClosingQuote(true)
                    // a longer field than a record may be cannot be told from a quote that is never closed
                    .maxBufferSize(Math.max(16_384, limits.rowBytes() + 16_384))
                    .build(record, new InputStreamReader(body, StandardCharsets.UTF_8));
            records = reader.iterator();
        } catch (IllegalArgumentException e) {
            throw new VarveException(
                            ErrorCode.BAD_REQUEST, "delimiter '" + mapping.delimiter() + "' is not possible", e)
                    .withHint("use one character such as , ; | or a tab");
        }
        readNames(mapping);
    }

    private void readNames(Mapping mapping) {
        if (!advance()) {
            throw new VarveException(ErrorCode.BAD_REQUEST, "the CSV body is empty")
                    .withHint(mapping.header() ? "its first line names the columns" : "send at least one line");
        }
        if (record.count > limits.sourceColumns() || record.isTooLong) {
            throw new VarveException(
                    ErrorCode.TOO_LARGE,
                    "the first line of the CSV body has more than " + limits.sourceColumns() + " columns or "
                            + limits.rowBytes() + " characters");
        }
        Text text = new Text();
        for (int i = 0; i < record.count; i++) {
            record.field(i, text);
            if (i == 0 && text.length() > 0 && text.charAt(0) == BYTE_ORDER_MARK) {
                text.set(text.array(), text.start() + 1, text.end());
            }
            names.add(mapping.header() ? name(text.strip().toString(), i) : "c" + (i + 1));
        }
        held = !mapping.header();
        if (held) {
            record.cutByteOrderMark();
        }
    }

    private static String name(String found, int at) {
        if (found.indexOf('\uFFFD') >= 0) {
            throw new VarveException(ErrorCode.BAD_REQUEST, "the name of column " + (at + 1) + " is not UTF-8")
                    .withHint("send CSV in UTF-8");
        }
        return found.isEmpty() ? "c" + (at + 1) : found;
    }

    private boolean advance() {
        try {
            if (!records.hasNext()) {
                return false;
            }
            return records.next();
        } catch (CsvParseException e) {
            throw unreadable(e);
        } catch (UncheckedIOException e) {
            throw new VarveException(ErrorCode.BAD_REQUEST, "the body broke off after row " + rows, e);
        }
    }

    private VarveException unreadable(CsvParseException e) {
        if (e.getCause() instanceof VarveException cause) {
            return cause;
        }
        if (e.getCause() instanceof IOException cause) {
            return new VarveException(ErrorCode.BAD_REQUEST, "the body broke off after row " + rows, cause);
        }
        return new VarveException(
                        ErrorCode.BAD_REQUEST,
                        "row " + (rows + 1) + " of the CSV body cannot be read: a field of more than "
                                + limits.rowBytes() + " characters",
                        e)
                .withHint("look for a quote that is opened and not closed");
    }

    List<String> names() {
        return names;
    }

    /** Moves on to the next record; false at the end. */
    boolean next() {
        if (held) {
            held = false;
        } else if (!advance()) {
            return false;
        }
        rows++;
        return true;
    }

    /** Number of the current record, from 1, without the header. */
    long number() {
        return rows;
    }

    int fields() {
        return record.count;
    }

    boolean isTooLong() {
        return record.isTooLong;
    }

    /** Points the window at a field of the current record. */
    void field(int index, Text window) {
        record.field(index, window);
    }

    @Override
    public void close() {
        try {
            records.close();
            reader.close();
        } catch (IOException e) {
            throw new VarveException(ErrorCode.BAD_REQUEST, "the body broke off", e);
        }
    }

    /** The fields of one record, one after the other in one array. */
    private static final class Fields extends AbstractBaseCsvCallbackHandler<Boolean> {
        private final DecodeLimits limits;
        private char[] chars = new char[4_096];
        private int[] ends = new int[64];
        private int firstStart;
        private int count;
        private boolean isTooLong;

        Fields(DecodeLimits limits) {
            this.limits = limits;
        }

        @Override
        protected void handleBegin(long line) {
            count = 0;
            firstStart = 0;
            isTooLong = false;
        }

        @Override
        protected void handleField(int index, char[] buffer, int offset, int length, boolean quoted) {
            int start = count == 0 ? 0 : ends[count - 1];
            if (isTooLong || start + (long) length > limits.rowBytes() || count > limits.sourceColumns()) {
                isTooLong = true;
                return;
            }
            if (start + length > chars.length) {
                chars = Arrays.copyOf(chars, Math.max(start + length, 2 * chars.length));
            }
            if (count == ends.length) {
                ends = Arrays.copyOf(ends, 2 * ends.length);
            }
            System.arraycopy(buffer, offset, chars, start, length);
            ends[count++] = start + length;
        }

        @Override
        protected Boolean buildRecord() {
            return Boolean.TRUE;
        }

        void field(int index, Text window) {
            window.set(chars, index == 0 ? firstStart : ends[index - 1], ends[index]);
        }

        void cutByteOrderMark() {
            if (count > 0 && ends[0] > 0 && chars[0] == BYTE_ORDER_MARK) {
                firstStart = 1;
            }
        }
    }
}
