package dev.varve.blobstore.shared;

import dev.varve.blobstore.chunk.Birth;
import dev.varve.blobstore.chunk.ChunkRef;
import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import dev.varve.model.host.Register;
import dev.varve.model.host.Register.Read;
import dev.varve.model.host.Register.Swap;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * What a node does to lead, and while it leads: it takes the register, waits until the leader before cannot believe in its
 * lease any more, and commits entries one after the other. The chunk of the next entry is written while the
 * compare-and-set of the one before is under way.
 *
 * <p>An outcome that nobody knows is found out by repeating the identical compare-and-set or by reading: as long as the
 * version has not moved nothing else is tried for it. Belongs to the loop.
 */
final class Lead {
    static final Duration LEASE = Duration.ofSeconds(1);
    /** A leader trusts its lease for less than others wait, for clocks differ in speed. */
    private static final double TRUSTED = 0.8;

    private static final Duration AGAIN = Duration.ofMillis(60);
    private static final Duration TICK = LEASE.dividedBy(8);
    /** Without the register. */
    private static final Duration MOST_SILENCE = Duration.ofSeconds(3);

    private static final Duration WRITE_TIMEOUT = Duration.ofSeconds(4);
    private static final int MOST_RECORDS = 16_384;

    private enum State {
        IDLE,
        ACQUIRING,
        WAITING,
        ACTIVE
    }

    /** An entry whose chunk is written. */
    private static final class Draft {
        final Entry entry;
        final ByteBuffer payload;
        final long until;

        @Nullable
        ChunkRef ref;

        Draft(Entry entry, long until) {
            this.entry = entry;
            this.payload = entry.encoded();
            this.until = until;
        }
    }

    /** A change of the register that is no entry. */
    private record Amendment(UnaryOperator<Pointer> change, CompletableFuture<Boolean> outcome) {}

    /** A compare-and-set under way. */
    private static final class Flight {
        final Pointer next;
        final Optional<Draft> draft;
        final List<Amendment> amendments;

        Flight(Pointer next, Optional<Draft> draft, List<Amendment> amendments) {
            this.next = next;
            this.draft = draft;
            this.amendments = amendments;
        }
    }

    private final LogCore core;
    private final Rule rule;
    private final Ring ring;
    private final Parked parked;
    private final Map<Origin, Long> accepted = new HashMap<>();
    private final ArrayDeque<Logged> queue = new ArrayDeque<>();
    private final List<Amendment> amendments = new ArrayList<>();
    /** The newest entries, with the one whose compare-and-set is under way. */
    private final ArrayDeque<Link> links = new ArrayDeque<>();

    private long queuedBytes;
    private State state = State.IDLE;
    /** Attempts to lead; what an earlier one had asked for is not listened to. */
    private long term;

    private long version;
    private Pointer pointer = Pointer.START;
    private long serveFrom;
    private long leaseUntil;
    private boolean isRenewing;
    private @Nullable Draft draft;
    private @Nullable Flight flight;

    Lead(LogCore core) {
        this.core = core;
        this.rule = core.rule();
        this.ring = new Ring(core.settings().ringBytes());
        this.parked = new Parked(core, this);
    }

    boolean isIdle() {
        return state == State.IDLE;
    }

    boolean isActive() {
        return state == State.ACTIVE;
    }

    /** Whether the register was ours when we last looked. */
    boolean owns() {
        return state == State.WAITING || state == State.ACTIVE;
    }

    /** Whether somebody else's leading ends what is under way here. */
    boolean isOther(Owner owner) {
        return state != State.IDLE
                && rule != Rule.NAMELESS_EPOCH
                && !owner.equals(new Owner(core.self().node(), core.self().boot(), term));
    }

    Pointer pointer() {
        return pointer;
    }

    Ring ring() {
        return ring;
    }

    Parked parked() {
        return parked;
    }

    private long now() {
        return rule == Rule.TIME_OF_DAY
                ? core.clock().millis() * 1_000_000
                : core.loop().nanoTime();
    }

    private static long lease(long sent) {
        return sent + (long) (TRUSTED * LEASE.toNanos());
    }

