package dev.varve.testkit.history;

import java.util.Optional;

/**
 * Objects under keys with conditional writes. An object's ETag is its value here: whoever writes a history down translates
 * ETags of the store to the values they came with.
 */
public final class RegisterModel implements Model<Optional<String>, RegisterModel.Ask, RegisterModel.Answer> {
    /** What must hold for a write to happen. */
    public sealed interface Condition {
        record None() implements Condition {}

        /** {@code If-Match}: the object is this one. */
        record Matches(String etag) implements Condition {}

        /** {@code If-None-Match: *}: there is no object. */
        record Absent() implements Condition {}
    }

    public static final Condition ALWAYS = new Condition.None();
    public static final Condition ABSENT = new Condition.Absent();

    /** One request. */
    public sealed interface Ask {
        String key();

        record Get(String key) implements Ask {}

        record Put(String key, String value, Condition condition) implements Ask {}

        record Delete(String key, Condition condition) implements Ask {}
    }

    /** What is answered. */
    public sealed interface Answer {
        record Found(String value) implements Answer {}

        record Missing() implements Answer {}

        record Done() implements Answer {}

        /** The condition did not hold: 412, or 409 where the store saw a race. */
        record Refused() implements Answer {}
    }

    private static final Answer MISSING = new Answer.Missing();
    private static final Answer DONE = new Answer.Done();
    private static final Answer REFUSED = new Answer.Refused();

    @Override
    public Optional<String> initial() {
        return Optional.empty();
    }

    @Override
    public String key(Ask input) {
        return input.key();
    }

    @Override
    public Step<Optional<String>, Answer> apply(Optional<String> state, Ask input) {
        return switch (input) {
            case Ask.Get get ->
                new Step<>(state, state.<Answer>map(Answer.Found::new).orElse(MISSING));
            case Ask.Put put -> write(state, put.condition(), Optional.of(put.value()));
            case Ask.Delete delete -> write(state, delete.condition(), Optional.empty());
        };
    }

    private static Step<Optional<String>, Answer> write(
            Optional<String> state, Condition condition, Optional<String> next) {
        boolean holds = switch (condition) {
            case Condition.None none -> true;
            case Condition.Matches(String etag) -> state.equals(Optional.of(etag));
            case Condition.Absent absent -> state.isEmpty();
        };
        return holds ? new Step<>(next, DONE) : new Step<>(state, REFUSED);
    }
}
