package dev.varve.server.flight;

import dev.varve.model.ErrorCode;
import dev.varve.server.wire.Json;
import dev.varve.server.wire.Problem;
import java.nio.charset.StandardCharsets;
import org.apache.arrow.flight.CallStatus;
import org.apache.arrow.flight.ErrorFlightMetadata;
import org.apache.arrow.flight.FlightRuntimeException;
import org.jspecify.annotations.Nullable;

/** Problems as Flight statuses: the code leads the message, the whole problem is in the metadata as JSON. */
final class FlightProblem {
    static final String METADATA_KEY = "varve-problem-bin";

    private FlightProblem() {}

    static FlightRuntimeException of(Throwable failure, @Nullable String queryId) {
        if (failure instanceof FlightRuntimeException already) {
            return already;
        }
        Problem problem = Problem.of(failure, queryId);
        ErrorFlightMetadata metadata = new ErrorFlightMetadata();
        metadata.insert(METADATA_KEY, Json.bytes(problem.json()));
        String hint = problem.hint() == null ? "" : " (" + problem.hint() + ")";
        return status(problem.code())
                .withDescription(shortened(problem.code() + ": " + problem.detail() + hint))
                .withMetadata(metadata)
                .toRuntimeException();
    }

    /** A header of gRPC must stay small. */
    private static String shortened(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        return bytes.length <= 2_000 ? text : text.substring(0, Math.min(text.length(), 600)) + "…";
    }

    private static CallStatus status(ErrorCode code) {
        return switch (code) {
            case BAD_REQUEST,
                    SQL_PARSE,
                    SQL_INVALID,
                    SQL_RUNTIME,
                    SQL_READ_ONLY,
                    SCHEMA_MISMATCH,
                    ROWS_REJECTED,
                    CONFLICT,
                    IDEMPOTENCY_CONFLICT -> CallStatus.INVALID_ARGUMENT;
            case SQL_UNSUPPORTED -> CallStatus.UNIMPLEMENTED;
            case DATASET_NOT_FOUND, NOT_FOUND -> CallStatus.NOT_FOUND;
            case DATASET_EXISTS -> CallStatus.ALREADY_EXISTS;
            case TIMEOUT -> CallStatus.TIMED_OUT;
            case CANCELLED -> CallStatus.CANCELLED;
            case TOO_LARGE, OVERLOADED, DISK_FULL -> CallStatus.RESOURCE_EXHAUSTED;
            case NOT_READY, UNKNOWN_OUTCOME -> CallStatus.UNAVAILABLE;
            case STORAGE, CORRUPT, INTERNAL -> CallStatus.INTERNAL;
        };
    }
}
