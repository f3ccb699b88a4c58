package dev.varve.testkit.commit;

/** The protocol, and variants of it with one rule broken. */
enum Rule {
    GOOD,
    /** An outcome that nobody knows is reported as a failure. */
    TIMEOUT_IS_FAILURE,
    /** The pointer is set whatever its version is. */
    BLIND,
    /** A new leader does not wait until the lease of the one before is over. */
    NO_TAKE_OVER_WAIT,
    /** A version that has moved means failure, without a look at what is there now. */
    CONFLICT_IS_FAILURE,
    /** After an unknown outcome something else is tried for the same version. */
    DIFFERENT_CONTENT,
    /** A leader that got no answer takes any pointer of its epoch for its own. */
    NAMELESS_EPOCH,
    /** Reads are answered without a lease. */
    NO_LEASE,
    /** The lease counts from the answer, not from the question. */
    LEASE_FROM_REPLY,
    /** Leases and waits are measured by the time of day, which somebody may set. */
    TIME_OF_DAY,
    /** Reads see what is not committed. */
    DIRTY_READ,
    /** One copy is enough. */
    ONE_COPY,
    /** A copy counts before it is forced to the disk. */
    NO_FSYNC,
    /** A copy's content is forced, its name is not. */
    NO_NAME_SYNC,
    /** A chunk is believed whatever its checksum says. */
    UNVERIFIED,
    /** A request that comes again is done again. */
    NO_MEMORY_OF_REQUESTS
}
