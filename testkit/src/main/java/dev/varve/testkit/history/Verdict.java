package dev.varve.testkit.history;

import java.util.List;
import java.util.stream.Collectors;

/** What the checker found. */
public sealed interface Verdict<I, O> {
    /** There is an order in which every answer is right. */
    record Linearizable<I, O>() implements Verdict<I, O> {}

    /**
     * There is none.
     *
     * @param key of the operations concerned
     * @param end the time of the return with which the history became wrong; all before it is in order
     * @param core operations whose answers contradict each other whatever became of the others; few, not always fewest
     * @param others operations invoked before {@code end} that may have happened or not: the contradiction stays
     * @param stuck how far the longest order came, and what it would have had to answer then
     */
    record Violation<I, O>(String key, long end, List<Operation<I, O>> core, List<Operation<I, O>> others, String stuck)
            implements Verdict<I, O> {
        private static final int MOST_OTHERS = 20;

        public Violation {
            core = List.copyOf(core);
            others = List.copyOf(others);
        }

        @Override
        public String toString() {
            return "not linearizable" + (key.isEmpty() ? "" : " for key " + key) + " from time " + end
                    + " on. These cannot be put in an order:\n" + lines(core)
                    + (others.isEmpty()
                            ? ""
                            : "whether or not these happened (the last ones of " + others.size() + "):\n"
                                    + lines(others.subList(Math.max(0, others.size() - MOST_OTHERS), others.size())))
                    + stuck;
        }

        private static <I, O> String lines(List<Operation<I, O>> operations) {
            return operations.stream()
                    .map(operation -> "    " + operation + "\n")
                    .collect(Collectors.joining());
        }
    }

    /** The limits were reached before an answer was found: neither right nor wrong. */
    record Unknown<I, O>(String key, String limit) implements Verdict<I, O> {}
}
