package dev.varve.controller.placement;

import dev.varve.model.cluster.ReplicaState;

/** What a node does when it is asked to change the state of one of its replicas. */
@FunctionalInterface
public interface ReplicaChange {
    /**
     * Returns when the replica is in the new state. To MEMBER that is when it has everything; from DRAINING to OFFLINE
     * when every chunk is seen on two other members: whoever asks may be mistaken about them. May take hours; groups
     * change side by side. May be repeated after a crash.
     *
     * @throws Exception if the replica stays what it was; it will be asked again
     */
    void change(int group, ReplicaState from, ReplicaState to) throws Exception;
}
