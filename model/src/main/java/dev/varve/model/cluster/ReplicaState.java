package dev.varve.model.cluster;

/** What a node does with its replica of a placement group. */
public enum ReplicaState {
    /** Holds what it has, serves nothing. */
    OFFLINE,
    /** Takes new chunks and copies the old ones; does not count for writes. */
    BOOTSTRAP,
    /** Has everything; the only state that counts for writes. */
    MEMBER,
    /** Leaves once every chunk is seen on two other members; called back only if there are no two. */
    DRAINING,
    /** Holds nothing. */
    DROPPED
}
