package dev.varve.blobstore.meta;

import dev.varve.blobstore.object.ObjectKey;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Keys of rows; the package's comment is their format. */
final class RowKeys {
    private static final int BUCKET_PREFIX_BYTES = Short.BYTES + Long.BYTES;

    private RowKeys() {}

    static byte[] shard(int shard) {
        return new BytesOut(Short.BYTES).fixed16(shard).toBytes();
    }

    static byte[] bucket(int shard, String name) {
        return new BytesOut(80)
                .fixed16(shard)
                .raw(name.getBytes(StandardCharsets.UTF_8))
                .toBytes();
    }

    static String bucketOf(byte[] row) {
        return new String(row, Short.BYTES, row.length - Short.BYTES, StandardCharsets.UTF_8);
    }

    /** What begins the rows of a bucket. */
    static byte[] inBucket(int shard, long bucket) {
        return new BytesOut(BUCKET_PREFIX_BYTES).fixed16(shard).fixed64(bucket).toBytes();
    }

    /** What begins the rows of a key. */
    static byte[] inKey(int shard, long bucket, ObjectKey key) {
        return escape(shard, bucket, key.bytes()).octet(0).octet(1).toBytes();
    }

    /** What begins the rows of all keys with a prefix. */
    static byte[] withPrefix(int shard, long bucket, byte[] prefix) {
        return escape(shard, bucket, prefix).toBytes();
    }

    private static BytesOut escape(int shard, long bucket, byte[] key) {
        BytesOut out = new BytesOut(BUCKET_PREFIX_BYTES + key.length + 16);
        out.fixed16(shard).fixed64(bucket);
        for (byte next : key) {
            out.octet(next);
            if (next == 0) {
                out.octet(0xFF);
            }
        }
        return out;
    }

    /** Row of a version, given what begins the rows of its key. */
    static byte[] version(byte[] inKey, long version) {
        return new BytesOut(inKey.length + Long.BYTES)
                .raw(inKey)
                .fixed64(~version)
                .toBytes();
    }

    /** Version of a row of the object family. */
    static long versionOf(byte[] row) {
        return ~lastLong(row);
    }

    static byte[] upload(byte[] inKey, long upload) {
        return new BytesOut(inKey.length + Long.BYTES)
                .raw(inKey)
                .fixed64(upload)
                .toBytes();
    }

    /** What ends a key of the upload family. */
    static long lastLong(byte[] row) {
        long value = 0;
        for (int i = row.length - Long.BYTES; i < row.length; i++) {
            value = (value << 8) | (row[i] & 0xFF);
        }
        return value;
    }

    /** Key of the object that a row of the object or upload family is about. */
    static ObjectKey keyOf(byte[] row) {
        int end = row.length - Long.BYTES - 2;
        byte[] key = new byte[end - BUCKET_PREFIX_BYTES];
        int size = 0;
        for (int i = BUCKET_PREFIX_BYTES; i < end; i++) {
            key[size++] = row[i];
            if (row[i] == 0) {
                i++;
            }
        }
        return ObjectKey.of(Arrays.copyOf(key, size));
    }

    /** What begins the rows of the key that a row of the object or upload family is about. */
    static byte[] withoutNumber(byte[] row) {
        return Arrays.copyOf(row, row.length - Long.BYTES);
    }

    static byte[] completed(int shard, long upload) {
        return new BytesOut(16).fixed16(shard).fixed64(upload).toBytes();
    }

    /** What begins the rows of an upload's parts. */
    static byte[] inUpload(int shard, long upload) {
        return completed(shard, upload);
    }

    static byte[] part(int shard, long upload, int number) {
        return new BytesOut(16).fixed16(shard).fixed64(upload).fixed16(number).toBytes();
    }

    static int partOf(byte[] row) {
        return ((row[row.length - 2] & 0xFF) << 8) | (row[row.length - 1] & 0xFF);
    }

    static byte[] trash(int shard, MetaOp.TrashId id) {
        return new BytesOut(32)
                .fixed16(shard)
                .fixed64(id.epoch())
                .fixed64(id.high())
                .fixed64(id.low())
                .toBytes();
    }

    static MetaOp.TrashId trashOf(byte[] row) {
        ByteBuffer numbers = ByteBuffer.wrap(row).position(Short.BYTES);
        return new MetaOp.TrashId(numbers.getLong(), numbers.getLong(), numbers.getLong());
    }

    /** The first key behind all that begin with these bytes; not for bytes that are all FF. */
    static byte[] behind(byte[] prefix) {
        int length = prefix.length;
        while (prefix[length - 1] == (byte) 0xFF) {
            length--;
        }
        byte[] next = Arrays.copyOf(prefix, length);
        next[length - 1]++;
        return next;
    }

    /** The first key behind this one. */
    static byte[] after(byte[] row) {
        return Arrays.copyOf(row, row.length + 1);
    }

    static boolean startsWith(byte[] row, byte[] prefix) {
        return row.length >= prefix.length && Arrays.equals(row, 0, prefix.length, prefix, 0, prefix.length);
    }
}
