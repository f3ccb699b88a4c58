package dev.varve.testkit.history;

import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** Tries every order of every subset of the unknown operations; for a handful of operations only. */
final class AllOrders<S, I, O> {
    private final Model<S, I, O> model;

    AllOrders(Model<S, I, O> model) {
        this.model = model;
    }

    boolean areSome(List<Operation<I, O>> history) {
        Map<String, List<Operation<I, O>>> keys =
                history.stream().collect(Collectors.groupingBy(operation -> model.key(operation.input())));
        return keys.values().stream()
                .allMatch(operations -> continues(operations, new boolean[operations.size()], model.initial()));
    }

    private boolean continues(List<Operation<I, O>> operations, boolean[] used, S state) {
        boolean isDone = true;
        for (int i = 0; i < used.length; i++) {
            isDone &= used[i] || operations.get(i).isUnknown();
        }
        if (isDone) {
            return true;
        }
        for (int i = 0; i < used.length; i++) {
            Operation<I, O> operation = operations.get(i);
            if (used[i] || mustWait(operations, used, operation)) {
                continue;
            }
            Model.Step<S, O> step = model.apply(state, operation.input());
            if (operation
                    .output()
                    .map(seen -> model.agrees(step.output(), seen))
                    .orElse(true)) {
                used[i] = true;
                boolean found = continues(operations, used, step.state());
                used[i] = false;
                if (found) {
                    return true;
                }
            }
        }
        return false;
    }

    /** Whether one that is not in the order yet returned before this one was invoked. */
    private static <I, O> boolean mustWait(List<Operation<I, O>> operations, boolean[] used, Operation<I, O> next) {
        for (int i = 0; i < used.length; i++) {
            if (!used[i] && operations.get(i).returned() < next.invoked()) {
                return true;
            }
        }
        return false;
    }
}
