package dev.varve.blobstore.replica;

/** Hears of what a person has to look at. Thread-safe; told once each time it happens. */
@FunctionalInterface
public interface ReplicaAlarms {
    /** Chunks of a group that no node can give whole. */
    String LOST = "chunk-not-healed";

    /** One id with different content on different nodes. */
    String DIVERGED = "chunk-diverged";

    /** A group that has no member to copy from. */
    String NO_MEMBER = "group-without-member";

    /** Damage that belongs to no chunk and cannot be mended. */
    String DAMAGED = "chunk-store-damaged";

    void raise(String name, int group, String node, String text);
}
