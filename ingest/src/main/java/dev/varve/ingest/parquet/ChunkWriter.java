package dev.varve.ingest.parquet;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.zip.CRC32;
import org.apache.parquet.column.values.bloomfilter.BlockSplitBloomFilter;
import org.apache.parquet.format.BoundaryOrder;
import org.apache.parquet.format.ColumnChunk;
import org.apache.parquet.format.ColumnIndex;
import org.apache.parquet.format.ColumnMetaData;
import org.apache.parquet.format.DataPageHeader;
import org.apache.parquet.format.DictionaryPageHeader;
import org.apache.parquet.format.Encoding;
import org.apache.parquet.format.OffsetIndex;
import org.apache.parquet.format.PageHeader;
import org.apache.parquet.format.PageLocation;
import org.apache.parquet.format.PageType;
import org.apache.parquet.format.Statistics;
import org.apache.parquet.format.Type;
import org.apache.parquet.format.Util;
import org.jspecify.annotations.Nullable;

/** Writes the pages of one column chunk and collects what the footer says about it. */
final class ChunkWriter {
    private static final double FALSE_POSITIVES = 0.01;
    /** Longer texts are cut in the column index, and only noted as inexact in the statistics. */
    private static final int INDEX_BYTES = 64;

    private static final int STATISTICS_BYTES = 1_024;

    /** What is left to write behind the row groups for one chunk. */
    record Written(
            ColumnChunk chunk,
            ColumnMetaData meta,
            @Nullable ColumnIndex columnIndex,
            OffsetIndex offsetIndex,
            @Nullable BlockSplitBloomFilter bloom) {}

    private final FileLayout.Field field;
    private final Codec codec;
    private final OutputStream out;
    private final long start;
    private final ByteSink body;
    private final ByteSink packed;
    private final ByteSink header = new ByteSink();
    private final int[] levels;
    private final ColumnMetaData meta;
    private final Set<Encoding> encodings = EnumSet.of(Encoding.RLE);
    private final List<PageLocation> pages = new ArrayList<>();
    private final List<Boolean> nullPages = new ArrayList<>();
    private final List<ByteBuffer> lows = new ArrayList<>();
    private final List<ByteBuffer> highs = new ArrayList<>();
    private final List<Long> nullCounts = new ArrayList<>();
    private boolean isIndexed = true;
    private long position;
    private long plainBytes;
    private long rows;
    private @Nullable BlockSplitBloomFilter bloom;

    ChunkWriter(
            FileLayout.Field field,
            Type type,
            Codec codec,
            OutputStream out,
            long start,
            ByteSink body,
            ByteSink packed,
            int[] levels) {
        this.field = field;
        this.codec = codec;
        this.out = out;
        this.start = start;
        this.position = start;
        this.body = body;
        this.packed = packed;
        this.levels = levels;
        this.meta = new ColumnMetaData();
        meta.setType(type);
        meta.setPath_in_schema(List.of(field.column().name()));
        meta.setCodec(codec.code());
    }

    static BlockSplitBloomFilter bloomFor(int distinct) {
        int bits = BlockSplitBloomFilter.optimalNumOfBits(Math.max(1, distinct), FALSE_POSITIVES);
        return new BlockSplitBloomFilter(Math.max(BlockSplitBloomFilter.LOWER_BOUND_BYTES, bits / Byte.SIZE));
    }

    /** The empty body of the next page. */
    ByteSink body() {
        body.clear();
        return body;
    }

    /** Puts the definition levels of the page's rows, when the column has any. */
    void levels(boolean[] missing, int from, int to, int nulls) {
        if (!field.isOptional()) {
            if (nulls > 0) {
                throw new IllegalArgumentException(
                        nulls + " nulls in required column " + field.column().name());
            }
            return;
        }
        int length = body.skip(Integer.BYTES);
        if (nulls == 0 || nulls == to - from) {
            body.putVarint((to - from) << 1);
            body.write(nulls == 0 ? 1 : 0);
        } else {
            for (int i = from; i < to; i++) {
                levels[i - from] = missing[i] ? 0 : 1;
            }
            Hybrid.encode(levels, 0, to - from, 1, body);
        }
        body.setInt(length, body.size() - length - Integer.BYTES);
    }

