package dev.varve.blobstore.object;

import dev.varve.model.ErrorCode;

/** Why an operation on buckets and objects was refused; such an operation has no effect, now or later. */
public enum ObjectProblem {
    INVALID_BUCKET_NAME(ErrorCode.BAD_REQUEST),
    INVALID_KEY(ErrorCode.BAD_REQUEST),
    NO_SUCH_BUCKET(ErrorCode.NOT_FOUND),
    NO_SUCH_KEY(ErrorCode.NOT_FOUND),
    NO_SUCH_VERSION(ErrorCode.NOT_FOUND),
    NO_SUCH_UPLOAD(ErrorCode.NOT_FOUND),
    BUCKET_EXISTS(ErrorCode.CONFLICT),
    BUCKET_NOT_EMPTY(ErrorCode.CONFLICT),
    /** The condition the caller named does not hold. */
    PRECONDITION_FAILED(ErrorCode.CONFLICT),
    /** The version named is a delete marker. */
    IS_DELETE_MARKER(ErrorCode.BAD_REQUEST),
    /** The version is kept by retention or legal hold. */
    LOCKED(ErrorCode.CONFLICT),
    /** The operation does not fit the bucket's settings, as retention in a bucket without object lock. */
    INVALID_STATE(ErrorCode.CONFLICT),
    INVALID_PART(ErrorCode.BAD_REQUEST),
    INVALID_PART_ORDER(ErrorCode.BAD_REQUEST),
    PART_TOO_SMALL(ErrorCode.BAD_REQUEST),
    INVALID_RANGE(ErrorCode.BAD_REQUEST),
    INVALID_ARGUMENT(ErrorCode.BAD_REQUEST),
    /** Bytes came that do not have the checksum or length announced. */
    BAD_DIGEST(ErrorCode.BAD_REQUEST),
    TOO_LARGE(ErrorCode.BAD_REQUEST);

    private final ErrorCode code;

    ObjectProblem(ErrorCode code) {
        this.code = code;
    }

    public ErrorCode code() {
        return code;
    }
}
