package dev.varve.testkit.history;

import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;

/** Accounts between which money moves in one step; a look at all of them always sees the same sum. */
public final class BankModel implements Model<Map<String, Long>, BankModel.Ask, BankModel.Answer> {
    /** One request. */
    public sealed interface Ask {
        record Transfer(String from, String to, long amount) implements Ask {}

        record Balances() implements Ask {}
    }

    /** What is answered. */
    public sealed interface Answer {
        record Done() implements Answer {}

        /** The account has less. */
        record Refused() implements Answer {}

        record Seen(Map<String, Long> balances) implements Answer {
            public Seen {
                balances = sorted(balances);
            }
        }
    }

    private final Map<String, Long> start;

    public BankModel(Map<String, Long> start) {
        this.start = sorted(start);
    }

    /** Prints the same in each run, which {@code Map.copyOf} does not. */
    private static Map<String, Long> sorted(Map<String, Long> balances) {
        return Collections.unmodifiableMap(new TreeMap<>(balances));
    }

    @Override
    public Map<String, Long> initial() {
        return start;
    }

    @Override
    public Step<Map<String, Long>, Answer> apply(Map<String, Long> state, Ask input) {
        return switch (input) {
            case Ask.Balances balances -> new Step<>(state, new Answer.Seen(state));
            case Ask.Transfer(String from, String to, long amount) -> {
                if (state.getOrDefault(from, 0L) < amount) {
                    yield new Step<>(state, new Answer.Refused());
                }
                Map<String, Long> next = new TreeMap<>(state);
                next.merge(from, -amount, Long::sum);
                next.merge(to, amount, Long::sum);
                yield new Step<>(Collections.unmodifiableMap(next), new Answer.Done());
            }
        };
    }
}
