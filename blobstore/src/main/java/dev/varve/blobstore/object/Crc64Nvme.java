package dev.varve.blobstore.object;

import java.util.zip.Checksum;

/** CRC-64/NVME, eight bytes a step. */
final class Crc64Nvme implements Checksum {
    /** 0xAD93D23594C93659 with its bits in reverse. */
    static final long POLYNOMIAL = 0x9A6C9329AC4BC9B5L;

    private static final long[][] TABLES = tables();

    private long state = -1;

    private static long[][] tables() {
        long[][] tables = new long[8][256];
        for (int i = 0; i < 256; i++) {
            long crc = i;
            for (int bit = 0; bit < 8; bit++) {
                crc = (crc & 1) == 0 ? crc >>> 1 : (crc >>> 1) ^ POLYNOMIAL;
            }
            tables[0][i] = crc;
        }
        for (int k = 1; k < 8; k++) {
            for (int i = 0; i < 256; i++) {
                long before = tables[k - 1][i];
                tables[k][i] = (before >>> 8) ^ tables[0][(int) before & 0xff];
            }
        }
        return tables;
    }

    @Override
    public void update(int b) {
        state = (state >>> 8) ^ TABLES[0][((int) state ^ b) & 0xff];
    }

    @Override
    public void update(byte[] bytes, int offset, int length) {
        long crc = state;
        int at = offset;
        int end = offset + length;
        for (; end - at >= 8; at += 8) {
            int low = (int) crc;
            int high = (int) (crc >>> 32);
            crc = TABLES[7][(low ^ bytes[at]) & 0xff]
                    ^ TABLES[6][((low >>> 8) ^ bytes[at + 1]) & 0xff]
                    ^ TABLES[5][((low >>> 16) ^ bytes[at + 2]) & 0xff]
                    ^ TABLES[4][((low >>> 24) ^ bytes[at + 3]) & 0xff]
                    ^ TABLES[3][(high ^ bytes[at + 4]) & 0xff]
                    ^ TABLES[2][((high >>> 8) ^ bytes[at + 5]) & 0xff]
                    ^ TABLES[1][((high >>> 16) ^ bytes[at + 6]) & 0xff]
                    ^ TABLES[0][((high >>> 24) ^ bytes[at + 7]) & 0xff];
        }
        for (; at < end; at++) {
            crc = (crc >>> 8) ^ TABLES[0][((int) crc ^ bytes[at]) & 0xff];
        }
        state = crc;
    }

    @Override
    public long getValue() {
        return ~state;
    }

    @Override
    public void reset() {
        state = -1;
    }
}
