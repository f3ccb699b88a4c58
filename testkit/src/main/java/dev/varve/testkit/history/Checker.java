package dev.varve.testkit.history;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Says whether a history is linearizable: whether all operations can be put in one order that respects who returned
 * before whom was invoked, and in which the model gives every answer.
 *
 * <p>Operations of different keys are checked apart: a history is linearizable if and only if that of each key is
 * (M. Herlihy and J. Wing, "Linearizability", 1990; as P-compositionality in A. Horn and D. Kroening, 2015). {@link
 * Search} does the rest. A violation is then made small: to the shortest prefix that is wrong, and in it to the answers
 * that contradict each other even if all others are forgotten. Both are sound, since forgetting an answer allows more
 * orders, never fewer.
 */
public final class Checker<S, I, O> {
    /** Work for making a violation small, as a part of a check's limits. */
    private static final int SMALL_PART = 20;

    private final Model<S, I, O> model;
    private final Limits limits;

    public Checker(Model<S, I, O> model) {
        this(model, Limits.DEFAULT);
    }

    public Checker(Model<S, I, O> model, Limits limits) {
        this.model = model;
        this.limits = limits;
    }

    /** A violation if any key has one; otherwise unknown if any key is. */
    public Verdict<I, O> check(List<Operation<I, O>> history) {
        Map<String, List<Operation<I, O>>> keys = new TreeMap<>();
        for (Operation<I, O> operation : history) {
            keys.computeIfAbsent(model.key(operation.input()), key -> new ArrayList<>())
                    .add(operation);
        }
        Verdict<I, O> verdict = new Verdict.Linearizable<>();
        for (Map.Entry<String, List<Operation<I, O>>> entry : keys.entrySet()) {
            Search<S, I, O> search = new Search<>(model, entry.getValue(), limits);
            switch (search.run()) {
                case FOUND -> {}
                case NONE -> {
                    return explain(entry.getKey(), entry.getValue());
                }
                case GAVE_UP ->
                    verdict = new Verdict.Unknown<>(
                            entry.getKey(), "gave up after " + search.steps() + " steps, limits are " + limits);
            }
        }
        return verdict;
    }

    private Verdict.Violation<I, O> explain(String key, List<Operation<I, O>> history) {
        Limits small = new Limits(Math.max(1, limits.steps() / SMALL_PART), limits.memoBytes());
        long[] returns = history.stream()
                .mapToLong(operation -> operation.returned())
                .filter(time -> time != Operation.NEVER)
                .sorted()
                .toArray();
        // The whole is wrong, nothing is right, and what follows a wrong prefix cannot mend it.
        int right = -1;
        int wrong = returns.length - 1;
        while (wrong - right > 1) {
            int middle = (right + wrong) >>> 1;
            if (isWrong(prefix(history, returns[middle]), small)) {
                wrong = middle;
            } else {
                right = middle;
            }
        }
        List<Operation<I, O>> prefix = prefix(history, returns[wrong]);
        Search<S, I, O> whole = new Search<>(model, prefix, limits);
        whole.run();
        Set<Integer> forgotten = forget(prefix, small);
        List<Operation<I, O>> core = new ArrayList<>();
        List<Operation<I, O>> others = new ArrayList<>();
        for (int i = 0; i < prefix.size(); i++) {
            boolean isCore = !forgotten.contains(i) && !prefix.get(i).isUnknown();
            (isCore ? core : others).add(prefix.get(i));
        }
        return new Verdict.Violation<>(key, returns[wrong], core, others, whole.stuck());
    }

    /** What was known at that time. */
    private List<Operation<I, O>> prefix(List<Operation<I, O>> history, long time) {
        return history.stream()
                .filter(operation -> operation.invoked() <= time)
                .sorted(Comparator.comparingLong(operation -> operation.invoked()))
                .map(operation -> operation.returned() <= time ? operation : operation.forgotten())
                .toList();
    }

    /** The operations, by index, whose answers the contradiction does not need: halves first, then smaller pieces. */
    private Set<Integer> forget(List<Operation<I, O>> prefix, Limits small) {
        Set<Integer> forgotten = new HashSet<>();
        long budget = limits.steps();
        for (int piece = Math.max(1, prefix.size() / 2); piece > 0 && budget > 0; piece /= 2) {
            for (int from = 0; from < prefix.size() && budget > 0; from += piece) {
                Set<Integer> more = new HashSet<>(forgotten);
                for (int i = from; i < Math.min(prefix.size(), from + piece); i++) {
                    more.add(i);
                }
                if (more.size() == forgotten.size()) {
                    continue;
                }
                List<Operation<I, O>> rest = new ArrayList<>();
                for (int i = 0; i < prefix.size(); i++) {
                    rest.add(more.contains(i) ? prefix.get(i).forgotten() : prefix.get(i));
                }
                Search<S, I, O> search =
                        new Search<>(model, rest, new Limits(Math.min(small.steps(), 100_000), small.memoBytes()));
                if (search.run() == Search.Result.NONE) {
                    forgotten = more;
                }
                budget -= search.steps();
            }
        }
        return forgotten;
    }

    private boolean isWrong(List<Operation<I, O>> history, Limits small) {
        return new Search<>(model, history, small).run() == Search.Result.NONE;
    }
}
