package dev.varve.model;

/** Whose fault an error is; decides whether to retry and how loudly to log. */
public enum ErrorKind {
    /** The caller asked for something that cannot be done; repeating it will not help. */
    USER,
    /** A limit is reached; the same request may succeed later. */
    BUSY,
    /** A disk, a node or another system failed. */
    UPSTREAM,
    /** Varve is wrong. */
    BUG
}
