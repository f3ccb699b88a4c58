package dev.varve.server.watch;

import dev.varve.server.alert.Alert;
import dev.varve.server.alert.StandingAlarms;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.Supplier;

/**
 * Datasets that got no rows for long although they had been getting some since this node began to look; its figures are the
 * seconds since each got some.
 */
public final class SilenceCheck implements Supplier<Check> {
    private static final String NAME = "dataset-silent";

    private final Supplier<Map<String, Long>> rows;
    private final Duration after;
    private final StandingAlarms alarms;
    private final InstantSource clock;
    private final Map<String, Seen> seen = new HashMap<>();

    private record Seen(long rows, Instant changed, boolean everChanged) {}

    /**
     * Looks at row counts.
     *
     * @param rows of each dataset, those not yet in files included
     */
    public SilenceCheck(Supplier<Map<String, Long>> rows, Duration after, StandingAlarms alarms, InstantSource clock) {
        this.rows = rows;
        this.after = after;
        this.alarms = alarms;
        this.clock = clock;
    }

    @Override
    public Check get() {
        Map<String, Long> now = rows.get();
        seen.keySet().retainAll(now.keySet());
        TreeSet<String> silent = new TreeSet<>();
        Map<String, Number> seconds = new HashMap<>();
        Instant time = clock.instant();
        now.forEach((dataset, count) -> {
            Seen before = seen.get(dataset);
            // Fewer rows mean that versions were replaced, or that a file was compacted.
            boolean isNew = before != null && count > before.rows();
            if (before == null || isNew) {
                seen.put(dataset, new Seen(count, time, isNew || (before != null && before.everChanged())));
            } else {
                seen.put(dataset, new Seen(count, before.changed(), before.everChanged()));
                Duration silence = Duration.between(before.changed(), time);
                if (before.everChanged() && silence.compareTo(after) > 0) {
                    silent.add(dataset);
                    alarms.raise(
                            NAME,
                            dataset,
                            Alert.Severity.WARNING,
                            "got no rows for %d s, since %s; look at what sends them"
                                    .formatted(silence.toSeconds(), before.changed()));
                }
            }
        });
        seen.forEach((dataset, last) ->
                seconds.put(dataset, Duration.between(last.changed(), time).toSeconds()));
        alarms.clearExcept(NAME, silent);
        return new Check(
                "datasets",
                silent.isEmpty() ? Check.State.OK : Check.State.WARNING,
                silent.isEmpty() ? now.size() + " datasets" : "silent: " + String.join(", ", silent),
                seconds);
    }
}
