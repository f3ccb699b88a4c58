package dev.varve.testkit.history;

import java.util.Collections;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;

/** Buckets of names that can be added, removed, looked up and listed; a list sees one moment of the whole bucket. */
public final class SetModel implements Model<List<String>, SetModel.Ask, SetModel.Answer> {
    /** One request. */
    public sealed interface Ask {
        String bucket();

        record Add(String bucket, String name) implements Ask {}

        record Remove(String bucket, String name) implements Ask {}

        record Has(String bucket, String name) implements Ask {}

        /** All names of the bucket, in order. */
        record ListAll(String bucket) implements Ask {}
    }

    /** What is answered. */
    public sealed interface Answer {
        record Done() implements Answer {}

        record Held(boolean isThere) implements Answer {}

        record Listed(List<String> names) implements Answer {
            public Listed {
                names = List.copyOf(names);
            }
        }
    }

    private static final Answer DONE = new Answer.Done();

    @Override
    public List<String> initial() {
        return List.of();
    }

    @Override
    public String key(Ask input) {
        return input.bucket();
    }

    @Override
    public Step<List<String>, Answer> apply(List<String> state, Ask input) {
        return switch (input) {
            case Ask.Add(String bucket, String name) -> {
                SortedSet<String> names = new TreeSet<>(state);
                yield new Step<>(names.add(name) ? List.copyOf(names) : state, DONE);
            }
            case Ask.Remove(String bucket, String name) -> {
                SortedSet<String> names = new TreeSet<>(state);
                yield new Step<>(names.remove(name) ? List.copyOf(names) : state, DONE);
            }
            case Ask.Has(String bucket, String name) ->
                new Step<>(state, new Answer.Held(Collections.binarySearch(state, name) >= 0));
            case Ask.ListAll all -> new Step<>(state, new Answer.Listed(state));
        };
    }
}
