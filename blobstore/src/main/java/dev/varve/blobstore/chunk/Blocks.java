package dev.varve.blobstore.chunk;

import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/**
 * Checksums of a chunk: one of each 64 KiB block and one of the whole.
 *
 * @param table the blocks' CRCs, 4 bytes each; never changed
 * @param crc of all bytes
 */
record Blocks(ByteBuffer table, int crc) {
    static final int BYTES = 1 << 16;

    static int count(long length) {
        return Math.toIntExact((length + BYTES - 1) / BYTES);
    }

    static Blocks of(ByteBuffer payload) {
        ByteBuffer table = ByteBuffer.allocate(count(payload.remaining()) * Integer.BYTES);
        ByteBuffer rest = payload.duplicate();
        CRC32C whole = new CRC32C();
        CRC32C one = new CRC32C();
        int end = rest.limit();
        while (rest.position() < end) {
            int start = rest.position();
            rest.limit(Math.min(end, start + BYTES));
            one.reset();
            one.update(rest);
            table.putInt((int) one.getValue());
            // The block is still in the processor's cache.
            whole.update(rest.position(start));
        }
        return new Blocks(table.flip(), (int) whole.getValue());
    }

    int tableCrc() {
        return crc(table);
    }

    /** Position and limit stay as they are. */
    static int crc(ByteBuffer bytes) {
        CRC32C crc = new CRC32C();
        crc.update(bytes.duplicate());
        return (int) crc.getValue();
    }

    static int crc(ByteBuffer bytes, int offset, int length) {
        CRC32C crc = new CRC32C();
        crc.update(bytes.duplicate().limit(offset + length).position(offset));
        return (int) crc.getValue();
    }
}
