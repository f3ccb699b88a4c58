package dev.varve.ingest.parquet;

import com.github.luben.zstd.Zstd;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.Arrays;
import java.util.zip.CRC32;
import java.util.zip.GZIPInputStream;
import org.apache.commons.compress.compressors.lz4.BlockLZ4CompressorInputStream;
import org.apache.parquet.bytes.BytesInput;
import org.apache.parquet.column.Encoding;
import org.apache.parquet.column.page.DataPage;
import org.apache.parquet.column.page.DataPageV1;
import org.apache.parquet.column.page.DataPageV2;
import org.apache.parquet.column.page.DictionaryPage;
import org.apache.parquet.column.page.PageReader;
import org.apache.parquet.format.ColumnMetaData;
import org.apache.parquet.format.CompressionCodec;
import org.apache.parquet.format.DataPageHeader;
import org.apache.parquet.format.DataPageHeaderV2;
import org.apache.parquet.format.DictionaryPageHeader;
import org.apache.parquet.format.PageHeader;
import org.apache.parquet.format.Util;
import org.jspecify.annotations.Nullable;
import org.xerial.snappy.Snappy;

/** The pages of one column chunk, one at a time, checksums verified, lengths checked before memory is taken. */
final class ChunkPages implements PageReader {
    private static final int MOST_HEADER_BYTES = 1 << 20;

    private final FileChannel file;
    private final ColumnMetaData chunk;
    private final PageBudget budget;
    private final long end;
    private final @Nullable DictionaryPage dictionary;
    private long at;
    private long seen;
    private long held;

    ChunkPages(FileChannel file, ColumnMetaData chunk, PageBudget budget) throws IOException {
        this.file = file;
        this.chunk = chunk;
        this.budget = budget;
        long data = chunk.getData_page_offset();
        long start = chunk.isSetDictionary_page_offset() && chunk.getDictionary_page_offset() > 0
                ? Math.min(data, chunk.getDictionary_page_offset())
                : data;
        end = start + chunk.getTotal_compressed_size();
        if (start < 4 || end < start || end > file.size()) {
            throw new IOException("a column chunk from " + start + " to " + end + " in a file of " + file.size());
        }
        at = start;
        dictionary = readFirst();
    }

    private @Nullable DictionaryPage readFirst() throws IOException {
        if (at == end) {
            return null;
        }
        long start = at;
        PageHeader header = readHeader();
        DictionaryPageHeader described = header.getDictionary_page_header();
        if (described == null) {
            at = start;
            return null;
        }
        budget.exchange(0, header.getUncompressed_page_size());
        byte[] bytes = inflate(body(header), 0, header.getUncompressed_page_size(), true);
        if (described.getNum_values() < 0 || described.getNum_values() > bytes.length) {
            throw new IOException(
                    "a dictionary of " + described.getNum_values() + " values in " + bytes.length + " bytes");
        }
        return new DictionaryPage(BytesInput.from(bytes), described.getNum_values(), encoding(described.getEncoding()));
    }

    private static Encoding encoding(org.apache.parquet.format.@Nullable Encoding encoding) throws IOException {
        if (encoding == null) {
            throw new IOException("a page without an encoding");
        }
        return Encoding.valueOf(encoding.name());
    }

    private PageHeader readHeader() throws IOException {
        int most = (int) Math.min(end - at, MOST_HEADER_BYTES);
        Counted in = new Counted(file, at, most);
        PageHeader header = Util.readPageHeader(in);
        at += in.count;
        int bytes = header.getCompressed_page_size();
        if (bytes < 0 || bytes > end - at || header.getUncompressed_page_size() < 0) {
            throw new IOException("a page of " + bytes + " bytes in a chunk with " + (end - at) + " left");
        }
        return header;
    }

    private byte[] body(PageHeader header) throws IOException {
        int size = header.getCompressed_page_size();
        byte[] bytes = ParquetRowReader.read(file, at, size).array();
        at += size;
        if (header.isSetCrc()) {
            CRC32 crc = new CRC32();
            crc.update(bytes);
            if ((int) crc.getValue() != header.getCrc()) {
                throw new IOException("a page does not match its checksum");
            }
        }
        return bytes;
    }

    @Override
    public @Nullable DictionaryPage readDictionaryPage() {
        return dictionary;
    }

    @Override
    public long getTotalValueCount() {
        return chunk.getNum_values();
    }

    @Override
    public @Nullable DataPage readPage() {
        try {
            while (at < end && seen < chunk.getNum_values()) {
                DataPage page = readData(readHeader());
                if (page != null) {
                    return page;
                }
            }
            return null;
        } catch (IOException e) {
            throw new UncheckedIOException(e.getMessage(), e);
        }
    }

