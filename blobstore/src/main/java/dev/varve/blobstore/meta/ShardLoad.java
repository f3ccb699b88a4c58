package dev.varve.blobstore.meta;

import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import org.rocksdb.WriteBatch;

/** Reads the rows that a {@link ShardImage} wrote, and puts them into a store batch by batch. Used by one thread. */
final class ShardLoad {
    private static final int BATCH_BYTES = 1 << 20;
    /** No row comes near it. */
    private static final int MOST_ROW_BYTES = 1 << 30;

    private final RowStore rows;
    private final byte[] prefix;
    private final InputStream in;
    private final Family[] families = new Family[256];
    private RowHash hash = RowHash.NONE;

    ShardLoad(RowStore rows, int shard, InputStream in) {
        this.rows = rows;
        this.prefix = RowKeys.shard(shard);
        this.in = in;
        for (Family family : Family.values()) {
            if (family != Family.STATE) {
                families[family.code()] = family;
            }
        }
    }

    /** Reads to the end, and returns the hash of the rows. */
    RowHash run() throws IOException {
        int format = octet();
        if (format != ShardImage.FORMAT) {
            throw malformed("it has format " + format);
        }
        int code = octet();
        while (code != ShardImage.END) {
            code = batch(code);
        }
        return hash;
    }

    private int batch(int firstCode) throws IOException {
        int code = firstCode;
        try (WriteBatch batch = new WriteBatch()) {
            long bytes = 0;
            while (code != ShardImage.END && bytes < BATCH_BYTES) {
                Family family = families[code];
                if (family == null) {
                    throw malformed("it has rows of family " + code);
                }
                byte[] key = sized();
                byte[] value = sized();
                if (!RowKeys.startsWith(key, prefix)) {
                    throw malformed("it has rows of another shard");
                }
                hash = hash.plus(RowHash.of(family, key, value));
                rows.add(batch, family, key, value);
                bytes += key.length + value.length;
                code = octet();
            }
            rows.write(batch);
        }
        return code;
    }

    private int octet() throws IOException {
        int octet = in.read();
        if (octet < 0) {
            throw new EOFException("the rows end early");
        }
        return octet;
    }

    private byte[] sized() throws IOException {
        long length = 0;
        int octet;
        int shift = 0;
        do {
            octet = octet();
            length |= (long) (octet & 0x7F) << shift;
            shift += 7;
        } while ((octet & 0x80) != 0 && shift < Long.SIZE);
        if (length < 0 || length > MOST_ROW_BYTES) {
            throw malformed("a row has " + length + " bytes");
        }
        byte[] bytes = in.readNBytes((int) length);
        if (bytes.length < length) {
            throw new EOFException("the rows end early");
        }
        return bytes;
    }

    static VarveException malformed(String why) {
        return new VarveException(ErrorCode.CORRUPT, "a checkpoint of the metadata cannot be read: " + why);
    }
}
