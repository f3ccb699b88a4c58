package dev.varve.blobstore.shared;

/** The protocol, and variants of it with one rule broken, which only tests can choose. */
enum Rule {
    GOOD,
    /** An outcome that nobody knows is reported as a failure. */
    TIMEOUT_IS_FAILURE,
    /** The register is set whatever its version is. */
    BLIND,
    /** A new leader does not wait until the lease of the one before is over. */
    NO_TAKE_OVER_WAIT,
    /** A version that has moved means failure, without a look at what is there now. */
    CONFLICT_IS_FAILURE,
    /** After an unknown outcome something else is tried for the same version. */
    DIFFERENT_CONTENT,
    /** A leader that got no answer takes any pointer of its epoch for its own. */
    NAMELESS_EPOCH,
    /** The end is told without a lease. */
    NO_LEASE,
    /** The lease counts from the answer, not from the question. */
    LEASE_FROM_REPLY,
    /** Leases and waits are measured by the time of day, which somebody may set. */
    TIME_OF_DAY,
    /** Records are delivered before they are committed. */
    DIRTY_READ,
    /** Bytes are believed whatever their checksum says. */
    UNVERIFIED,
    /** A record that comes again is taken again. */
    NO_MEMORY_OF_RECORDS,
    /** A request that the network has copied is handled again. */
    COPY_IS_NEW,
    /** A record is sent to the next leader before it is known that the one before has not committed it. */
    IMPATIENT,
    /** A leader takes records that were meant for an earlier epoch. */
    ANY_EPOCH,
    /** The end does not include what may just be committed. */
    SETTLED_END,
    /** A leader trusts its lease until it knows that it has released the register. */
    LEAVES_LATE,
    /** What was skipped counts as seen, for what was sent too. */
    SKIPS_OWN,
    /** One copy is enough. */
    ONE_COPY,
    /** A copy counts before it is forced to the disk. */
    NO_FSYNC,
    /** A copy's content is forced, its name is not. */
    NO_NAME_SYNC
}
