package dev.varve.sdk;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Anything that kept a request from succeeding, with the stable code the node gave, or one of the client's own.
 *
 * <p>The client's own codes: {@code UNREACHABLE} (no host answered), {@code STREAM_BROKEN} (an answer was cut short),
 * {@code BUFFER_FULL} (the writer may not wait), {@code ROW_UNFINISHED}, {@code BAD_URL}, {@code CANCELLED}.
 */
public final class VarveClientException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** No answer came, so there is no HTTP status. */
    public static final int NO_STATUS = 0;

    /** A place in the SQL text; both count from 1. */
    public record Position(int line, int column) {}

    private final String code;
    private final int status;
    private final @Nullable String hint;
    private final transient @Nullable Position position;
    private final transient List<RowError> rows;

    VarveClientException(
            String code,
            String message,
            @Nullable String hint,
            @Nullable Position position,
            int status,
            List<RowError> rows,
            @Nullable Throwable cause) {
        super(message, cause);
        this.code = code;
        this.hint = hint;
        this.position = position;
        this.status = status;
        this.rows = List.copyOf(rows);
    }

    VarveClientException(String code, String message, @Nullable String hint) {
        this(code, message, hint, null, NO_STATUS, List.of(), null);
    }

    VarveClientException(String code, String message, Throwable cause) {
        this(code, message, null, null, NO_STATUS, List.of(), cause);
    }

    /** The error that a text in the API's problem format describes, such as one that ended a result late. */
    public static VarveClientException fromProblem(String json) {
        try {
            JsonNode problem = Json.parse(json.getBytes(StandardCharsets.UTF_8));
            return Wire.problem(problem, problem.path("status").asInt(NO_STATUS));
        } catch (IOException e) {
            return new VarveClientException("STREAM_BROKEN", "the node ended with: " + json, e);
        }
    }

    VarveClientException withMessage(String message) {
        return new VarveClientException(code, message, hint, position, status, rows, getCause());
    }

    /** The same error for whoever waits now, so that its stack names both the waiting and the failing thread. */
    VarveClientException rethrown() {
        return new VarveClientException(code, String.valueOf(getMessage()), hint, position, status, rows, this);
    }

    public String code() {
        return code;
    }

    /** What to do instead, or null. */
    public @Nullable String hint() {
        return hint;
    }

    /** Where in the sent SQL the mistake is, or null. */
    public @Nullable Position position() {
        return position;
    }

    /** The HTTP status, or {@link #NO_STATUS}. */
    public int status() {
        return status;
    }

    /** The bad rows of a refused batch, at most the first 100. */
    public List<RowError> rejectedRows() {
        return rows;
    }
}
