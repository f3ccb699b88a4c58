package dev.varve.blobstore.object;

import java.nio.ByteBuffer;

/** One version's bytes, which do not change while it is open; each is verified before it is given out. */
public interface ObjectReader extends AutoCloseable {
    StoredObject object();

    /**
     * Fills {@code target} from {@code offset}; both must lie in the object.
     *
     * @throws dev.varve.model.VarveException with {@code CORRUPT} if the stored bytes do not have their checksum
     */
    void read(long offset, ByteBuffer target);

    @Override
    void close();
}
