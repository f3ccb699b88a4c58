package dev.varve.blobstore.object;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.zip.CRC32;
import java.util.zip.CRC32C;

/** Computes length, MD5 and checksums of bytes that go by. Used by one thread at a time. */
public final class Digester {
    private final MessageDigest md5 = digest("MD5");
    private final Map<ChecksumAlgorithm, java.util.zip.Checksum> crcs = new TreeMap<>();
    private final Map<ChecksumAlgorithm, MessageDigest> hashes = new TreeMap<>();
    private long length;

    public Digester(Set<ChecksumAlgorithm> algorithms) {
        for (ChecksumAlgorithm algorithm : algorithms) {
            switch (algorithm) {
                case CRC32 -> crcs.put(algorithm, new CRC32());
                case CRC32C -> crcs.put(algorithm, new CRC32C());
                case CRC64NVME -> crcs.put(algorithm, new Crc64Nvme());
                case SHA1 -> hashes.put(algorithm, digest("SHA-1"));
                case SHA256 -> hashes.put(algorithm, digest("SHA-256"));
            }
        }
    }

    /** The digests of one array. */
    public static Body.Digests of(byte[] bytes, Set<ChecksumAlgorithm> algorithms) {
        Digester digester = new Digester(algorithms);
        digester.update(bytes, 0, bytes.length);
        return digester.finish();
    }

    public void update(byte[] bytes, int offset, int count) {
        length += count;
        md5.update(bytes, offset, count);
        crcs.values().forEach(crc -> crc.update(bytes, offset, count));
        hashes.values().forEach(hash -> hash.update(bytes, offset, count));
    }

    /** Position and limit stay as they are. */
    public void update(ByteBuffer bytes) {
        length += bytes.remaining();
        md5.update(bytes.duplicate());
        crcs.values().forEach(crc -> crc.update(bytes.duplicate()));
        hashes.values().forEach(hash -> hash.update(bytes.duplicate()));
    }

    /** The digests of all bytes so far; the digester is used up. */
    public Body.Digests finish() {
        Map<ChecksumAlgorithm, byte[]> values = new TreeMap<>();
        crcs.forEach((algorithm, crc) -> values.put(algorithm, bigEndian(crc.getValue(), algorithm.bytes())));
        hashes.forEach((algorithm, hash) -> values.put(algorithm, hash.digest()));
        List<Checksum> checksums = new ArrayList<>();
        values.forEach((algorithm, value) -> checksums.add(new Checksum(algorithm, ByteBuffer.wrap(value), 0)));
        return new Body.Digests(length, HexFormat.of().formatHex(md5.digest()), checksums);
    }

    static byte[] bigEndian(long value, int count) {
        byte[] bytes = new byte[count];
        for (int i = 0; i < count; i++) {
            bytes[i] = (byte) (value >>> (8 * (count - 1 - i)));
        }
        return bytes;
    }

    private static MessageDigest digest(String name) {
        try {
            return MessageDigest.getInstance(name);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has " + name, e);
        }
    }
}
