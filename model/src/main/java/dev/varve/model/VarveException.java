package dev.varve.model;

import org.jspecify.annotations.Nullable;

/** A mistake of the caller or of the world, with a stable code and the values at fault in its message. */
public class VarveException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** A place in the text that was sent; both count from 1. */
    public record Position(int line, int column) {}

    private final ErrorCode code;
    private final @Nullable String hint;
    private final transient @Nullable Position position;

    public VarveException(ErrorCode code, String message) {
        this(code, message, null, null, null);
    }

    public VarveException(ErrorCode code, String message, Throwable cause) {
        this(code, message, null, null, cause);
    }

    private VarveException(
            ErrorCode code,
            String message,
            @Nullable String hint,
            @Nullable Position position,
            @Nullable Throwable cause) {
        super(message, cause);
        this.code = code;
        this.hint = hint;
        this.position = position;
    }

    /** The same error with a sentence that says what to do instead. */
    public VarveException withHint(String sentence) {
        return copy(sentence, position);
    }

    /** The same error, pointing at a place in the text that was sent. */
    public VarveException at(Position place) {
        return copy(hint, place);
    }

    private VarveException copy(@Nullable String newHint, @Nullable Position newPosition) {
        VarveException copy = new VarveException(code, String.valueOf(getMessage()), newHint, newPosition, getCause());
        copy.setStackTrace(getStackTrace());
        return copy;
    }

    public ErrorCode code() {
        return code;
    }

    /** What to do instead, or null. */
    public @Nullable String hint() {
        return hint;
    }

    /** Where in the sent text the mistake is, or null. */
    public @Nullable Position position() {
        return position;
    }
}
