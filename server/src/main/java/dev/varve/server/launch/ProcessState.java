package dev.varve.server.launch;

/** What a process of a local cluster does. */
public enum ProcessState {
    /** It was not started, or was stopped. */
    STOPPED,
    /** It was killed, or ended by itself. */
    DEAD,
    /** By SIGSTOP. */
    PAUSED,
    RUNNING
}
