package dev.varve.testkit.history;

import java.util.Optional;

/** Keys that are written once: of those who create one, the first wins and the others are told so. */
public final class CreateRaceModel implements Model<Optional<String>, CreateRaceModel.Ask, CreateRaceModel.Answer> {
    /** One request. */
    public sealed interface Ask {
        String key();

        record Create(String key, String value) implements Ask {}

        record Get(String key) implements Ask {}
    }

    /** What is answered. */
    public sealed interface Answer {
        record Won() implements Answer {}

        record Lost() implements Answer {}

        record Found(String value) implements Answer {}

        record Missing() implements Answer {}
    }

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
            case Ask.Create create ->
                state.isEmpty()
                        ? new Step<>(Optional.of(create.value()), new Answer.Won())
                        : new Step<>(state, new Answer.Lost());
            case Ask.Get get ->
                new Step<>(state, state.<Answer>map(Answer.Found::new).orElse(new Answer.Missing()));
        };
    }
}
