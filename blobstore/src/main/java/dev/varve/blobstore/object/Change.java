package dev.varve.blobstore.object;

import java.util.Optional;

/** One of several changes that take effect together or not at all. */
public sealed interface Change {
    /** Gives the key the bytes of a draft, which is used up. */
    record Put(ObjectDraft draft) implements Change {}

    /**
     * Deletes a key's current version, or a version.
     *
     * @param versionId empty for the current one, which a versioned bucket covers by a delete marker
     * @param bypassGovernance whether retention in governance mode is overruled
     */
    record Delete(ObjectKey key, Optional<String> versionId, Condition condition, boolean bypassGovernance)
            implements Change {
        /** Deletes whatever is current. */
        public static Delete of(ObjectKey key) {
            return new Delete(key, Optional.empty(), Condition.NONE, false);
        }
    }

    /**
     * What became of one change.
     *
     * @param object the version written, the delete marker made, or the version or marker that was deleted; empty if
     *     there was nothing to delete
     */
    record Done(ObjectKey key, Optional<StoredObject> object) {}
}
