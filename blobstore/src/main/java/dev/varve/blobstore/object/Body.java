package dev.varve.blobstore.object;

import java.io.InputStream;
import java.util.List;
import java.util.Set;

/** Bytes on their way in, and what the sender said about them. */
public interface Body {
    /** What the store computed over the bytes it received. */
    record Digests(long length, String md5Hex, List<Checksum> checksums) {}

    /** The bytes; read to the end by one thread, closed by the caller of the store. */
    InputStream stream();

    /** Checksums to compute and to keep with the object. */
    Set<ChecksumAlgorithm> algorithms();

    /**
     * Called after the last byte and before anything takes effect; throws to refuse, as for bytes that do not have the
     * checksum that a trailer announced.
     */
    void verify(Digests digests);

    /** Bytes that are taken as they come. */
    static Body of(InputStream bytes) {
        return new Body() {
            @Override
            public InputStream stream() {
                return bytes;
            }

            @Override
            public Set<ChecksumAlgorithm> algorithms() {
                return Set.of();
            }

            @Override
            public void verify(Digests digests) {}
        };
    }
}
