package dev.varve.blobstore.replica;

/** What this node may do with chunks of a placement group, by what it durably knows of itself. Thread-safe. */
public interface Admission {
    /** Whether new chunks are taken: as a member, or while it becomes one. */
    boolean accepts(int group);

    /** Whether a chunk that lies here is one of the copies that a writer counts: only as a member. */
    boolean counts(int group);
}
