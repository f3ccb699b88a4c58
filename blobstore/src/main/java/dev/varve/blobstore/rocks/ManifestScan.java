package dev.varve.blobstore.rocks;

import java.util.zip.CRC32C;

/**
 * Reads a RocksDB manifest as the sequence of checked pieces that it is, without knowing what they say.
 *
 * <p>Blocks of 32 KiB hold pieces: a masked CRC32C (4 bytes, little-endian) of what follows the length, the length (2
 * bytes), a kind (1 byte), and the content. Fewer than 7 bytes at the end of a block are zero.
 */
final class ManifestScan {
    private static final int BLOCK_BYTES = 32 << 10;
    private static final int HEADER_BYTES = 7;
    private static final int LAST_KIND = 4;
    private static final int MASK = 0xA282EAD8;

    private final byte[] bytes;

    ManifestScan(byte[] bytes) {
        this.bytes = bytes;
    }

    /**
     * Offset of the first piece that is damaged, or -1. An unreadable end behind which nothing is readable is what a loss of
     * power leaves of an unsynced write, and no damage, unless it is below {@code atLeast}.
     */
    long firstBadByte(long atLeast) {
        int at = 0;
        while (at < bytes.length) {
            int left = BLOCK_BYTES - at % BLOCK_BYTES;
            if (left < HEADER_BYTES) {
                if (!isZero(at, Math.min(bytes.length, at + left))) {
                    return at;
                }
                at += left;
                continue;
            }
            int end = pieceEnd(at);
            if (end < 0) {
                return at < atLeast || isReadableBehind(at) ? at : -1;
            }
            at = end;
        }
        return -1;
    }

    private boolean isZero(int from, int to) {
        for (int i = from; i < to; i++) {
            if (bytes[i] != 0) {
                return false;
            }
        }
        return true;
    }

    private boolean isReadableBehind(int at) {
        for (int i = at + 1; i < bytes.length; i++) {
            if (pieceEnd(i) > 0) {
                return true;
            }
        }
        return false;
    }

    /** Where the piece at an offset ends, or -1 if there is none. */
    private int pieceEnd(int at) {
        if (at + HEADER_BYTES > bytes.length) {
            return -1;
        }
        int length = octet(at + 4) | octet(at + 5) << 8;
        int kind = octet(at + 6);
        int end = at + HEADER_BYTES + length;
        int blockEnd = at - at % BLOCK_BYTES + BLOCK_BYTES;
        if (kind < 1 || kind > LAST_KIND || end > bytes.length || end > blockEnd) {
            return -1;
        }
        CRC32C crc = new CRC32C();
        crc.update(bytes, at + HEADER_BYTES - 1, length + 1);
        int found = octet(at) | octet(at + 1) << 8 | octet(at + 2) << 16 | octet(at + 3) << 24;
        return Integer.rotateRight((int) crc.getValue(), 15) + MASK == found ? end : -1;
    }

    private int octet(int at) {
        return Byte.toUnsignedInt(bytes[at]);
    }
}
