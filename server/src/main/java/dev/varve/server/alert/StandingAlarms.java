package dev.varve.server.alert;

import dev.varve.blobstore.Alarms;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;

/** The alarms of one node that stand. Thread-safe; never waits. */
public final class StandingAlarms implements Alarms {
    /** So that a fault that grows without end does not take the memory with it. */
    private static final int MOST = 1_000;

    private final String node;
    private final InstantSource clock;
    private final Map<Alert.Key, Alert> standing = new ConcurrentHashMap<>();

    public StandingAlarms(String node, InstantSource clock) {
        this.node = node;
        this.clock = clock;
    }

    @Override
    public void raise(String name, String subject, String text) {
        raise(name, subject, Alert.Severity.CRITICAL, text);
    }

    /** Raises an alarm, or says another thing of one that stands. */
    public void raise(String name, String subject, Alert.Severity severity, String text) {
        if (standing.size() < MOST) {
            standing.compute(
                    new Alert.Key(name, subject, node),
                    (key, before) -> new Alert(
                            name, subject, node, severity, text, before == null ? clock.instant() : before.since()));
        }
    }

    @Override
    public void clear(String name, String subject) {
        standing.remove(new Alert.Key(name, subject, node));
    }

    /** Ends all alarms of the kind but these. */
    public void clearExcept(String name, Set<String> subjects) {
        standing.keySet().removeIf(key -> key.name().equals(name) && !subjects.contains(key.subject()));
    }

    /** Worst first. */
    public List<Alert> all() {
        return standing.values().stream().sorted().collect(Collectors.toList());
    }
}
