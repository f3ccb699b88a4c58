package dev.varve.server.alert;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Decides when people are told. A pure automaton of what stands at which time; confined to one thread.
 *
 * <ul>
 *   <li>An alert that is critical, or stands for a while, is told once, and once more each time it has stood for long.
 *   <li>It has ended when it was not seen for a while; that is told if it itself was.
 *   <li>One that comes and goes is told at most once in a pause; meanwhile it stays as it was told last.
 *   <li>All that is due at a time is one message; beyond a number in a window, messages wait until the window has room.
 * </ul>
 */
public final class Teller {
    private final String lake;
    private final Patience patience;
    private final Map<Alert.Key, State> states = new HashMap<>();
    private final Deque<Instant> sent = new ArrayDeque<>();
    private boolean wasHeldBack;
    private long heldBack;

    /**
     * How long what takes.
     *
     * @param raiseAfter a warning must have stood
     * @param endAfter an alert must not have been seen
     * @param again after which what still stands is told again
     * @param pause between two messages about one alert, other than that it ended
     * @param window in which at most {@code most} messages are sent
     */
    public record Patience(
            Duration raiseAfter, Duration endAfter, Duration again, Duration pause, Duration window, int most) {
        public static final Patience DEFAULT = new Patience(
                Duration.ofSeconds(20),
                Duration.ofMinutes(1),
                Duration.ofHours(12),
                Duration.ofMinutes(15),
                Duration.ofMinutes(10),
                10);
    }

    private static final class State {
        private Alert alert;
        private Instant lastSeen;
        private boolean isTold;
        private @Nullable Instant lastTold;

        State(Alert alert, Instant now) {
            this.alert = alert;
            lastSeen = now;
        }
    }

    public Teller(String lake, Patience patience) {
        this.lake = lake;
        this.patience = patience;
    }

    /** What to tell now, if anything, when these stand. */
    public Optional<Message> look(Collection<Alert> standing, Instant now) {
        Set<Alert.Key> seen = new HashSet<>();
        for (Alert alert : standing) {
            seen.add(alert.key());
            State state = states.computeIfAbsent(alert.key(), any -> new State(alert, now));
            state.alert = alert;
            state.lastSeen = now;
        }
        TreeSet<Alert> raised = new TreeSet<>();
        TreeSet<Alert> ended = new TreeSet<>();
        states.forEach((key, state) -> {
            if (seen.contains(key) && isDue(state, now)) {
                raised.add(state.alert);
            } else if (state.isTold && !state.lastSeen.plus(patience.endAfter()).isAfter(now)) {
                ended.add(state.alert);
            }
        });
        if (raised.isEmpty() && ended.isEmpty()) {
            forget(now);
            return Optional.empty();
        }
        while (!sent.isEmpty() && !sent.peekFirst().plus(patience.window()).isAfter(now)) {
            sent.removeFirst();
        }
        if (sent.size() >= patience.most()) {
            heldBack += wasHeldBack ? 0 : 1;
            wasHeldBack = true;
            return Optional.empty();
        }
        wasHeldBack = false;
        sent.addLast(now);
        raised.forEach(alert -> told(alert, now, true));
        ended.forEach(alert -> told(alert, now, false));
        Message message = new Message(lake, new ArrayList<>(raised), new ArrayList<>(ended), heldBack, now);
        heldBack = 0;
        forget(now);
        return Optional.of(message);
    }

    private boolean isDue(State state, Instant now) {
        if (state.isTold) {
            return state.lastTold != null
                    && !state.lastTold.plus(patience.again()).isAfter(now);
        }
        boolean isSettled = state.alert.severity() == Alert.Severity.CRITICAL
                || !state.alert.since().plus(patience.raiseAfter()).isAfter(now);
        return isSettled
                && (state.lastTold == null
                        || !state.lastTold.plus(patience.pause()).isAfter(now));
    }

    private void told(Alert alert, Instant now, boolean stands) {
        State state = states.get(alert.key());
        if (state != null) {
            state.isTold = stands;
            state.lastTold = stands ? now : state.lastTold;
        }
    }

    private void forget(Instant now) {
        states.values()
                .removeIf(state -> !state.isTold
                        && state.lastSeen.isBefore(now)
                        && (state.lastTold == null
                                || !state.lastTold.plus(patience.pause()).isAfter(now)));
    }

    /** What people were told stands. */
    public List<Alert> told() {
        return states.values().stream()
                .filter(state -> state.isTold)
                .map(state -> state.alert)
                .sorted()
                .toList();
    }
}
