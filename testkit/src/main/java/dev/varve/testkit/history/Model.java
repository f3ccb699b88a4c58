package dev.varve.testkit.history;

import java.util.List;
import java.util.Objects;
import java.util.function.Predicate;

/**
 * What operations mean when they come one after the other.
 *
 * @param <S> a state: immutable, with equality
 * @param <I> what is asked, with all that decides what happens
 * @param <O> what is answered, with equality
 */
public interface Model<S, I, O> {
    /** What one operation leads to. */
    record Step<S, O>(S state, O output) {}

    S initial();

    Step<S, O> apply(S state, I input);

    /** Operations with different keys never see each other; each key has a state of its own. */
    default String key(I input) {
        return "";
    }

    /**
     * What the answers of a whole history tell about the states on the way: one that fails the test lies on no order in
     * which all of them are right, or on none that is needed. It only saves work, and spares guessing which unknown operation filled a gap.
     *
     * @param history the operations of one key
     */
    default Predicate<S> possible(List<Operation<I, O>> history) {
        return state -> true;
    }

    /** Whether {@code seen} is a right answer where {@code expected} is one too. */
    default boolean agrees(O expected, O seen) {
        return Objects.equals(expected, seen);
    }
}
