package dev.varve.testkit.history;

import java.util.Optional;

/**
 * What one client asked and was answered.
 *
 * <p>An operation without an output may have happened at any time since it was invoked, may still happen, or may never
 * happen. One that was answered as failed is no operation: it is left out of the history, and whoever sees its effect
 * sees something that nobody did.
 *
 * @param invoked on a clock that all clients share; of equal times an invocation comes before a return
 * @param returned {@link #NEVER} if nobody knows what became of it
 */
public record Operation<I, O>(int client, long invoked, long returned, I input, Optional<O> output) {
    public static final long NEVER = Long.MAX_VALUE;

    public Operation {
        if (returned < invoked) {
            throw new IllegalArgumentException("returned at " + returned + ", before it was invoked at " + invoked);
        }
        if (output.isPresent() == (returned == NEVER)) {
            throw new IllegalArgumentException("an operation has both an output and a time of its return, or neither");
        }
    }

    public static <I, O> Operation<I, O> of(int client, long invoked, long returned, I input, O output) {
        return new Operation<>(client, invoked, returned, input, Optional.of(output));
    }

    public static <I, O> Operation<I, O> unknown(int client, long invoked, I input) {
        return new Operation<>(client, invoked, NEVER, input, Optional.empty());
    }

    public boolean isUnknown() {
        return output.isEmpty();
    }

    /** The same, known to have been asked only. */
    Operation<I, O> forgotten() {
        return unknown(client, invoked, input);
    }

    @Override
    public String toString() {
        return "client " + client + " [" + invoked + ", " + (isUnknown() ? "…" : returned) + "] " + input + " → "
                + (output.isPresent() ? output.get() : "unknown");
    }
}
