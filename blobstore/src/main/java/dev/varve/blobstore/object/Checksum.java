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
}
