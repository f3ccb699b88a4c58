package dev.varve.blobstore.replica;

import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;

/** Another change of the same replica was asked for meanwhile. */
final class Superseded {
    private Superseded() {}

    static VarveException of(int group) {
        return new VarveException(
                ErrorCode.CONFLICT, "the replica of group " + group + " was asked to become something else");
    }
}
