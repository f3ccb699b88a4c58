package dev.varve.ingest.parquet;

/** Parquet's RLE and bit-packing hybrid: runs of at least eight equal numbers as runs, the others packed. */
final class Hybrid {
    private static final int GROUP = 8;

    private Hybrid() {}

    static int widthOf(int distinct) {
        return Math.max(1, Integer.SIZE - Integer.numberOfLeadingZeros(distinct - 1));
    }

    static void encode(int[] values, int from, int to, int width, ByteSink out) {
        int packedFrom = from;
        int at = from;
        while (at < to) {
            int value = values[at];
            int end = at + 1;
            while (end < to && values[end] == value) {
                end++;
            }
            int padding = -(at - packedFrom) & (GROUP - 1);
            if (end - at - padding >= GROUP) {
                pack(values, packedFrom, at + padding, width, out);
                out.putVarint((end - at - padding) << 1);
                out.putBytes(value, (width + 7) >>> 3);
                packedFrom = end;
            }
            at = end;
        }
        pack(values, packedFrom, to, width, out);
    }

    private static void pack(int[] values, int from, int to, int width, ByteSink out) {
        if (from == to) {
            return;
        }
        int groups = (to - from + GROUP - 1) / GROUP;
        out.putVarint((groups << 1) | 1);
        int at = out.skip(groups * width);
        byte[] bytes = out.array();
        long pending = 0;
        int bits = 0;
        for (int i = from; i < to; i++) {
            pending |= (long) values[i] << bits;
            bits += width;
            while (bits >= Byte.SIZE) {
                bytes[at++] = (byte) pending;
                pending >>>= Byte.SIZE;
                bits -= Byte.SIZE;
            }
        }
        int end = out.size();
        while (at < end) {
            bytes[at++] = (byte) pending;
            pending = 0;
        }
    }
}