    /** Tries to lead, unless somebody has led in an epoch that this node has not heard of. */
    void takeOver(long knownEpoch) {
        if (state != State.IDLE) {
            return;
        }
        state = State.ACQUIRING;
        long mine = ++term;
        core.loop().then(core.register().read(), read -> {
            if (mine == term) {
                switch (read) {
                    case Read.Failed<Pointer> failed -> stepDown();
                    case Read.Value<Pointer>(long at, Pointer old) -> {
                        if (old.epoch() > knownEpoch) {
                            stepDown();
                            core.learn(old);
                        } else if (old.epoch() < knownEpoch || old.end() < core.seen()) {
                            // A late copy of it; or else what it held is lost, and leading would write over it.
                            core.warn(
                                    "the register is behind, at epoch " + old.epoch() + " and end " + old.end()
                                            + ", but seen was " + core.seen(),
                                    null);
                            stepDown();
                        } else {
                            Owner me = new Owner(core.self().node(), core.self().boot(), mine);
                            raise(mine, at, old.ownedBy(me), old.isReleased());
                        }
                    }
                }
            }
        });
    }

    private void raise(long mine, long expected, Pointer next, boolean isFree) {
        long sent = now();
        core.loop().then(core.register().swap(expected, next), swap -> {
            if (mine == term) {
                switch (swap) {
                    case Swap.Done(long at) -> begin(at, next, sent, isFree);
                    case Swap.Conflict conflict -> lookWhoLeads(mine, next, isFree);
                    case Swap.Unknown unknown -> again(mine, () -> raise(mine, expected, next, isFree));
                }
            }
        });
    }

    private void again(long mine, Runnable task) {
        core.loop().after(AGAIN, () -> {
            if (mine == term) {
                task.run();
            }
        });
    }

    private void lookWhoLeads(long mine, Pointer next, boolean isFree) {
        long sent = now();
        core.loop().then(core.register().read(), read -> {
            if (mine == term) {
                switch (read) {
                    case Read.Failed<Pointer> failed -> stepDown();
                    case Read.Value<Pointer>(long at, Pointer found) -> {
                        boolean isMine =
                                rule == Rule.NAMELESS_EPOCH ? found.epoch() == next.epoch() : found.equals(next);
                        if (isMine) {
                            begin(at, found, sent, isFree);
                        } else {
                            stepDown();
                            core.learn(found);
                        }
                    }
                }
            }
        });
    }

    private void begin(long at, Pointer found, long sent, boolean isFree) {
        version = at;
        pointer = found;
        leaseUntil = lease(sent);
        serveFrom = now() + (isFree || rule == Rule.NO_TAKE_OVER_WAIT ? 0 : LEASE.toNanos());
        state = State.WAITING;
        ring.clear(found.end());
        links.clear();
        found.head().ifPresent(head -> links.addAll(core.follow().linksTo(head)));
        core.learn(found);
        if (owns()) {
            tick(term);
            await(term);
        }
    }

    private void await(long mine) {
        long left = serveFrom - now();
        if (left > 0) {
            core.loop().after(Duration.ofNanos(Math.min(left, AGAIN.toNanos())), () -> {
                if (mine == term) {
                    await(mine);
                }
            });
        } else {
            state = State.ACTIVE;
            core.leadershipChanged();
            parked.answerEnds();
            pump();
        }
    }

    /** Keeps the lease alive where no commits do. */
    private void tick(long mine) {
        core.loop().after(TICK, () -> {
            if (mine == term) {
                tick(mine);
                if (now() - leaseUntil > MOST_SILENCE.toNanos()) {
                    // Somebody else may reach the register.
                    stepDown();
                    return;
                }
                if (leaseUntil - now() < LEASE.toNanos() / 2 || rule == Rule.TIME_OF_DAY) {
                    renew();
                }
            }
        });
    }

    private void renew() {
        if (isRenewing) {
            return;
        }
        isRenewing = true;
        long mine = term;
        long sent = now();
        long expected = version;
        core.loop().then(core.register().read(), read -> {
            isRenewing = false;
            if (mine == term && read instanceof Read.Value<Pointer>(long at, Pointer found)) {
                if (at == expected) {
                    extendLease(rule == Rule.LEASE_FROM_REPLY ? now() : sent);
                } else if (flight == null && version == expected) {
                    stepDown();
                    core.learn(found);
                }
            }
        });
    }

    private void extendLease(long sent) {
        leaseUntil = Math.max(leaseUntil, lease(sent));
        parked.answerEnds();
    }

