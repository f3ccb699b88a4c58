package dev.varve.ingest.parquet;

import dev.varve.catalog.DataFile.ColumnBounds;
import dev.varve.model.ColumnType;
import java.io.IOException;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.parquet.bytes.HeapByteBufferAllocator;
import org.apache.parquet.column.values.bloomfilter.BlockSplitBloomFilter;
import org.apache.parquet.column.values.delta.DeltaBinaryPackingValuesWriterForInteger;
import org.apache.parquet.column.values.delta.DeltaBinaryPackingValuesWriterForLong;
import org.apache.parquet.format.Encoding;
import org.jspecify.annotations.Nullable;

/** A column of fixed width, held as 64-bit patterns; whole numbers are sign-extended. */
final class FixedColumnBuffer extends ColumnBuffer {
    private static final int DELTA_BLOCK = 128;
    private static final int DELTA_MINI_BLOCKS = 4;

    private final ColumnType type;
    private final int width;
    private final long[] bits;
    private final int[] ids;
    private final LongDictionary dictionary;
    private final int pageRows;
    private final Range range = new Range();
    private final Range fileRange = new Range();

    /** Smallest and greatest value so far, as ordered patterns. */
    private static final class Range {
        private long low = Long.MAX_VALUE;
        private long high = Long.MIN_VALUE;
        private boolean hasNaN;

        void clear() {
            low = Long.MAX_VALUE;
            high = Long.MIN_VALUE;
            hasNaN = false;
        }

        boolean isKnown() {
            return low <= high && !hasNaN;
        }

        void add(Range other) {
            low = Math.min(low, other.low);
            high = Math.max(high, other.high);
            hasNaN |= other.hasNaN;
        }
    }

    FixedColumnBuffer(FileLayout layout, FileLayout.Field field, LongDictionary dictionary, int[] ids) {
        super(layout, field);
        this.type = field.column().type();
        this.width = switch (type) {
            case BOOLEAN -> 1;
            case INT, FLOAT, DATE -> Integer.BYTES;
            case LONG, DOUBLE, TIMESTAMP -> Long.BYTES;
            case STRING, BINARY -> throw new IllegalArgumentException(type + " has no fixed width");
        };
        this.bits = new long[layout.rowGroupRows()];
        this.ids = ids;
        this.dictionary = dictionary;
        this.pageRows = layout.pageRows();
    }

    @Override
    void gather(RowSource.ColumnSource source, int[] order, int from, int to) {
        ArrowBuf[] data = source.data;
        int at = size;
        for (int i = from; i < to; i++, at++) {
            int batch = order[i] >>> 16;
            int row = order[i] & 0xFFFF;
            boolean isNull = RowSource.isNull(source, batch, row);
            missing[at] = isNull;
            if (isNull) {
                nulls++;
                continue;
            }
            ArrowBuf values = data[batch];
            bits[at] = switch (width) {
                case 1 -> values.getByte(row >>> 3) >>> (row & 7) & 1;
                case Integer.BYTES -> values.getInt((long) row << 2);
                default -> values.getLong((long) row << 3);
            };
        }
        size = at;
    }

    @Override
    long heldBytes() {
        return 0;
    }

    @Override
    void encode(ChunkWriter chunk) throws IOException {
        boolean isDictionary = type != ColumnType.BOOLEAN && fillDictionary();
        if (isDictionary) {
            ByteSink body = chunk.body();
            for (int id = 0; id < dictionary.size(); id++) {
                body.putBytes(dictionary.value(id), width);
            }
            chunk.dictionaryPage(dictionary.size());
        }
        Range chunkRange = new Range();
        for (int from = 0; from < size; from += pageRows) {
            int to = Math.min(size, from + pageRows);
            int pageNulls = nullsIn(from, to);
            ByteSink body = chunk.body();
            chunk.levels(missing, from, to, pageNulls);
            Encoding encoding;
            if (isDictionary) {
                encoding = Encoding.RLE_DICTIONARY;
                encodeIds(from, to, body);
            } else {
                encoding = encodeValues(from, to, body);
            }
            measure(from, to);
            chunk.dataPage(to - from, pageNulls, encoding, low(range), high(range));
            chunkRange.add(range);
        }
        fileRange.add(chunkRange);
        chunk.statistics(nulls, low(chunkRange), high(chunkRange));
        if (bloomed) {
            chunk.bloom(bloom(isDictionary));
        }
    }

    /** Numbers the values into {@code ids}, non-null ones only; false when a dictionary does not pay. */
    private boolean fillDictionary() {
        dictionary.clear();
        int present = size - nulls;
        int most = Math.max(1, present / 3);
        int at = 0;
        long last = 0;
        int lastId = -1;
        for (int i = 0; i < size; i++) {
            if (missing[i]) {
                continue;
            }
            long value = bits[i];
            if (lastId < 0 || value != last) {
                lastId = dictionary.idOf(value);
                last = value;
                if (lastId < 0 || lastId >= most) {
                    return false;
                }
            }
            ids[at++] = lastId;
        }
        return present > 0;
    }

    private void encodeIds(int from, int to, ByteSink body) {
        int first = from - nullsIn(0, from);
        int last = to - nullsIn(0, to);
        int idWidth = Hybrid.widthOf(dictionary.size());
        body.write(idWidth);
        Hybrid.encode(ids, first, last, idWidth, body);
    }

