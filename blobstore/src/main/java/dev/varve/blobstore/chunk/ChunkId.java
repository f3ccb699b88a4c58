package dev.varve.blobstore.chunk;

import java.util.HexFormat;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Names a chunk forever: placement group (16 bits), writer node (16), writer boot counter (32), counter (64); never
 * reused.
 */
public record ChunkId(long high, long low) implements Comparable<ChunkId> {
    public static final int BYTES = 16;

    static ChunkId of(int group, int node, int boot, long counter) {
        return new ChunkId((long) group << 48 | (long) node << 32 | Integer.toUnsignedLong(boot), counter);
    }

    /** An id for a writer without a disk that could count its boots: by chance nobody else's. */
    public static ChunkId random(int group, int node, RandomGenerator random) {
        return of(group, node, random.nextInt(), random.nextLong());
    }

    /** An id that sorts before all of a group and behind all of lower ones; null before the first group. */
    static @Nullable ChunkId lastBefore(int group) {
        return group == 0 ? null : new ChunkId(((long) group << 48) - 1, -1);
    }

    public int group() {
        return (int) (high >>> 48);
    }

    public int node() {
        return (int) (high >>> 32) & 0xFFFF;
    }

    /** Unsigned. */
    public int boot() {
        return (int) high;
    }

    public long counter() {
        return low;
    }

    /** Reads what {@link #toString} writes. */
    public static ChunkId parse(String text) {
        if (text.length() != 2 * BYTES) {
            throw new IllegalArgumentException("not a chunk id: " + text);
        }
        return new ChunkId(
                HexFormat.fromHexDigitsToLong(text, 0, BYTES), HexFormat.fromHexDigitsToLong(text, BYTES, 2 * BYTES));
    }

    @Override
    public int compareTo(ChunkId other) {
        int order = Long.compareUnsigned(high, other.high);
        return order != 0 ? order : Long.compareUnsigned(low, other.low);
    }

    /** 32 hex digits, which sort like the ids. */
    @Override
    public String toString() {
        return HexFormat.of().toHexDigits(high) + HexFormat.of().toHexDigits(low);
    }
}
