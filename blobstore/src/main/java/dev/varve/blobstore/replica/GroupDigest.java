package dev.varve.blobstore.replica;

import dev.varve.blobstore.chunk.ChunkId;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.BitSet;

/**
 * What a node has of a group in 256 sums: chunks fall into buckets by their ids, and each bucket is the sum of its chunks'
 * hashes, so the order does not matter. Equal sums mean equal chunks but for a chance of 2^-64.
 */
final class GroupDigest {
    static final int BUCKETS = 256;
    static final int BYTES = BUCKETS * Long.BYTES;

    private final long[] sums = new long[BUCKETS];

    static int bucket(ChunkId id) {
        return (int) (mixed(id.high() * 31 + id.low()) >>> 56);
    }

    void add(ChunkId id, long length, int crc32c) {
        long hash = mixed(id.high());
        hash = mixed(hash ^ id.low());
        hash = mixed(hash ^ length);
        sums[bucket(id)] += mixed(hash ^ Integer.toUnsignedLong(crc32c));
    }

    /** The finalizer of SplitMix64. */
    private static long mixed(long value) {
        long z = value + 0x9e3779b97f4a7c15L;
        z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
        z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
        return z ^ (z >>> 31);
    }

    /** Buckets that are not the same. */
    BitSet differs(GroupDigest other) {
        BitSet buckets = new BitSet(BUCKETS);
        for (int i = 0; i < BUCKETS; i++) {
            buckets.set(i, sums[i] != other.sums[i]);
        }
        return buckets;
    }

    void write(ByteBuffer out) {
        for (long sum : sums) {
            out.putLong(sum);
        }
    }

    static GroupDigest read(ByteBuffer in) {
        GroupDigest digest = new GroupDigest();
        for (int i = 0; i < BUCKETS; i++) {
            digest.sums[i] = in.getLong();
        }
        return digest;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof GroupDigest digest && Arrays.equals(sums, digest.sums);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(sums);
    }

    @Override
    public String toString() {
        return Integer.toHexString(hashCode());
    }
}
