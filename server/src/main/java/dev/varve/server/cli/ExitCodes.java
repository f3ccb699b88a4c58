package dev.varve.server.cli;

/** What the process's exit code says. */
final class ExitCodes {
    static final int OK = 0;
    /** The query, the data or the node failed. */
    static final int FAILED = 1;

    static final int USAGE = 2;
    static final int CANNOT_CONNECT = 3;
    /** As a shell counts SIGINT. */
    static final int INTERRUPTED = 130;

    private ExitCodes() {}
}
