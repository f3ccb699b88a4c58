package dev.varve.blobstore.media;

import java.nio.ByteBuffer;

/** Bytes of a medium, read at any place. */
public interface MediaSource {
    long length();

    /** Fills {@code target} from {@code offset}; both lie within the medium. */
    void read(long offset, ByteBuffer target);

    static MediaSource of(byte[] bytes) {
        return new MediaSource() {
            @Override
            public long length() {
                return bytes.length;
            }

            @Override
            public void read(long offset, ByteBuffer target) {
                target.put(bytes, Math.toIntExact(offset), target.remaining());
            }
        };
    }
}
