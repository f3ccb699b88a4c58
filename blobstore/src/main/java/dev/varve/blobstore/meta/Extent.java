package dev.varve.blobstore.meta;

import java.nio.ByteBuffer;

/** Some of an object's bytes, or where they are; an object's extents in their order are its content. */
public sealed interface Extent {
    /** Bytes kept with what is known of the object; read-only, at most {@link #MAX_INLINE_BYTES}. */
    record Inline(ByteBuffer bytes) implements Extent {
        public Inline {
            bytes = bytes.slice().asReadOnlyBuffer();
            if (bytes.remaining() > MAX_INLINE_BYTES) {
                throw new IllegalArgumentException(bytes.remaining() + " bytes inline; at most " + MAX_INLINE_BYTES);
            }
        }

        @Override
        public long length() {
            return bytes.remaining();
        }
    }

    /**
     * A whole chunk.
     *
     * @param high first 64 bits of its id
     * @param low last 64 bits of its id
     * @param crc32c of its bytes
     */
    record Chunk(long high, long low, long length, int crc32c) implements Extent {
        public Chunk {
            if (length < 0) {
                throw new IllegalArgumentException("a chunk of " + length + " bytes");
            }
        }
    }

    int MAX_INLINE_BYTES = 16 << 10;

    long length();
}