    private Encoding encodeValues(int from, int to, ByteSink body) throws IOException {
        return switch (type) {
            case BOOLEAN -> {
                int pending = 0;
                int count = 0;
                for (int i = from; i < to; i++) {
                    if (!missing[i]) {
                        pending |= (int) bits[i] << (count & 7);
                        if ((++count & 7) == 0) {
                            body.write(pending);
                            pending = 0;
                        }
                    }
                }
                if ((count & 7) != 0) {
                    body.write(pending);
                }
                yield Encoding.PLAIN;
            }
            case FLOAT, DOUBLE -> {
                for (int i = from; i < to; i++) {
                    if (!missing[i]) {
                        body.putBytes(bits[i], width);
                    }
                }
                yield Encoding.PLAIN;
            }
            case LONG, TIMESTAMP -> {
                try (var delta = new DeltaBinaryPackingValuesWriterForLong(
                        DELTA_BLOCK, DELTA_MINI_BLOCKS, 64 << 10, 1 << 20, HeapByteBufferAllocator.getInstance())) {
                    for (int i = from; i < to; i++) {
                        if (!missing[i]) {
                            delta.writeLong(bits[i]);
                        }
                    }
                    delta.getBytes().writeAllTo(body);
                }
                yield Encoding.DELTA_BINARY_PACKED;
            }
            case INT, DATE -> {
                try (var delta = new DeltaBinaryPackingValuesWriterForInteger(
                        DELTA_BLOCK, DELTA_MINI_BLOCKS, 64 << 10, 1 << 20, HeapByteBufferAllocator.getInstance())) {
                    for (int i = from; i < to; i++) {
                        if (!missing[i]) {
                            delta.writeInteger((int) bits[i]);
                        }
                    }
                    delta.getBytes().writeAllTo(body);
                }
                yield Encoding.DELTA_BINARY_PACKED;
            }
            case STRING, BINARY -> throw new IllegalStateException(type + " has no fixed width");
        };
    }

    private void measure(int from, int to) {
        range.clear();
        long low = Long.MAX_VALUE;
        long high = Long.MIN_VALUE;
        for (int i = from; i < to; i++) {
            if (!missing[i]) {
                long ordered = ordered(bits[i]);
                low = Math.min(low, ordered);
                high = Math.max(high, ordered);
            }
        }
        range.low = low;
        range.high = high;
        if (type == ColumnType.DOUBLE || type == ColumnType.FLOAT) {
            range.hasNaN = low <= high && (Double.isNaN(asDouble(low)) || Double.isNaN(asDouble(high)));
        }
    }

    /** Patterns in an order that is the order of the values; its own inverse. NaN comes first or last. */
    private long ordered(long pattern) {
        return switch (type) {
            case DOUBLE -> pattern ^ ((pattern >> 63) & Long.MAX_VALUE);
            case FLOAT -> pattern ^ ((pattern >> 63) & Integer.MAX_VALUE);
            case BOOLEAN, INT, LONG, TIMESTAMP, DATE, STRING, BINARY -> pattern;
        };
    }

    private double asDouble(long ordered) {
        long pattern = ordered(ordered);
        return type == ColumnType.DOUBLE ? Double.longBitsToDouble(pattern) : Float.intBitsToFloat((int) pattern);
    }

    private byte @Nullable [] low(Range of) {
        if (!of.isKnown()) {
            return null;
        }
        boolean isZero = isFloating() && asDouble(of.low) == 0;
        return bytes(isZero ? (type == ColumnType.DOUBLE ? Long.MIN_VALUE : Integer.MIN_VALUE) : ordered(of.low));
    }

    private byte @Nullable [] high(Range of) {
        if (!of.isKnown()) {
            return null;
        }
        boolean isZero = isFloating() && asDouble(of.high) == 0;
        return bytes(isZero ? 0 : ordered(of.high));
    }

    private boolean isFloating() {
        return type == ColumnType.DOUBLE || type == ColumnType.FLOAT;
    }

    private byte[] bytes(long pattern) {
        byte[] bytes = new byte[width];
        for (int i = 0; i < width; i++) {
            bytes[i] = (byte) (pattern >>> (8 * i));
        }
        return bytes;
    }

    private BlockSplitBloomFilter bloom(boolean isDictionary) {
        int distinct = isDictionary ? dictionary.size() : size - nulls;
        BlockSplitBloomFilter filter = ChunkWriter.bloomFor(distinct);
        for (int i = 0; i < (isDictionary ? distinct : size); i++) {
            if (isDictionary || !missing[i]) {
                long value = isDictionary ? dictionary.value(i) : bits[i];
                filter.insertHash(width == Integer.BYTES ? filter.hash((int) value) : filter.hash(value));
            }
        }
        return filter;
    }

    @Override
    @Nullable
    ColumnBounds bounds() {
        if (fileRange.low > fileRange.high) {
            return new ColumnBounds(null, null, fileNulls);
        }
        if (fileRange.hasNaN) {
            return null;
        }
        return isFloating()
                ? new ColumnBounds(asDouble(fileRange.low), asDouble(fileRange.high), fileNulls)
                : new ColumnBounds(fileRange.low, fileRange.high, fileNulls);
    }

    long fileLow() {
        return fileRange.low;
    }

    long fileHigh() {
        return fileRange.high;
    }
}
