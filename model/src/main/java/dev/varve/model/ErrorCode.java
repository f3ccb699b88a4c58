package dev.varve.model;

/** Stable names of everything that can go wrong; they are part of the API and never change meaning. */
public enum ErrorCode {
    /** The request itself is malformed: broken JSON, a bad parameter, an unknown content type. */
    BAD_REQUEST(ErrorKind.USER),
    /** The SQL text does not parse. */
    SQL_PARSE(ErrorKind.USER),
    /** The SQL text parses but names an unknown column or function, or mixes types. */
    SQL_INVALID(ErrorKind.USER),
    /** The SQL is valid but uses something Varve does not support. */
    SQL_UNSUPPORTED(ErrorKind.USER),
    /** A statement that would write was sent to the query endpoint. */
    SQL_READ_ONLY(ErrorKind.USER),
    /** A value made the running query fail: division by zero, a cast, an invalid geometry. */
    SQL_RUNTIME(ErrorKind.USER),
    DATASET_NOT_FOUND(ErrorKind.USER),
    DATASET_EXISTS(ErrorKind.USER),
    /** A dataset definition or a batch does not fit the dataset's schema. */
    SCHEMA_MISMATCH(ErrorKind.USER),
    /** Rows were refused and the caller had asked for all or nothing. */
    ROWS_REJECTED(ErrorKind.USER),
    /** An idempotency key was sent again with other content. */
    IDEMPOTENCY_CONFLICT(ErrorKind.USER),
    NOT_FOUND(ErrorKind.USER),
    /** The request exceeds a size or depth limit that waiting does not change. */
    TOO_LARGE(ErrorKind.USER),
    /** The query ran longer than its time limit. */
    TIMEOUT(ErrorKind.USER),
    CANCELLED(ErrorKind.USER),
    /** A conditional change lost against another one. */
    CONFLICT(ErrorKind.USER),
    /** Too many requests, or a memory or queue limit is reached; try again later. */
    OVERLOADED(ErrorKind.BUSY),
    /** The node is starting or draining. */
    NOT_READY(ErrorKind.BUSY),
    /** The disk is full; nothing acknowledged is lost. */
    DISK_FULL(ErrorKind.UPSTREAM),
    /** Reading or writing storage failed. */
    STORAGE(ErrorKind.UPSTREAM),
    /** Stored bytes do not match their checksum. */
    CORRUPT(ErrorKind.UPSTREAM),
    /** Nobody knows yet whether the change takes effect: the node that was to make it does not answer. */
    UNKNOWN_OUTCOME(ErrorKind.UPSTREAM),
    INTERNAL(ErrorKind.BUG);

    private final ErrorKind kind;

    ErrorCode(ErrorKind kind) {
        this.kind = kind;
    }

    public ErrorKind kind() {
        return kind;
    }
}
