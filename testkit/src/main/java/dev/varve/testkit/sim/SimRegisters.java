package dev.varve.testkit.sim;

import dev.varve.model.host.Register;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * A register service that stands for ZooKeeper: it never forgets, but requests and replies get lost, requests arrive after
 * their sender gave up or died, sessions expire, and reads that are not synced tell the past.
 *
 * @param <V> immutable, with equality
 */
public final class SimRegisters<V> {
    /**
     * How bad.
     *
     * @param lostRequest the part of requests that never arrive
     * @param lostReply the part of answers that never arrive
     * @param late the part that take up to {@code latest} on each way instead of {@code usual}
     * @param timeout after which a client gives up waiting
     * @param session how long one that is cut off lives
     */
    public record Odds(
            double lostRequest,
            double lostReply,
            double late,
            Duration usual,
            Duration latest,
            Duration timeout,
            Duration session) {
        public static final Odds GOOD = new Odds(
                0, 0, 0, Duration.ofMillis(2), Duration.ofMillis(2), Duration.ofMillis(300), Duration.ofSeconds(2));
    }

    private static final String SWAP = "swap ";

    private static final class Session {
        boolean isOver;
    }

    private final Simulation simulation;
    private final V initial;
    private final Map<String, List<V>> values = new HashMap<>();
    private final Map<String, Session> sessions = new HashMap<>();
    private final Map<String, Runnable> harms = new HashMap<>();
    private final Set<String> cut = new HashSet<>();
    private Odds odds = Odds.GOOD;

    /** @param initial what each register holds at first, with version 0 */
    public SimRegisters(Simulation simulation, V initial) {
        this.simulation = simulation;
        this.initial = initial;
    }

    public void setOdds(Odds changed) {
        odds = changed;
    }

    /** The host cannot reach the service; when this lasts its session expires. */
    public void cut(String host) {
        if (cut.add(host)) {
            simulation.after(odds.session(), () -> {
                if (cut.contains(host)) {
                    expire(host);
                }
            });
        }
    }

    public void mend(String host) {
        cut.remove(host);
    }

    public void mendAll() {
        harms.clear();
        cut.clear();
    }

    /** Ends the host's session: what it has sent and has not arrived will be refused. */
    public void expire(String host) {
        Session session = sessions.remove(host);
        if (session != null) {
            session.isOver = true;
            simulation.happens(Happening.EXPIRED_SESSION);
            simulation.trace("register", "session of " + host + " expires");
        }
    }

    /** Does this once when the host's next request has been carried out, before the answer gets there. */
    public void atNext(String host, Runnable harm) {
        harms.put(host, harm);
    }

    /** All values that a register has had, by version. */
    public List<V> past(String name) {
        return List.copyOf(all(name));
    }

    private List<V> all(String name) {
        return values.computeIfAbsent(name, key -> new ArrayList<>(List.of(initial)));
    }

    /** The register as the process sees it that runs on the host now. */
    public Register<V> of(SimHost host, String name) {
        Client client = new Client(host.name(), host.here());
        return new Register<>() {
            @Override
            public CompletableFuture<Read<V>> read() {
                return client.ask("read " + name, () -> readAt(name, all(name).size() - 1), Read.Failed<V>::new);
            }

            @Override
            public CompletableFuture<Read<V>> readStale() {
                return client.ask(
                        "read stale " + name,
                        () -> readAt(name, simulation.random().nextInt(all(name).size())),
                        Read.Failed<V>::new);
            }

            @Override
            public CompletableFuture<Swap> swap(long expectedVersion, V value) {
                return client.ask(
                        SWAP + name + " " + expectedVersion + " → " + value,
                        () -> swapNow(name, expectedVersion, value),
                        Swap.Unknown::new);
            }
        };
    }

    private Register.Read<V> readAt(String name, int version) {
        return new Register.Read.Value<>(version, all(name).get(version));
    }

    private Register.Swap swapNow(String name, long expected, V value) {
        List<V> past = all(name);
        if (expected != Register.ANY_VERSION && expected != past.size() - 1) {
            return new Register.Swap.Conflict();
        }
        past.add(value);
        return new Register.Swap.Done(past.size() - 1);
    }

    private interface Lost<R> {
        R because(String cause);
    }

    private final class Client {
        private final String host;
        private final Consumer<Runnable> process;

        Client(String host, Consumer<Runnable> process) {
            this.host = host;
            this.process = process;
        }

        <R> CompletableFuture<R> ask(String what, Supplier<? extends R> action, Lost<R> lost) {
            CompletableFuture<R> answer = new CompletableFuture<>();
            BiConsumer<Duration, R> reply =
                    (delay, result) -> simulation.after(delay, () -> process.accept(() -> answer.complete(result)));
            reply.accept(odds.timeout(), lost.because("no answer"));
            Session session = sessions.computeIfAbsent(host, key -> new Session());
            if (cut.contains(host) || simulation.chance(odds.lostRequest())) {
                if (what.startsWith(SWAP)) {
                    simulation.happens(Happening.LOST_SWAP);
                }
                simulation.trace(host, "✕ register " + what);
                return answer;
            }
            simulation.after(delay(), () -> {
                if (session.isOver) {
                    reply.accept(delay(), lost.because("session expired"));
                    return;
                }
                R result = action.get();
                boolean arrives = !cut.contains(host) && !simulation.chance(odds.lostReply());
                simulation.trace("register", host + " " + what + ": " + result + (arrives ? "" : ", reply lost"));
                if (!arrives && result instanceof Register.Swap.Done) {
                    simulation.happens(Happening.LOST_SWAP_REPLY);
                }
                Runnable harm = harms.remove(host);
                if (harm != null) {
                    harm.run();
                }
                if (arrives) {
                    reply.accept(delay(), result);
                }
            });
            return answer;
        }

        private Duration delay() {
            return simulation.upTo(simulation.chance(odds.late()) ? odds.latest() : odds.usual());
        }
    }
}
