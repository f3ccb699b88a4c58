package dev.varve.blobstore.protocol;

import java.util.ArrayDeque;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/** Visits every state that a model can reach, nearest first. */
public final class StateSpace {
    private StateSpace() {}

    /**
     * A system of states and steps.
     *
     * @param <S> a value with equality; small ones let large models fit in memory
     */
    public interface Model<S> {
        S initial();

        /** Gives each state that one step leads to. */
        void steps(S state, Consumer<S> sink);

        /** What must never be and is in this state; empty if it is sound. */
        Optional<String> violation(S state);
    }

    /**
     * What was found.
     *
     * @param states visited
     * @param violation the first; empty if there is none in all reachable states
     */
    public record Outcome(long states, Optional<String> violation) {}

    public static <S> Outcome explore(Model<S> model) {
        Set<S> seen = new HashSet<>();
        ArrayDeque<S> open = new ArrayDeque<>();
        Consumer<S> visit = state -> {
            if (seen.add(state)) {
                open.add(state);
            }
        };
        visit.accept(model.initial());
        long states = 0;
        for (S state = open.poll(); state != null; state = open.poll()) {
            states++;
            Optional<String> violation = model.violation(state);
            if (violation.isPresent()) {
                return new Outcome(states, violation);
            }
            model.steps(state, visit);
        }
        return new Outcome(states, Optional.empty());
    }
}