    void dictionaryPage(int values) throws IOException {
        meta.setDictionary_page_offset(position);
        encodings.add(Encoding.PLAIN);
        PageHeader page = new PageHeader(PageType.DICTIONARY_PAGE, body.size(), 0);
        page.setDictionary_page_header(new DictionaryPageHeader(values, Encoding.PLAIN));
        write(page);
    }

    /** Writes the body as a data page; bounds are null when all values are null or none can be given. */
    void dataPage(int pageRows, int nulls, Encoding encoding, byte @Nullable [] low, byte @Nullable [] high)
            throws IOException {
        encodings.add(encoding);
        PageHeader page = new PageHeader(PageType.DATA_PAGE, body.size(), 0);
        page.setData_page_header(new DataPageHeader(pageRows, encoding, Encoding.RLE, Encoding.RLE));
        long offset = position;
        int size = write(page);
        if (pages.isEmpty()) {
            meta.setData_page_offset(offset);
        }
        pages.add(new PageLocation(offset, size, rows));
        rows += pageRows;
        boolean isNullPage = nulls == pageRows;
        nullPages.add(isNullPage);
        nullCounts.add((long) nulls);
        if (isNullPage) {
            lows.add(ByteBuffer.allocate(0));
            highs.add(ByteBuffer.allocate(0));
            return;
        }
        byte[] cutHigh = high == null ? null : cutUpwards(high);
        if (low == null || cutHigh == null) {
            isIndexed = false;
            return;
        }
        lows.add(ByteBuffer.wrap(low, 0, Math.min(low.length, INDEX_BYTES)).slice());
        highs.add(ByteBuffer.wrap(cutHigh));
    }

    private static byte @Nullable [] cutUpwards(byte[] high) {
        if (high.length <= INDEX_BYTES) {
            return high;
        }
        int end = INDEX_BYTES;
        while (end > 0 && high[end - 1] == (byte) 0xFF) {
            end--;
        }
        if (end == 0) {
            return null;
        }
        byte[] cut = java.util.Arrays.copyOf(high, end);
        cut[end - 1]++;
        return cut;
    }

    private int write(PageHeader page) throws IOException {
        packed.clear();
        int size = codec.compress(body.array(), body.size(), packed);
        CRC32 crc = new CRC32();
        crc.update(packed.array(), 0, size);
        page.setCompressed_page_size(size);
        page.setCrc((int) crc.getValue());
        header.clear();
        Util.writePageHeader(page, header);
        out.write(header.array(), 0, header.size());
        out.write(packed.array(), 0, size);
        position += header.size() + size;
        plainBytes += header.size() + body.size();
        return header.size() + size;
    }

    void statistics(long nulls, byte @Nullable [] low, byte @Nullable [] high) {
        Statistics statistics = new Statistics();
        statistics.setNull_count(nulls);
        if (low != null && high != null && low.length <= STATISTICS_BYTES && high.length <= STATISTICS_BYTES) {
            statistics.setMin_value(low);
            statistics.setMax_value(high);
            statistics.setIs_min_value_exact(true);
            statistics.setIs_max_value_exact(true);
        }
        meta.setStatistics(statistics);
    }

    void bloom(BlockSplitBloomFilter filter) {
        bloom = filter;
    }

    Written finish() {
        meta.setNum_values(rows);
        meta.setEncodings(List.copyOf(encodings));
        meta.setTotal_compressed_size(position - start);
        meta.setTotal_uncompressed_size(plainBytes);
        ColumnChunk chunk = new ColumnChunk(0);
        chunk.setMeta_data(meta);
        ColumnIndex index = null;
        if (isIndexed) {
            index = new ColumnIndex(nullPages, lows, highs, BoundaryOrder.UNORDERED);
            index.setNull_counts(nullCounts);
        }
        return new Written(chunk, meta, index, new OffsetIndex(pages), bloom);
    }

    long end() {
        return position;
    }
}
