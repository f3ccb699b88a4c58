package dev.varve.blobstore.replica;

import dev.varve.model.cluster.ReplicaState;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What a node has decided about its replica of a group.
 *
 * @param state never {@code DROPPED}, which is no mark at all
 * @param claim to be the group's first member, which only this disk knows; null if it makes none
 */
record Mark(ReplicaState state, @Nullable UUID claim) {
    static final Mark OFFLINE = new Mark(ReplicaState.OFFLINE, null);

    Mark {
        if (state == ReplicaState.DROPPED) {
            throw new IllegalArgumentException("a dropped replica has no mark");
        }
    }

    static Mark of(ReplicaState state) {
        return new Mark(state, null);
    }
}
