package dev.varve.testkit.commit;

import dev.varve.model.host.EventLoop;
import dev.varve.model.host.Network;
import dev.varve.model.host.Register;
import dev.varve.model.host.Register.Read;
import dev.varve.model.host.Register.Swap;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A log of batches: each is a chunk on at least two disks that names the one before, then one compare-and-set of the
 * pointer that names the chunk. Whoever leads has raised the pointer's epoch and waited out the lease of the one before.
 *
 * <p>An outcome that nobody knows is found out by repeating the identical compare-and-set or by reading: as long as the
 * version has not moved nothing else is tried for it, and nothing is called failed.
 */
final class PointerLog<O> {
    static final Duration LEASE = Duration.ofSeconds(1);
    /** A leader trusts its lease for less than others wait, for clocks differ in speed. */
    private static final double TRUSTED = 0.8;

    private static final Duration AGAIN = Duration.ofMillis(60);
    private static final Duration STRAGGLER = Duration.ofMillis(20);
    private static final Duration GIVE_UP = Duration.ofSeconds(2);

    /** What became of an append. */
    enum Outcome {
        APPENDED,
        /** It has not happened and never will. */
        REFUSED,
        UNKNOWN
    }

    private enum State {
        IDLE,
        ACQUIRING,
        ACTIVE
    }

    /** An append under way. */
    private static final class Pending {
        final Chunk chunk;
        final CompletableFuture<Outcome> outcome = new CompletableFuture<>();
        final Set<String> copies = new HashSet<>();

        @Nullable
        Pointer next;

        Pending(Chunk chunk) {
            this.chunk = chunk;
        }
    }

    private final EventLoop loop;
    private final InstantSource timeOfDay;
    private final Network<Message<O>> network;
    private final Register<Pointer> register;
    private final String name;
    private final List<String> stores;
    private final Rule rule;
    private final Map<String, Chunk> known = new HashMap<>();
    private State state = State.IDLE;
    /** Attempts to lead; what an earlier one had asked for is not listened to. */
    private long term;

    private long version;
    private Pointer pointer = Pointer.START;
    private long serveFrom;
    private long leaseUntil;
    private int chunks;
    private @Nullable Pending pending;
    private @Nullable String wanted;

    /**
     * @param timeOfDay only a broken rule looks at it
     * @param name of this process, unlike that of any other and of any before it
     */
    PointerLog(
            EventLoop loop,
            InstantSource timeOfDay,
            Network<Message<O>> network,
            Register<Pointer> register,
            String name,
            List<String> stores,
            Rule rule) {
        this.loop = loop;
        this.timeOfDay = timeOfDay;
        this.network = network;
        this.register = register;
        this.name = name;
        this.stores = stores;
        this.rule = rule;
    }

    boolean isIdle() {
        return state == State.IDLE;
    }

    /** Whether batches may be appended. */
    boolean leads() {
        return state == State.ACTIVE && now() >= serveFrom;
    }

    /** Whether what has been appended here is all that has been appended anywhere. */
    boolean mayRead() {
        return leads() && (rule == Rule.NO_LEASE || now() < leaseUntil);
    }

    /** Tries to lead; {@code sink} gets the log from its start if that works. */
    void takeOver(Consumer<List<Chunk>> sink) {
        state = State.ACQUIRING;
        long mine = ++term;
        loop.then(register.read(), read -> {
            if (mine == term) {
                switch (read) {
                    case Read.Failed<Pointer> failed -> stepDown();
                    case Read.Value<Pointer>(long at, Pointer old) ->
                        raise(mine, at, new Pointer(old.epoch() + 1, old.seq(), old.head(), name + "#" + mine), sink);
                }
            }
        });
    }

    private void raise(long mine, long expected, Pointer next, Consumer<List<Chunk>> sink) {
        long sent = now();
        loop.then(register.swap(expected, next), swap -> {
            if (mine == term) {
                switch (swap) {
                    case Swap.Done(long at) -> begin(at, next, sent, sink);
                    case Swap.Conflict conflict -> lookWhoLeads(mine, next, sink);
                    case Swap.Unknown unknown ->
                        loop.after(AGAIN, () -> {
                            if (mine == term) {
                                raise(mine, expected, next, sink);
                            }
                        });
                }
            }
        });
    }

    private void lookWhoLeads(long mine, Pointer next, Consumer<List<Chunk>> sink) {
        long sent = now();
        loop.then(register.read(), read -> {
            if (mine == term) {
                if (read instanceof Read.Value<Pointer>(long at, Pointer now)
                        && (rule == Rule.NAMELESS_EPOCH ? now.epoch() == next.epoch() : now.equals(next))) {
                    begin(at, now, sent, sink);
                } else {
                    stepDown();
                }
            }
        });
    }

    private void begin(long at, Pointer now, long sent, Consumer<List<Chunk>> sink) {
        version = at;
        pointer = now;
        leaseUntil = lease(sent);
        serveFrom = now() + (rule == Rule.NO_TAKE_OVER_WAIT ? 0 : LEASE.toNanos());
        replay(term, now.head(), new ArrayList<>(), sink);
    }

    private long now() {
        return rule == Rule.TIME_OF_DAY ? timeOfDay.millis() * 1_000_000 : loop.nanoTime();
    }

    private static long lease(long sent) {
        return sent + (long) (TRUSTED * LEASE.toNanos());
    }

