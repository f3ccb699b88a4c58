package dev.varve.blobstore.chunk;

import java.nio.ByteBuffer;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * The first 64 bytes of a record in a segment.
 *
 * @param length of the payload
 * @param extent length of a FILE, segment that a TOMBSTONE speaks of
 * @param synced everything below this offset had been fsynced before
 * @param stamp of a chunk whose id was given to the store, and of the tombstone of such a one, the order between them: a
 *     tombstone deletes what has a lower stamp; otherwise 0
 */
record RecordHeader(
        Kind kind, ChunkId id, int length, long extent, long gcBirth, long synced, int crc, int blocksCrc, long stamp) {
    static final int BYTES = 64;
    static final int TRAILER_BYTES = 8;

    /** A record without payload. */
    static final int BARE_BYTES = BYTES + TRAILER_BYTES;

    static final int MAX_PAYLOAD_BYTES = 8 << 20;

    private static final int MAGIC = 0x5643484B;
    private static final byte FORMAT = 1;
    private static final int CRC_OFFSET = BYTES - Integer.BYTES;
    private static final ChunkId NONE = new ChunkId(0, 0);

    /** What a record says; codes are part of the format. */
    enum Kind {
        PUT(1),
        FILE(2),
        TOMBSTONE(3),
        MARK(4),
        SEAL(5);

        private final byte code;

        Kind(int code) {
            this.code = (byte) code;
        }

        byte code() {
            return code;
        }

        static @Nullable Kind of(byte code) {
            return switch (code) {
                case 1 -> PUT;
                case 2 -> FILE;
                case 3 -> TOMBSTONE;
                case 4 -> MARK;
                case 5 -> SEAL;
                default -> null;
            };
        }

        boolean isChunk() {
            return this == PUT || this == FILE;
        }
    }

    static RecordHeader put(ChunkId id, int length, long gcBirth, Blocks blocks, long stamp) {
        return new RecordHeader(Kind.PUT, id, length, 0, gcBirth, 0, blocks.crc(), blocks.tableCrc(), stamp);
    }

    static RecordHeader file(ChunkRef ref, long gcBirth, long stamp) {
        return new RecordHeader(Kind.FILE, ref.id(), 0, ref.length(), gcBirth, 0, ref.crc32c(), 0, stamp);
    }

    static RecordHeader tombstone(ChunkId id, long segment, long stamp) {
        return new RecordHeader(Kind.TOMBSTONE, id, 0, segment, 0, 0, 0, 0, stamp);
    }

    static RecordHeader closing(Kind kind) {
        return new RecordHeader(kind, NONE, 0, 0, 0, 0, 0, 0, 0);
    }

    /** Whether a tombstone deletes a chunk with the other stamp. */
    boolean deletes(long otherStamp) {
        return otherStamp == 0 || otherStamp < stamp;
    }

    int blockCount() {
        return Blocks.count(length);
    }

    int tableBytes() {
        return blockCount() * Integer.BYTES;
    }

    /** From the record's start to its payload. */
    int payloadOffset() {
        return BYTES + tableBytes();
    }

    int recordBytes() {
        return recordBytes(length);
    }

    static int recordBytes(long payload) {
        return Math.toIntExact(BARE_BYTES + payload + (long) Blocks.count(payload) * Integer.BYTES);
    }

    /** Writes the header as one of a segment, of which everything below {@code syncedNow} is durable. */
    void write(ByteBuffer out, int salt, long syncedNow) {
        int start = out.position();
        out.putInt(MAGIC).put(FORMAT).put(kind.code()).putShort((short) 0);
        out.putLong(id.high()).putLong(id.low());
        // The stamp has the place of what a record of its kind does not have.
        out.putInt(kind == Kind.FILE ? (int) (stamp >>> 32) : length);
        out.putLong(kind == Kind.PUT ? stamp : extent);
        out.putLong(kind == Kind.TOMBSTONE ? stamp : gcBirth);
        out.putLong(syncedNow).putInt(crc);
        out.putInt(kind == Kind.FILE ? (int) stamp : blocksCrc);
        out.putInt(headerCrc(out, start, salt));
    }

    void writeTrailer(ByteBuffer out) {
        out.putInt(crc).putInt(recordBytes());
    }

    boolean isTrailer(ByteBuffer bytes, int start) {
        return bytes.getInt(start) == crc && bytes.getInt(start + Integer.BYTES) == recordBytes();
    }

    /** The header at {@code start}, or null if there is none that belongs to a segment of this salt. */
    static @Nullable RecordHeader read(ByteBuffer in, int start, int salt) {
        if (in.getInt(start) != MAGIC || in.getInt(start + CRC_OFFSET) != headerCrc(in, start, salt)) {
            return null;
        }
        Kind kind = Kind.of(in.get(start + 5));
        int length = kind == Kind.FILE ? 0 : in.getInt(start + 24);
        if (kind == null || in.get(start + 4) != FORMAT || length < 0 || length > MAX_PAYLOAD_BYTES) {
            return null;
        }
        long extent = in.getLong(start + 28);
        long gcBirth = in.getLong(start + 36);
        int blocksCrc = in.getInt(start + 56);
        long stamp = switch (kind) {
            case PUT -> extent;
            case FILE -> (long) in.getInt(start + 24) << 32 | Integer.toUnsignedLong(blocksCrc);
            case TOMBSTONE -> gcBirth;
            case MARK, SEAL -> 0;
        };
        return new RecordHeader(
                kind,
                new ChunkId(in.getLong(start + 8), in.getLong(start + 16)),
                length,
                kind == Kind.PUT ? 0 : extent,
                kind == Kind.TOMBSTONE ? 0 : gcBirth,
                in.getLong(start + 44),
                in.getInt(start + 52),
                kind == Kind.FILE ? 0 : blocksCrc,
                stamp);
    }

    private static int headerCrc(ByteBuffer buffer, int start, int salt) {
        CRC32C crc = new CRC32C();
        crc.update(salt >>> 24);
        crc.update(salt >>> 16);
        crc.update(salt >>> 8);
        crc.update(salt);
        crc.update(buffer.duplicate().limit(start + CRC_OFFSET).position(start));
        return (int) crc.getValue();
    }
}
