package dev.varve.query;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Values of a query's parameters: String, Long, Integer, Double, Boolean, Instant or null. */
public sealed interface Params {
    Params NONE = new Positional(List.of());

    /** For {@code ?}, in order. */
    record Positional(List<@Nullable Object> values) implements Params {
        public Positional {
            values = Collections.unmodifiableList(new ArrayList<>(values));
        }
    }

    /** For {@code :name}. */
    record Named(Map<String, @Nullable Object> values) implements Params {
        public Named {
            values = Collections.unmodifiableMap(new HashMap<>(values));
        }
    }
}
