package dev.varve.query.leaf;

import dev.varve.model.space.Region;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** The regions that running queries ask for, by id; several runs of one plan share theirs. Thread-safe. */
final class OpenRegions {
    private record Held(Region region, int runs) {}

    private final Map<Long, Held> held = new ConcurrentHashMap<>();

    void open(Map<Long, Region> regions) {
        regions.forEach((id, region) ->
                held.merge(id, new Held(region, 1), (old, one) -> new Held(old.region(), old.runs() + 1)));
    }

    void close(Map<Long, Region> regions) {
        for (Long id : regions.keySet()) {
            held.computeIfPresent(id, (same, old) -> old.runs() == 1 ? null : new Held(old.region(), old.runs() - 1));
        }
    }

    @Nullable
    Region get(long id) {
        Held found = held.get(id);
        return found == null ? null : found.region();
    }

    boolean isEmpty() {
        return held.isEmpty();
    }
}