    private void replay(long mine, String head, List<Chunk> later, Consumer<List<Chunk>> sink) {
        String at = head;
        while (!at.isEmpty()) {
            Chunk chunk = known.get(at);
            if (chunk == null) {
                String missing = at;
                wanted = missing;
                stores.forEach(store -> network.send(store, new Message.Fetch<>(missing)));
                loop.after(AGAIN, () -> {
                    if (mine == term) {
                        replay(mine, missing, later, sink);
                    }
                });
                return;
            }
            later.addFirst(chunk);
            at = chunk.before();
        }
        state = State.ACTIVE;
        sink.accept(later);
        renew(mine);
    }

    void fetched(Chunk chunk) {
        if (chunk.id().equals(wanted)) {
            known.put(chunk.id(), chunk);
            wanted = null;
        }
    }

    /** Gives up leading; of an append under way nobody knows what became of it. */
    void stepDown() {
        state = State.IDLE;
        term++;
        finish(Outcome.UNKNOWN);
    }

    private void renew(long mine) {
        loop.after(LEASE.dividedBy(4), () -> {
            if (mine == term) {
                renew(mine);
            }
        });
        long sent = now();
        long expected = version;
        loop.then(register.read(), read -> {
            if (mine == term && read instanceof Read.Value<Pointer>(long at, Pointer now)) {
                if (at == expected) {
                    leaseUntil = Math.max(leaseUntil, lease(rule == Rule.LEASE_FROM_REPLY ? now() : sent));
                } else if (pending == null && version == expected) {
                    stepDown();
                }
            }
        });
    }

    /** Appends a batch; one at a time. */
    CompletableFuture<Outcome> append(List<Integer> ops) {
        if (pending != null || !leads()) {
            throw new IllegalStateException("another append is under way, or another leader");
        }
        chunks++;
        Chunk chunk = new Chunk(name + "-" + chunks, pointer.epoch(), pointer.seq() + 1, pointer.head(), ops);
        Pending append = new Pending(chunk);
        pending = append;
        send(append);
        loop.after(GIVE_UP, () -> {
            if (pending == append && append.next == null) {
                finish(Outcome.REFUSED);
            }
        });
        return append.outcome;
    }

    private void send(Pending append) {
        if (pending != append || append.next != null) {
            return;
        }
        for (String store : stores) {
            if (!append.copies.contains(store)) {
                network.send(store, new Message.Store<>(append.chunk));
            }
        }
        loop.after(AGAIN, () -> send(append));
    }

    void stored(String from, String chunk) {
        Pending append = pending;
        if (append == null || append.next != null || !append.chunk.id().equals(chunk) || !append.copies.add(from)) {
            return;
        }
        int enough = rule == Rule.ONE_COPY ? 1 : 2;
        if (append.copies.size() == stores.size()) {
            commit(append);
        } else if (append.copies.size() == enough) {
            loop.after(STRAGGLER, () -> commit(append));
        }
    }

    private void commit(Pending append) {
        if (pending == append && append.next == null) {
            Pointer next = new Pointer(pointer.epoch(), pointer.seq() + 1, append.chunk.id(), pointer.owner());
            append.next = next;
            swap(append, next);
        }
    }

    private void swap(Pending append, Pointer next) {
        long sent = now();
        loop.then(register.swap(rule == Rule.BLIND ? Register.ANY_VERSION : version, next), swap -> {
            if (pending == append) {
                switch (swap) {
                    case Swap.Done(long at) -> settle(append, at, next, sent);
                    case Swap.Conflict conflict -> {
                        if (rule == Rule.CONFLICT_IS_FAILURE) {
                            finish(Outcome.REFUSED);
                            stepDown();
                        } else {
                            decide(append, next);
                        }
                    }
                    case Swap.Unknown unknown -> {
                        switch (rule) {
                            case TIMEOUT_IS_FAILURE -> finish(Outcome.REFUSED);
                            case DIFFERENT_CONTENT -> finish(Outcome.UNKNOWN);
                            default -> decide(append, next);
                        }
                    }
                }
            }
        });
    }

    /** The pointer itself says what happened. */
    private void decide(Pending append, Pointer next) {
        long sent = now();
        loop.then(register.read(), read -> {
            if (pending != append) {
                return;
            }
            switch (read) {
                case Read.Failed<Pointer> failed ->
                    loop.after(AGAIN, () -> {
                        if (pending == append) {
                            swap(append, next);
                        }
                    });
                case Read.Value<Pointer>(long at, Pointer now) -> {
                    if (isThis(now, next)) {
                        settle(append, at, next, sent);
                    } else if (at == version) {
                        swap(append, next);
                    } else {
                        boolean isUntouched = now.head().equals(pointer.head());
                        finish(isUntouched ? Outcome.REFUSED : Outcome.UNKNOWN);
                        stepDown();
                    }
                }
            }
        });
    }

    private boolean isThis(Pointer now, Pointer next) {
        // For one version there is one content: where that holds, who wrote it is enough to know.
        return rule == Rule.DIFFERENT_CONTENT
                ? now.owner().equals(next.owner()) && now.seq() == next.seq()
                : now.equals(next);
    }

    private void settle(Pending append, long at, Pointer next, long sent) {
        version = at;
        pointer = next;
        known.put(append.chunk.id(), append.chunk);
        leaseUntil = Math.max(leaseUntil, lease(sent));
        finish(Outcome.APPENDED);
    }

    private void finish(Outcome outcome) {
        Pending append = pending;
        if (append != null) {
            pending = null;
            append.outcome.complete(outcome);
        }
    }
}
