package dev.varve.ingest.parquet;

import dev.varve.catalog.DataFile.ColumnBounds;
import dev.varve.model.ColumnType;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.parquet.column.values.bloomfilter.BlockSplitBloomFilter;
import org.apache.parquet.format.Encoding;
import org.apache.parquet.io.api.Binary;
import org.jspecify.annotations.Nullable;

/** A column of strings or bytes, held as numbers of its distinct values. */
final class TextColumnBuffer extends ColumnBuffer {
    private static final int PAGE_BYTES = 1 << 20;
    private static final int DICTIONARY_BYTES = 1 << 20;
    private static final int BOUND_BYTES = 256;

    private final TextDictionary dictionary = new TextDictionary();
    /** Numbers of the values that are not null. */
    private final int[] ids;

    private final int pageRows;
    private byte @Nullable [] fileLow;
    private byte @Nullable [] fileHigh;

    TextColumnBuffer(FileLayout layout, FileLayout.Field field) {
        super(layout, field);
        this.ids = new int[layout.rowGroupRows()];
        this.pageRows = layout.pageRows();
    }

    @Override
    void gather(RowSource.ColumnSource source, int[] order, int from, int to) {
        int at = size;
        int present = size - nulls;
        int lastId = -1;
        for (int i = from; i < to; i++, at++) {
            int batch = order[i] >>> 16;
            int row = order[i] & 0xFFFF;
            boolean isNull = RowSource.isNull(source, batch, row);
            missing[at] = isNull;
            if (isNull) {
                nulls++;
                continue;
            }
            ArrowBuf offsets = source.offsets[batch];
            int start = offsets.getInt((long) row << 2);
            int length = offsets.getInt((long) (row + 1) << 2) - start;
            int room = dictionary.candidate(length);
            byte[] bytes = dictionary.bytes();
            source.data[batch].getBytes(start, bytes, room, length);
            boolean isLast = lastId >= 0
                    && dictionary.length(lastId) == length
                    && Arrays.equals(
                            bytes,
                            dictionary.start(lastId),
                            dictionary.start(lastId) + length,
                            bytes,
                            room,
                            room + length);
            if (!isLast) {
                lastId = dictionary.idOfCandidate(length);
            }
            ids[present++] = lastId;
        }
        size = at;
    }

    @Override
    long heldBytes() {
        return dictionary.totalBytes();
    }

    @Override
    void encode(ChunkWriter chunk) throws IOException {
        int present = size - nulls;
        boolean isDictionary =
                present > 0 && dictionary.totalBytes() <= DICTIONARY_BYTES && dictionary.size() <= present / 2 + 1;
        if (isDictionary) {
            ByteSink body = chunk.body();
            for (int id = 0; id < dictionary.size(); id++) {
                putValue(id, body);
            }
            chunk.dictionaryPage(dictionary.size());
        }
        int idWidth = Hybrid.widthOf(Math.max(1, dictionary.size()));
        int chunkLow = -1;
        int chunkHigh = -1;
        int at = 0;
        for (int from = 0; from < size; ) {
            int to = isDictionary ? Math.min(size, from + pageRows) : pageEnd(from, at);
            int pageNulls = nullsIn(from, to);
            int end = at + to - from - pageNulls;
            ByteSink body = chunk.body();
            chunk.levels(missing, from, to, pageNulls);
            if (isDictionary) {
                body.write(idWidth);
                Hybrid.encode(ids, at, end, idWidth, body);
            } else {
                for (int i = at; i < end; i++) {
                    putValue(ids[i], body);
                }
            }
            int low = -1;
            int high = -1;
            for (int i = at; i < end; i++) {
                int id = ids[i];
                if (i > at && id == ids[i - 1]) {
                    continue;
                }
                low = low < 0 || dictionary.compare(id, low) < 0 ? id : low;
                high = high < 0 || dictionary.compare(id, high) > 0 ? id : high;
            }
            chunk.dataPage(
                    to - from,
                    pageNulls,
                    isDictionary ? Encoding.RLE_DICTIONARY : Encoding.PLAIN,
                    low < 0 ? null : dictionary.copy(low),
                    high < 0 ? null : dictionary.copy(high));
            if (low >= 0) {
                chunkLow = chunkLow < 0 || dictionary.compare(low, chunkLow) < 0 ? low : chunkLow;
                chunkHigh = chunkHigh < 0 || dictionary.compare(high, chunkHigh) > 0 ? high : chunkHigh;
            }
            from = to;
            at = end;
        }
        if (chunkLow < 0) {
            chunk.statistics(nulls, null, null);
        } else {
            byte[] low = dictionary.copy(chunkLow);
            byte[] high = dictionary.copy(chunkHigh);
            fileLow = fileLow == null || Arrays.compareUnsigned(low, fileLow) < 0 ? low : fileLow;
            fileHigh = fileHigh == null || Arrays.compareUnsigned(high, fileHigh) > 0 ? high : fileHigh;
            chunk.statistics(nulls, low, high);
        }
        if (bloomed) {
            BlockSplitBloomFilter filter = ChunkWriter.bloomFor(dictionary.size());
            for (int id = 0; id < dictionary.size(); id++) {
                filter.insertHash(filter.hash(
                        Binary.fromConstantByteArray(dictionary.bytes(), dictionary.start(id), dictionary.length(id))));
            }
            chunk.bloom(filter);
        }
    }

    private int pageEnd(int from, int firstValue) {
        long bytes = 0;
        int value = firstValue;
        int end = from;
        while (end < size && end - from < pageRows && bytes < PAGE_BYTES) {
            if (!missing[end++]) {
                bytes += Integer.BYTES + dictionary.length(ids[value++]);
            }
        }
        return end;
    }

    private void putValue(int id, ByteSink body) {
        body.putInt(dictionary.length(id));
        body.write(dictionary.bytes(), dictionary.start(id), dictionary.length(id));
    }

    @Override
    void clear() {
        super.clear();
        dictionary.clear();
    }

    @Override
    @Nullable
    ColumnBounds bounds() {
        if (fileLow == null || fileHigh == null) {
            return new ColumnBounds(null, null, fileNulls);
        }
        if (field.column().type() == ColumnType.BINARY) {
            return null;
        }
        String high = cutUpwards(fileHigh);
        return high == null ? null : new ColumnBounds(cut(fileLow), high, fileNulls);
    }

    private static String cut(byte[] utf8) {
        int end = Math.min(utf8.length, BOUND_BYTES);
        while (end < utf8.length && (utf8[end] & 0xC0) == 0x80) {
            end--;
        }
        return new String(utf8, 0, end, StandardCharsets.UTF_8);
    }

    /** A short text that is not below the given one; null when there is none. */
    private static @Nullable String cutUpwards(byte[] utf8) {
        String text = cut(utf8);
        if (utf8.length <= BOUND_BYTES) {
            return text;
        }
        int last = text.codePointBefore(text.length());
        int next = last == Character.MIN_SURROGATE - 1 ? Character.MAX_SURROGATE + 1 : last + 1;
        return next > Character.MAX_CODE_POINT
                ? null
                : text.substring(0, text.length() - Character.charCount(last)) + Character.toString(next);
    }
}