    private @Nullable DataPage readData(PageHeader header) throws IOException {
        DataPageHeader first = header.getData_page_header();
        DataPageHeaderV2 second = header.getData_page_header_v2();
        if (first == null && second == null) {
            at += header.getCompressed_page_size();
            return null;
        }
        budget.exchange(held, header.getUncompressed_page_size());
        held = header.getUncompressed_page_size();
        int values = first != null
                ? first.getNum_values()
                : ParquetRowReader.present(second).getNum_values();
        if (values < 0 || values > chunk.getNum_values() - seen) {
            throw new IOException(
                    "a page of " + values + " values in a chunk with " + (chunk.getNum_values() - seen) + " left");
        }
        seen += values;
        return first != null ? dataV1(first, header) : dataV2(ParquetRowReader.present(second), header);
    }

    @SuppressWarnings("NullAway") // statistics may be absent, which the library does not declare
    private DataPage dataV1(DataPageHeader described, PageHeader header) throws IOException {
        int size = header.getUncompressed_page_size();
        return new DataPageV1(
                BytesInput.from(inflate(body(header), 0, size, true)),
                described.getNum_values(),
                size,
                null,
                encoding(described.getRepetition_level_encoding()),
                encoding(described.getDefinition_level_encoding()),
                encoding(described.getEncoding()));
    }

    @SuppressWarnings("NullAway") // as above
    private DataPage dataV2(DataPageHeaderV2 described, PageHeader header) throws IOException {
        byte[] bytes = body(header);
        int repetition = described.getRepetition_levels_byte_length();
        int definition = described.getDefinition_levels_byte_length();
        long levels = (long) repetition + definition;
        if (repetition < 0 || definition < 0 || levels > bytes.length || levels > header.getUncompressed_page_size()) {
            throw new IOException("levels of " + levels + " bytes in a page of " + bytes.length);
        }
        boolean compressed = !described.isSetIs_compressed() || described.isIs_compressed();
        byte[] data = inflate(bytes, (int) levels, header.getUncompressed_page_size() - (int) levels, compressed);
        return DataPageV2.uncompressed(
                described.getNum_rows(),
                described.getNum_nulls(),
                described.getNum_values(),
                BytesInput.from(Arrays.copyOf(bytes, repetition)),
                BytesInput.from(Arrays.copyOfRange(bytes, repetition, (int) levels)),
                encoding(described.getEncoding()),
                BytesInput.from(data),
                null);
    }

    /** The bytes from an offset on, decompressed to exactly that size. */
    private byte[] inflate(byte[] bytes, int from, int size, boolean compressed) throws IOException {
        CompressionCodec codec = compressed ? chunk.getCodec() : CompressionCodec.UNCOMPRESSED;
        int length = bytes.length - from;
        if (codec == null) {
            throw new IOException("a column chunk without a codec");
        }
        if (size == 0) {
            return new byte[0];
        }
        return switch (codec) {
            case UNCOMPRESSED -> exactly(size, Arrays.copyOfRange(bytes, from, bytes.length));
            case SNAPPY -> {
                if (Snappy.uncompressedLength(bytes, from, length) != size) {
                    throw new IOException("a snappy page that does not become " + size + " bytes");
                }
                byte[] out = new byte[size];
                Snappy.uncompress(bytes, from, length, out, 0);
                yield out;
            }
            case ZSTD -> {
                byte[] out = new byte[size];
                long count = Zstd.decompressByteArray(out, 0, size, bytes, from, length);
                if (count != size) {
                    throw new IOException("a zstd page that does not become " + size + " bytes");
                }
                yield out;
            }
            case GZIP -> {
                try (InputStream in = new GZIPInputStream(new ByteArrayInputStream(bytes, from, length))) {
                    yield exactly(size, in.readNBytes(size));
                }
            }
            case LZ4_RAW -> {
                try (InputStream in =
                        new BlockLZ4CompressorInputStream(new ByteArrayInputStream(bytes, from, length))) {
                    yield exactly(size, in.readNBytes(size));
                }
            }
            case LZO, BROTLI, LZ4 ->
                throw new IOException(codec + " compression is not supported; use zstd, snappy, gzip or lz4_raw");
        };
    }

    private static byte[] exactly(int size, byte[] bytes) throws IOException {
        if (bytes.length != size) {
            throw new IOException("a page of " + bytes.length + " bytes that should have " + size);
        }
        return bytes;
    }

    /** Counts what is read and ends early. */
    private static final class Counted extends InputStream {
        private final FileChannel file;
        private final long start;
        private final int most;
        private final byte[] buffer = new byte[512];
        private int filled;
        private int next;
        private long position;
        private int count;

        Counted(FileChannel file, long start, int most) {
            this.file = file;
            this.start = start;
            this.most = most;
        }

        @Override
        public int read() throws IOException {
            if (count >= most) {
                return -1;
            }
            if (next == filled) {
                filled = Math.max(0, file.read(ByteBuffer.wrap(buffer), start + position));
                next = 0;
                position += filled;
                if (filled == 0) {
                    return -1;
                }
            }
            count++;
            return buffer[next++] & 0xFF;
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            int done = 0;
            while (done < length) {
                int value = read();
                if (value < 0) {
                    return done == 0 ? -1 : done;
                }
                bytes[offset + done++] = (byte) value;
            }
            return done;
        }
    }
}
