package dev.varve.server.s3;

import dev.varve.blobstore.object.Checksum;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.zip.CRC32;
import java.util.zip.CRC32C;

/** Checks the checksums of small bodies, such as lists of keys. */
final class SmallChecksum {
    /** Reflected polynomial of CRC-64/NVME. */
    private static final long CRC64_POLYNOMIAL = 0x9A6C9329AC4BC9B5L;

    private SmallChecksum() {}

    static void verify(List<Checksum> announced, byte[] bytes) {
        for (Checksum checksum : announced) {
            if (!ByteBuffer.wrap(compute(checksum, bytes)).equals(ByteBuffer.wrap(checksum.bytes()))) {
                throw new S3Exception(
                        S3Code.BAD_DIGEST,
                        "The " + checksum.algorithm() + " you specified did not match the calculated checksum.");
            }
        }
    }

    private static byte[] compute(Checksum checksum, byte[] bytes) {
        return switch (checksum.algorithm()) {
            case CRC32 -> {
                CRC32 crc = new CRC32();
                crc.update(bytes);
                yield ByteBuffer.allocate(Integer.BYTES)
                        .putInt((int) crc.getValue())
                        .array();
            }
            case CRC32C -> {
                CRC32C crc = new CRC32C();
                crc.update(bytes);
                yield ByteBuffer.allocate(Integer.BYTES)
                        .putInt((int) crc.getValue())
                        .array();
            }
            case CRC64NVME ->
                ByteBuffer.allocate(Long.BYTES).putLong(crc64(bytes)).array();
            case SHA1 -> SignatureV4.digest("SHA-1").digest(bytes);
            case SHA256 -> SignatureV4.digest("SHA-256").digest(bytes);
        };
    }

    private static long crc64(byte[] bytes) {
        long crc = -1;
        for (byte one : bytes) {
            crc ^= one & 0xFF;
            for (int bit = 0; bit < Byte.SIZE; bit++) {
                crc = (crc >>> 1) ^ ((crc & 1) == 0 ? 0 : CRC64_POLYNOMIAL);
            }
        }
        return ~crc;
    }
}
