package dev.varve.testkit.sim;

import dev.varve.model.host.Network;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Predicate;

/** Carries messages between hosts, badly. */
public final class SimNetwork<M> {
    /**
     * How bad.
     *
     * @param drop the part of messages that are lost
     * @param twice the part that come again, later
     * @param late the part that take up to {@code latest} instead of {@code usual}
     */
    public record Odds(double drop, double twice, double late, Duration usual, Duration latest) {
        public static final Odds GOOD = new Odds(0, 0, 0, Duration.ofMillis(1), Duration.ofMillis(1));
    }

    private record Way(String from, String to) {}

    private record Mailbox<M>(Consumer<Runnable> process, Network.Receiver<M> receiver) {}

    private final Simulation simulation;
    private final Predicate<M> mayComeTwice;
    private final Map<String, Mailbox<M>> mailboxes = new HashMap<>();
    private final Set<Way> cut = new HashSet<>();
    /** When the last of what was sent arrives. */
    private final Map<Way, Long> newest = new HashMap<>();

    private Odds odds = Odds.GOOD;

    /** @param mayComeTwice whether a message stands for a datagram or one that is sent again; a request over TCP is not */
    public SimNetwork(Simulation simulation, Predicate<M> mayComeTwice) {
        this.simulation = simulation;
        this.mayComeTwice = mayComeTwice;
    }

    public void setOdds(Odds changed) {
        odds = changed;
    }

    /** Nothing gets from one to the other any more, nor what is on its way; the other direction is as it was. */
    public void cut(String from, String to) {
        cut.add(new Way(from, to));
    }

    public void mend(String from, String to) {
        cut.remove(new Way(from, to));
    }

    public void mendAll() {
        cut.clear();
    }

    /** The network as the process sees it that runs on the host now. */
    public Network<M> of(SimHost host) {
        Consumer<Runnable> process = host.here();
        return new Network<>() {
            @Override
            public void send(String node, M message) {
                post(host.name(), node, message);
            }

            @Override
            public void receive(Receiver<M> receiver) {
                mailboxes.put(host.name(), new Mailbox<>(process, receiver));
            }
        };
    }

    private void post(String from, String to, M message) {
        if (from.equals(to)) {
            // Not over any wire.
            deliver(from, to, message);
            return;
        }
        if (cut.contains(new Way(from, to)) || simulation.chance(odds.drop())) {
            simulation.happens(Happening.LOST_MESSAGE);
            simulation.trace(from, "✕ " + to + " " + message);
            return;
        }
        Duration delay = delay();
        long due = simulation.now() + delay.toNanos();
        if (newest.merge(new Way(from, to), due, Math::max) > due) {
            simulation.happens(Happening.OVERTAKEN_MESSAGE);
        }
        simulation.after(delay, () -> deliver(from, to, message));
        if (mayComeTwice.test(message) && simulation.chance(odds.twice())) {
            simulation.happens(Happening.COPIED_MESSAGE);
            simulation.after(delay().plus(delay()), () -> deliver(from, to, message));
        }
    }

    private Duration delay() {
        boolean isLate = simulation.chance(odds.late());
        if (isLate) {
            simulation.happens(Happening.LATE_MESSAGE);
        }
        return simulation.upTo(isLate ? odds.latest() : odds.usual());
    }

    private void deliver(String from, String to, M message) {
        Mailbox<M> mailbox = mailboxes.get(to);
        if (mailbox == null || cut.contains(new Way(from, to))) {
            return;
        }
        mailbox.process.accept(() -> {
            simulation.trace(to, "← " + from + " " + message);
            mailbox.receiver.message(from, message);
        });
    }
}
