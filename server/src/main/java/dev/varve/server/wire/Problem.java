package dev.varve.server.wire;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.varve.blobstore.object.ObjectException;
import dev.varve.blobstore.object.ObjectProblem;
import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An error as RFC 9457 puts it on the wire; the one place where errors get their status.
 *
 * @param errors the rows at fault, or null
 */
public record Problem(
        int status,
        ErrorCode code,
        String detail,
        @Nullable String hint,
        VarveException.@Nullable Position position,
        @Nullable String queryId,
        @Nullable ArrayNode errors) {
    public static final String MEDIA_TYPE = "application/problem+json";

    private static final Logger LOG = LoggerFactory.getLogger(Problem.class);

    /** What the failure is to the client. Failures that are not the client's are logged here, with an id it gets too. */
    public static Problem of(Throwable failure, @Nullable String queryId) {
        return switch (failure) {
            case VarveException known
            when known.code() != ErrorCode.INTERNAL -> {
                log(known, queryId);
                boolean isCondition = known instanceof ObjectException refused
                        && refused.problem() == ObjectProblem.PRECONDITION_FAILED;
                yield new Problem(
                        isCondition ? 412 : status(known.code()),
                        known.code(),
                        String.valueOf(known.getMessage()),
                        known.hint(),
                        known.position(),
                        queryId,
                        null);
            }
            case OutOfMemoryError exhausted -> {
                LOG.error("out of memory, query={}", queryId, exhausted);
                yield of(ErrorCode.OVERLOADED, "the node is short of memory", queryId);
            }
            default -> {
                if (isArrowMemoryExhausted(failure)) {
                    LOG.warn("memory limit reached, query={} reason=\"{}\"", queryId, failure.getMessage());
                    yield of(ErrorCode.OVERLOADED, "a memory limit of the node is reached", queryId);
                }
                String id = UUID.randomUUID().toString();
                LOG.error("unexpected failure id={} query={}", id, queryId, failure);
                yield new Problem(
                        500,
                        ErrorCode.INTERNAL,
                        "an unexpected failure; the node's log has it under " + id,
                        null,
                        null,
                        queryId,
                        null);
            }
        };
    }

    private static void log(VarveException known, @Nullable String queryId) {
        switch (known.code().kind()) {
            case USER, BUSY -> {}
            case UPSTREAM, BUG -> {
                if (known.code() == ErrorCode.DISK_FULL) {
                    // Every write fails by it: one line each.
                    LOG.error("code={} query={} reason=\"{}\"", known.code(), queryId, known.getMessage());
                } else {
                    LOG.error("code={} query={}", known.code(), queryId, known);
                }
            }
        }
    }

    private static Problem of(ErrorCode code, String detail, @Nullable String queryId) {
        return new Problem(status(code), code, detail, null, null, queryId, null);
    }

    private static boolean isArrowMemoryExhausted(Throwable failure) {
        return failure instanceof org.apache.arrow.memory.OutOfMemoryException;
    }

    public Problem withErrors(ArrayNode rows) {
        return new Problem(status, code, detail, hint, position, queryId, rows);
    }

    /** The HTTP status of a code. */
    public static int status(ErrorCode code) {
        return switch (code) {
            case BAD_REQUEST, SQL_PARSE, SQL_INVALID, SQL_UNSUPPORTED, SQL_RUNTIME -> 400;
            case SQL_READ_ONLY -> 403;
            case DATASET_NOT_FOUND, NOT_FOUND -> 404;
            case TIMEOUT -> 408;
            case DATASET_EXISTS, CONFLICT, IDEMPOTENCY_CONFLICT -> 409;
            case TOO_LARGE -> 413;
            case SCHEMA_MISMATCH, ROWS_REJECTED -> 422;
            case CANCELLED -> 499;
            case INTERNAL, STORAGE, CORRUPT -> 500;
            case OVERLOADED, NOT_READY -> 503;
            case UNKNOWN_OUTCOME -> 504;
            case DISK_FULL -> 507;
        };
    }

    public ObjectNode json() {
        ObjectNode json = Json.object()
                .put("type", "about:blank")
                .put("title", code.name())
                .put("status", status)
                .put("code", code.name())
                .put("detail", detail);
        if (position != null) {
            json.putObject("position").put("line", position.line()).put("column", position.column());
        }
        if (hint != null) {
            json.put("hint", hint);
        }
        if (queryId != null) {
            json.put("queryId", queryId);
        }
        if (errors != null) {
            json.set("errors", errors);
        }
        return json;
    }
}
