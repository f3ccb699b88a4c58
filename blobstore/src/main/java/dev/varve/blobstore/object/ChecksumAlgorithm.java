package dev.varve.blobstore.object;

/** Checksums that writers may ask for and readers get back. */
public enum ChecksumAlgorithm {
    CRC32(4, true),
    CRC32C(4, true),
    /** CRC-64/NVME: polynomial 0xAD93D23594C93659, reflected. */
    CRC64NVME(8, true),
    SHA1(20, false),
    SHA256(32, false);

    private final int bytes;
    private final boolean isLinear;

    ChecksumAlgorithm(int bytes, boolean isLinear) {
        this.bytes = bytes;
        this.isLinear = isLinear;
    }

    public int bytes() {
        return bytes;
    }

    /** Whether the checksum of a whole follows from those of its parts and their lengths. */
    public boolean isLinear() {
        return isLinear;
    }
}
