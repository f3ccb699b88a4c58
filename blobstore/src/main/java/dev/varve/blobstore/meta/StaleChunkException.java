package dev.varve.blobstore.meta;

import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;

/** Bytes took so long to arrive that their chunks may be collected already; the operation had no effect. */
public final class StaleChunkException extends VarveException {
    private static final long serialVersionUID = 1L;

    StaleChunkException(long birth, long floor) {
        super(
                ErrorCode.OVERLOADED,
                "chunks of floor " + birth + " came when the floor was " + floor + "; send them again");
    }
}
