package dev.varve.server.s3;

import dev.varve.blobstore.object.ObjectException;
import dev.varve.model.VarveException;
import io.undertow.server.RequestTooBigException;
import java.io.EOFException;
import java.util.Optional;

/** What clients are told of what went wrong in the store. */
final class Refusals {
    private Refusals() {}

    /** Empty if the connection is what failed. */
    static Optional<S3Exception> of(Throwable failure) {
        return switch (failure) {
            case S3Exception refused -> Optional.of(refused);
            case ObjectException refused -> Optional.of(of(refused));
            case VarveException failed -> Optional.of(of(failed));
            case RequestTooBigException ignored ->
                Optional.of(new S3Exception(S3Code.ENTITY_TOO_LARGE, "The body is too large."));
            case EOFException ignored ->
                Optional.of(new S3Exception(S3Code.INCOMPLETE_BODY, "The body ended before it should have."));
            default -> Optional.empty();
        };
    }

    private static S3Exception of(ObjectException refused) {
        String message = String.valueOf(refused.getMessage());
        S3Code code = switch (refused.problem()) {
            case INVALID_BUCKET_NAME -> S3Code.INVALID_BUCKET_NAME;
            case INVALID_KEY -> S3Code.KEY_TOO_LONG;
            case NO_SUCH_BUCKET -> S3Code.NO_SUCH_BUCKET;
            case NO_SUCH_KEY -> S3Code.NO_SUCH_KEY;
            case NO_SUCH_VERSION -> S3Code.NO_SUCH_VERSION;
            case NO_SUCH_UPLOAD -> S3Code.NO_SUCH_UPLOAD;
            case BUCKET_EXISTS -> S3Code.BUCKET_ALREADY_EXISTS;
            case BUCKET_NOT_EMPTY -> S3Code.BUCKET_NOT_EMPTY;
            case PRECONDITION_FAILED -> S3Code.PRECONDITION_FAILED;
            case IS_DELETE_MARKER -> S3Code.METHOD_NOT_ALLOWED;
            case LOCKED -> S3Code.ACCESS_DENIED;
            case INVALID_STATE -> S3Code.INVALID_REQUEST;
            case INVALID_PART -> S3Code.INVALID_PART;
            case INVALID_PART_ORDER -> S3Code.INVALID_PART_ORDER;
            case PART_TOO_SMALL -> S3Code.ENTITY_TOO_SMALL;
            case INVALID_RANGE -> S3Code.INVALID_RANGE;
            case INVALID_ARGUMENT -> S3Code.INVALID_ARGUMENT;
            case BAD_DIGEST -> S3Code.BAD_DIGEST;
            case TOO_LARGE -> S3Code.ENTITY_TOO_LARGE;
        };
        return new S3Exception(code, message);
    }

    private static S3Exception of(VarveException failed) {
        return switch (failed.code()) {
            case DISK_FULL ->
                new S3Exception(S3Code.INSUFFICIENT_STORAGE, "There is no room left to write; reading goes on.");
            case OVERLOADED -> new S3Exception(S3Code.SLOW_DOWN, "Please reduce your request rate.");
            case NOT_READY, UNKNOWN_OUTCOME ->
                new S3Exception(S3Code.SERVICE_UNAVAILABLE, "The store cannot say now; please try again.");
            default -> new S3Exception(S3Code.INTERNAL_ERROR, "We encountered an internal error. Please try again.");
        };
    }
}
