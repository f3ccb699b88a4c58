package dev.varve.testkit.history;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;

/** Logs that are appended to and read from a position to the end: no gap, nothing twice, nothing lost. */
public final class AppendLogModel implements Model<AppendLogModel.Log, AppendLogModel.Ask, AppendLogModel.Answer> {
    /** One request. */
    public sealed interface Ask {
        String log();

        record Append(String log, String value) implements Ask {}

        record Read(String log, int from) implements Ask {}
    }

    /** What is answered. */
    public sealed interface Answer {
        record Appended(int position) implements Answer {}

        record Entries(List<String> values) implements Answer {
            public Entries {
                values = List.copyOf(values);
            }
        }
    }

    /** A log's entries, as a chain: appending shares what is there. */
    public static final class Log {
        static final Log EMPTY = new Log(Optional.empty(), "", 0, 1);

        private final Optional<Log> before;
        private final String last;
        private final int length;
        private final int hash;

        private Log(Optional<Log> before, String last, int length, int hash) {
            this.before = before;
            this.last = last;
            this.length = length;
            this.hash = hash;
        }

        Log and(String value) {
            return new Log(Optional.of(this), value, length + 1, 31 * hash + value.hashCode());
        }

        List<String> from(int position) {
            List<String> values = new ArrayList<>();
            Log at = this;
            while (at.length > position && at.before.isPresent()) {
                values.add(at.last);
                at = at.before.get();
            }
            Collections.reverse(values);
            return values;
        }

        @Override
        public int hashCode() {
            return hash;
        }

        @Override
        public boolean equals(Object other) {
            if (!(other instanceof Log that) || hash != that.hash || length != that.length) {
                return false;
            }
            Log mine = this;
            Log yours = that;
            while (mine != yours) {
                if (!mine.last.equals(yours.last) || mine.before.isEmpty() || yours.before.isEmpty()) {
                    return false;
                }
                mine = mine.before.get();
                yours = yours.before.get();
            }
            return true;
        }

        @Override
        public String toString() {
            return length + " entries, the last ones " + from(Math.max(0, length - 10));
        }
    }

    @Override
    public Log initial() {
        return Log.EMPTY;
    }

    /** An entry never changes: whoever saw one knows what every state has there. Nobody needs one longer than was seen. */
    @Override
    public Predicate<Log> possible(List<Operation<Ask, Answer>> history) {
        Map<Integer, String> seen = new HashMap<>();
        for (Operation<Ask, Answer> operation : history) {
            switch (operation.input()) {
                case Ask.Append append -> {
                    if (operation.output().orElse(null) instanceof Answer.Appended(int position)) {
                        seen.put(position, append.value());
                    }
                }
                case Ask.Read read -> {
                    if (operation.output().orElse(null) instanceof Answer.Entries(List<String> values)) {
                        for (int i = 0; i < values.size(); i++) {
                            seen.put(read.from() + i, values.get(i));
                        }
                    }
                }
            }
        }
        int longest =
                seen.keySet().stream().mapToInt(position -> position + 1).max().orElse(0);
        return state -> state.length <= longest && state.last.equals(seen.getOrDefault(state.length - 1, state.last));
    }

    @Override
    public String key(Ask input) {
        return input.log();
    }

    @Override
    public Step<Log, Answer> apply(Log state, Ask input) {
        return switch (input) {
            case Ask.Append append -> new Step<>(state.and(append.value()), new Answer.Appended(state.length));
            case Ask.Read read -> new Step<>(state, new Answer.Entries(state.from(read.from())));
        };
    }
}
