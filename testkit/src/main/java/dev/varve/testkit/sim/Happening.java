package dev.varve.testkit.sim;

/** Harm that has really come, not merely been meant: so a test can tell that its runs meet all of it. */
public enum Happening {
    LOST_MESSAGE,
    LATE_MESSAGE,
    COPIED_MESSAGE,
    /** By one that was sent later, the same way. */
    OVERTAKEN_MESSAGE,
    PARTITION,
    ONE_WAY_PARTITION,
    CRASH,
    PAUSE,
    CLOCK_JUMP,
    LOST_UNSYNCED_WRITE,
    TORN_WRITE,
    POWER_CUT,
    FLIPPED_BIT,
    FULL_DISK,
    SLOW_DISK,
    FAILED_SYNC,
    LOST_SWAP,
    LOST_SWAP_REPLY,
    EXPIRED_SESSION,
    OLD_VIEW,
    TWO_CONTROLLERS,
    TWO_LEADERS
}
