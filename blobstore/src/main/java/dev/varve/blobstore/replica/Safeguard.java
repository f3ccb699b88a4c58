package dev.varve.blobstore.replica;

/** Rules that no acknowledged chunk is lost by; all are kept but where a test shows what each is for. */
enum Safeguard {
    /** Copies on a node that leaves do not count as seen. */
    DRAINING_DOES_NOT_COUNT,
    /** A replica that leaves does not come back before it has left, unless it forgets what it saw. */
    DRAINING_IS_FINAL,
    /** Marks are believed only on the disk they were written for. */
    MARKS_BELONG_TO_A_DISK,
    /** Copies on a node that bootstraps do not count for a write. */
    ONLY_MEMBERS_COUNT,
    /** Whether a copy counts is decided when it is durable, not when it comes. */
    COUNTED_WHEN_DURABLE,
    /** A replica goes only after its chunks were seen elsewhere. */
    SEEN_BEFORE_DROPPED,
    /** A copy is read, not looked up, before it counts as seen. */
    SEEN_MEANS_READ,
    /** A node is a member if it says so itself, whatever the view tells. */
    ASK_THE_MEMBER,
    /** A node begins to leave only while two others stay; keeps groups writable rather than chunks safe. */
    LEAVE_ONE_BY_ONE
}