    /** Whether all that was acknowledged anywhere is below {@link #end}. */
    boolean knowsEnd() {
        Flight flying = flight;
        // Whoever reads that the register is released does not wait for the lease.
        boolean isLeaving = flying != null && flying.next.isReleased() && rule != Rule.LEAVES_LATE;
        return state == State.ACTIVE && !isLeaving && (rule == Rule.NO_LEASE || now() < leaseUntil);
    }

    void mayWantLease() {
        if (state == State.ACTIVE) {
            renew();
        }
    }

    /** With what may just be committed: others may have read it in the register before the answer gets here. */
    long end() {
        Flight flying = flight;
        return flying == null || rule == Rule.SETTLED_END ? pointer.end() : flying.next.end();
    }

    Message.Kind accept(long epoch, Origin origin, List<Logged> records) {
        if (!owns() || (epoch != pointer.epoch() && rule != Rule.ANY_EPOCH)) {
            return Message.Kind.NOT_LEADING;
        }
        if (queuedBytes > core.settings().leaderQueueBytes()) {
            return Message.Kind.BUSY;
        }
        long last = accepted.getOrDefault(origin, -1L);
        for (Logged record : records) {
            if (record.number() > last || rule == Rule.NO_MEMORY_OF_RECORDS) {
                last = Math.max(last, record.number());
                queue.add(record);
                queuedBytes += record.bytes().remaining();
            }
        }
        accepted.put(origin, last);
        pump();
        return Message.Kind.DONE;
    }

    /** Changes the register beside entries; false if this node does not lead, or stops before it is tried. */
    CompletableFuture<Boolean> amend(UnaryOperator<Pointer> change) {
        if (state != State.ACTIVE) {
            return CompletableFuture.completedFuture(false);
        }
        Amendment amendment = new Amendment(change, new CompletableFuture<>());
        amendments.add(amendment);
        pump();
        return amendment.outcome();
    }

    private void pump() {
        if (state != State.ACTIVE) {
            return;
        }
        if (draft == null && !queue.isEmpty()) {
            Draft next = new Draft(nextEntry(), core.loop().nanoTime() + WRITE_TIMEOUT.toNanos());
            draft = next;
            write(next);
        }
        Draft ready = draft;
        boolean isReady = ready != null && ready.ref != null;
        if (flight == null && (isReady || !amendments.isEmpty())) {
            swap(isReady ? ready : null);
        }
    }

    private Entry nextEntry() {
        List<Logged> records = new ArrayList<>();
        long bytes = 0;
        while (!queue.isEmpty() && records.size() < MOST_RECORDS) {
            int size = queue.peek().bytes().remaining() + Entry.RECORD_OVERHEAD;
            if (!records.isEmpty() && bytes + size > core.settings().entryBytes()) {
                break;
            }
            bytes += size;
            Logged record = queue.remove();
            queuedBytes -= record.bytes().remaining();
            records.add(record);
        }
        Pointer before = flight == null ? pointer : flight.next;
        return new Entry(
                core.name(),
                before.epoch(),
                before.end(),
                core.clock().millis(),
                Math.max(before.trusted(), core.trustedMillis()),
                List.copyOf(links),
                records);
    }

    private void write(Draft next) {
        long mine = term;
        long birth = Birth.ofLog(core.number(), next.entry.end() - 1);
        core.when(
                core.chunks().write(next.payload.duplicate(), birth),
                ref -> {
                    if (mine == term && draft == next) {
                        next.ref = ref;
                        if (rule == Rule.DIRTY_READ) {
                            core.committed(new Link(next.entry.first(), ref), next.entry, next.payload.remaining());
                        }
                        pump();
                    }
                },
                failure -> {
                    if (mine == term && draft == next) {
                        if (core.loop().nanoTime() > next.until) {
                            core.warn("cannot write an entry", failure);
                            stepDown();
                        } else {
                            again(mine, () -> write(next));
                        }
                    }
                });
    }

    private void swap(@Nullable Draft ready) {
        Pointer next = pointer;
        if (ready != null && ready.ref != null) {
            Link link = new Link(ready.entry.first(), ready.ref);
            next = next.extended(link, ready.entry.records().size(), ready.entry.trusted());
            draft = null;
            links.add(link);
            if (links.size() > Entry.MOST_PREVIOUS) {
                links.remove();
            }
        }
        for (Amendment amendment : amendments) {
            next = amendment.change().apply(next);
        }
        Flight flying = new Flight(next, Optional.ofNullable(ready), List.copyOf(amendments));
        amendments.clear();
        flight = flying;
        swapOnce(flying);
        // The next chunk is written meanwhile.
        pump();
    }

