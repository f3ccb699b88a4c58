package dev.varve.testkit.history;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.Function;

/**
 * Histories that really happened: clients that each do one thing after the other, each taking effect at a moment between
 * its invocation and its return. What nobody was answered happens late, or never.
 */
final class RandomHistory {
    private RandomHistory() {}

    private record Plan<I>(int client, long invoked, long effect, long returned, I input, boolean isUnknown) {}

    static <S, I, O> List<Operation<I, O>> valid(
            Model<S, I, O> model,
            Function<SplittableRandom, I> inputs,
            int count,
            int clients,
            double unknown,
            SplittableRandom random) {
        List<Plan<I>> plans = new ArrayList<>();
        long[] free = new long[clients];
        for (int i = 0; i < count; i++) {
            int client = random.nextInt(clients);
            long invoked = free[client] + random.nextInt(1, 20);
            long effect = invoked + random.nextInt(1, 30);
            long returned = effect + random.nextInt(1, 30);
            boolean isUnknown = random.nextDouble() < unknown;
            if (isUnknown) {
                effect += random.nextInt(3) == 0 ? 1_000_000_000 : random.nextInt(200);
            }
            free[client] = returned;
            plans.add(new Plan<>(
                    client,
                    invoked * 1000 + i,
                    effect * 1000 + i,
                    returned * 1000 + i,
                    inputs.apply(random),
                    isUnknown));
        }
        plans.sort(Comparator.comparingLong(plan -> plan.effect()));
        Map<String, S> states = new HashMap<>();
        List<Operation<I, O>> history = new ArrayList<>();
        for (Plan<I> plan : plans) {
            String key = model.key(plan.input());
            Model.Step<S, O> step = model.apply(states.getOrDefault(key, model.initial()), plan.input());
            states.put(key, step.state());
            history.add(
                    plan.isUnknown()
                            ? Operation.unknown(plan.client(), plan.invoked(), plan.input())
                            : Operation.of(
                                    plan.client(), plan.invoked(), plan.returned(), plan.input(), step.output()));
        }
        history.sort(Comparator.comparingLong(operation -> operation.invoked()));
        return history;
    }

    /** The same with the answers of two operations exchanged, or one given another's times. */
    static <I, O> List<Operation<I, O>> bent(List<Operation<I, O>> history, SplittableRandom random) {
        List<Operation<I, O>> known = new ArrayList<>(
                history.stream().filter(operation -> !operation.isUnknown()).toList());
        if (known.size() < 2) {
            return history;
        }
        List<Operation<I, O>> bent = new ArrayList<>(history);
        int a = history.indexOf(known.get(random.nextInt(known.size())));
        int b = history.indexOf(known.get(random.nextInt(known.size())));
        Operation<I, O> one = history.get(a);
        Operation<I, O> two = history.get(b);
        if (random.nextBoolean()) {
            bent.set(a, new Operation<>(one.client(), one.invoked(), one.returned(), one.input(), two.output()));
        } else {
            bent.set(a, new Operation<>(one.client(), two.invoked(), two.returned(), one.input(), one.output()));
            bent.set(b, new Operation<>(two.client(), one.invoked(), one.returned(), two.input(), two.output()));
        }
        Collections.sort(bent, Comparator.comparingLong(operation -> operation.invoked()));
        return bent;
    }
}
