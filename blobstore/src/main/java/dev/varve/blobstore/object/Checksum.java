package dev.varve.blobstore.object;

import java.nio.ByteBuffer;

/**
 * A checksum of an object's bytes.
 *
 * @param value big-endian, read-only
 * @param parts 0 if it is of the whole object, else the number of parts whose checksums it is the checksum of
 */
public record Checksum(ChecksumAlgorithm algorithm, ByteBuffer value, int parts) {
    public Checksum {
        value = value.asReadOnlyBuffer();
    }

    public boolean isComposite() {
        return parts > 0;
    }

    /** The value as bytes. */
    public byte[] bytes() {
        byte[] bytes = new byte[value.remaining()];
        value.duplicate().get(bytes);
        return bytes;
    }

    /**
     * The checksum of these bytes and others behind them, of a linear algorithm.
     *
     * @param length of the others
     */
    public Checksum followedBy(Checksum next, long length) {
        long polynomial = switch (algorithm) {
            case CRC32 -> 0xEDB88320L;
            case CRC32C -> 0x82F63B78L;
            case CRC64NVME -> Crc64Nvme.POLYNOMIAL;
            case SHA1, SHA256 ->
                throw new IllegalArgumentException(algorithm + " of a whole does not follow from its parts");
        };
        long combined = CrcArithmetic.combine(number(), next.number(), length, polynomial, algorithm.bytes() * 8);
        return new Checksum(algorithm, ByteBuffer.wrap(Digester.bigEndian(combined, algorithm.bytes())), 0);
    }

    private long number() {
        long number = 0;
        for (byte b : bytes()) {
            number = (number << 8) | (b & 0xff);
        }
        return number;
    }
}
