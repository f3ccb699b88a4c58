package dev.varve.ingest.parquet;

import com.github.luben.zstd.Zstd;
import java.io.IOException;
import org.apache.parquet.format.CompressionCodec;
import org.xerial.snappy.Snappy;

/** How pages are compressed. */
public enum Codec {
    NONE(CompressionCodec.UNCOMPRESSED),
    SNAPPY(CompressionCodec.SNAPPY),
    ZSTD(CompressionCodec.ZSTD);

    private static final int ZSTD_LEVEL = 1;

    private final CompressionCodec code;

    Codec(CompressionCodec code) {
        this.code = code;
    }

    CompressionCodec code() {
        return code;
    }

    static Codec of(CompressionCodec code) throws IOException {
        for (Codec codec : values()) {
            if (codec.code == code) {
                return codec;
            }
        }
        throw new IOException("pages are compressed with " + code + "; only none, snappy and zstd are read here");
    }

    /** Appends the compressed bytes; returns how many there are. */
    int compress(byte[] bytes, int length, ByteSink out) throws IOException {
        return switch (this) {
            case NONE -> {
                out.write(bytes, 0, length);
                yield length;
            }
            case SNAPPY -> {
                int start = out.skip(Snappy.maxCompressedLength(length));
                int size = Snappy.compress(bytes, 0, length, out.array(), start);
                out.shrink(start + size);
                yield size;
            }
            case ZSTD -> {
                int start = out.skip(Math.toIntExact(Zstd.compressBound(length)));
                long size =
                        Zstd.compressByteArray(out.array(), start, out.size() - start, bytes, 0, length, ZSTD_LEVEL);
                if (Zstd.isError(size)) {
                    throw new IOException("zstd: " + Zstd.getErrorName(size));
                }
                out.shrink(start + (int) size);
                yield (int) size;
            }
        };
    }

    byte[] decompress(byte[] bytes, int offset, int length, int size) throws IOException {
        byte[] plain = new byte[size];
        long found = switch (this) {
            case NONE -> {
                System.arraycopy(bytes, offset, plain, 0, size);
                yield length;
            }
            case SNAPPY -> Snappy.uncompress(bytes, offset, length, plain, 0);
            case ZSTD -> Zstd.decompressByteArray(plain, 0, size, bytes, offset, length);
        };
        if (found != size) {
            throw new IOException("a page has " + found + " bytes instead of " + size);
        }
        return plain;
    }
}
