package dev.varve.blobstore.replica;

/** What this node may do with chunks of a placement group, by what it durably knows of itself. Thread-safe. */
public interface Admission {
    /** Whether new chunks are taken: as a member, or while it becomes one. */
    boolean accepts(int group);

    /** Whether a chunk that lies here is one of the copies that a writer counts: only as a member. */
    boolean counts(int group);

    /**
     * Which time of being a member it is, 0 if it is none. A copy counts if the term is the same when it is durable as when
     * it came: in between the replica may have left, lost everything and come back.
     */
    default long term(int group) {
        return counts(group) ? 1 : 0;
    }

    /** Whether a copy counts that came in a term and is durable now. */
    default boolean counts(int group, long since) {
        return since != 0 && term(group) == since;
    }
}