    private void swapOnce(Flight flying) {
        long mine = term;
        long sent = now();
        long expected = rule == Rule.BLIND ? Register.ANY_VERSION : version;
        core.loop().then(core.register().swap(expected, flying.next), swap -> {
            if (mine == term && flight == flying) {
                switch (swap) {
                    case Swap.Done(long at) -> settle(flying, at, sent);
                    case Swap.Conflict conflict -> {
                        if (rule == Rule.CONFLICT_IS_FAILURE) {
                            fail(flying);
                            stepDown();
                        } else {
                            decide(flying);
                        }
                    }
                    case Swap.Unknown unknown -> {
                        if (rule == Rule.DIFFERENT_CONTENT) {
                            forget();
                        } else {
                            decide(flying);
                        }
                    }
                }
            }
        });
    }

    /** Only a broken rule does so. */
    private void fail(Flight flying) {
        flying.draft.ifPresent(failed -> core.neverAppended(failed.entry.records()));
    }

    /** Only a broken rule does so. */
    private void forget() {
        Flight failed = flight;
        flight = null;
        if (failed != null && failed.draft.isPresent()) {
            links.removeLast();
        }
        Draft next = draft;
        if (next != null) {
            next.entry.records().reversed().forEach(queue::addFirst);
            draft = null;
        }
        pump();
    }

    /** The register itself says what happened. */
    private void decide(Flight flying) {
        long mine = term;
        long sent = now();
        core.loop().then(core.register().read(), read -> {
            if (mine != term || flight != flying) {
                return;
            }
            switch (read) {
                case Read.Failed<Pointer> failed -> again(mine, () -> swapOnce(flying));
                case Read.Value<Pointer>(long at, Pointer found) -> {
                    if (isThis(found, flying.next)) {
                        settle(flying, at, sent);
                    } else if (at == version) {
                        swapOnce(flying);
                    } else {
                        stepDown();
                        core.learn(found);
                    }
                }
            }
        });
    }

    private boolean isThis(Pointer found, Pointer next) {
        // For one version there is one content: where that holds, who wrote it is enough to know.
        return rule == Rule.DIFFERENT_CONTENT
                ? found.owner().equals(next.owner()) && found.end() == next.end()
                : found.equals(next);
    }

    private void settle(Flight flying, long at, long sent) {
        version = at;
        pointer = flying.next;
        flight = null;
        long mine = term;
        flying.draft.ifPresent(done -> {
            ChunkRef ref = done.ref;
            if (ref != null) {
                Link link = new Link(done.entry.first(), ref);
                ring.add(link, done.entry.records().size(), done.payload);
                core.committed(link, done.entry, done.payload.remaining());
            }
        });
        core.learn(pointer);
        flying.amendments.forEach(amendment -> amendment.outcome().complete(true));
        if (mine != term) {
            return;
        }
        if (pointer.isReleased()) {
            stepDown();
            return;
        }
        extendLease(sent);
        parked.answerFollowers();
        pump();
    }

    /** Gives up leading; of a compare-and-set under way nobody knows what becomes of it. */
    void stepDown() {
        if (state == State.IDLE) {
            return;
        }
        boolean didOwn = owns();
        state = State.IDLE;
        term++;
        isRenewing = false;
        List<Logged> never = new ArrayList<>();
        Draft written = draft;
        if (written != null) {
            never.addAll(written.entry.records());
        }
        never.addAll(queue);
        Flight flying = flight;
        List<Amendment> undone = List.copyOf(amendments);
        draft = null;
        flight = null;
        queue.clear();
        queuedBytes = 0;
        amendments.clear();
        accepted.clear();
        undone.forEach(amendment -> amendment.outcome().complete(false));
        if (flying != null) {
            VarveException unknown = new VarveException(
                    ErrorCode.UNKNOWN_OUTCOME, "log %s has another leader now".formatted(core.name()));
            flying.amendments.forEach(amendment -> amendment.outcome().completeExceptionally(unknown));
        }
        core.neverAppended(never);
        parked.answerAll();
        if (didOwn) {
            // Whoever waits to lead does not follow: now it does again.
            core.leadershipChanged();
        }
    }
}
