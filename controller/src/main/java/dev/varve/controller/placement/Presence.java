package dev.varve.controller.placement;

/** Whether a node is there, as placement sees it. */
public enum Presence {
    /** Serves, and takes replicas while its disk has room. */
    LIVE,
    /** Not seen for less than the delay: keeps what it has, receives nothing. */
    AWAY,
    /** Serves, but shall leave: its replicas are placed elsewhere and stay until they are there. */
    DRAINING,
    /** Not seen for longer than the delay, or removed: what it had is placed elsewhere. */
    GONE
}
