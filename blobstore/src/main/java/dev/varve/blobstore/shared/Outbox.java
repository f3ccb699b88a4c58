package dev.varve.blobstore.shared;

import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Records that this process appends, in the order of their numbers, until it sees them in the log. Belongs to the loop.
 *
 * <p>Each is sent to the leader of one epoch, again and again until that says that it has it. When an epoch is over, this
 * waits until all has been seen that was committed before the next one began: what was not there never will be, and is
 * sent to the next leader. Before that nothing is sent, so the order stays.
 */
final class Outbox {
    private static final Duration AGAIN = Duration.ofMillis(80);
    private static final Duration ASK_TIMEOUT = Duration.ofSeconds(2);
    private static final Duration TICK = Duration.ofMillis(250);
    private static final long NEVER = -1;
    private static final int MOST_RECORDS = 4096;

    private static final class Pending {
        final Logged record;
        final @Nullable Object own;
        final CompletableFuture<Long> appended;
        final long deadline;
        long sentIn = NEVER;
        /** Given up: it only matters what it was appended with. */
        boolean isOver;

        Pending(Logged record, @Nullable Object own, CompletableFuture<Long> appended, long deadline) {
            this.record = record;
            this.own = own;
            this.appended = appended;
            this.deadline = deadline;
        }
    }

    private record Found(long position, CompletableFuture<Long> appended) {}

    private final LogCore core;
    private final Origin self;
    private final Map<Long, Pending> pending = new LinkedHashMap<>();
    private final List<Found> found = new ArrayList<>();
    private long numbers;
    private long requests;
    /** The leader of this epoch has all up to a number. */
    private long acceptedEpoch = NEVER;

    private long accepted = NEVER;
    private boolean isAsking;
    private boolean isTicking;

    Outbox(LogCore core, Origin self) {
        this.core = core;
        this.self = self;
    }

    void append(ByteBuffer bytes, @Nullable Object own, CompletableFuture<Long> appended) {
        long deadline = core.loop().nanoTime() + core.settings().appendTimeout().toNanos();
        Logged record = new Logged(self, numbers++, bytes);
        pending.put(record.number(), new Pending(record, own, appended, deadline));
        pump();
        tick();
    }

    /** Of a record that has come by: what it was appended with here. */
    @Nullable
    Object found(Logged record, long position) {
        if (!record.origin().equals(self)) {
            return null;
        }
        Pending mine = pending.remove(record.number());
        if (mine == null) {
            return null;
        }
        if (!mine.isOver) {
            found.add(new Found(position, mine.appended));
        }
        return mine.own;
    }

    /** What has been seen by who follows is told to who appended it. */
    void seen(long end) {
        int told = 0;
        while (told < found.size() && found.get(told).position() < end) {
            Found next = found.get(told++);
            core.tell(() -> next.appended().complete(next.position()));
        }
        found.subList(0, told).clear();
    }

    /** These have had no effect in the epoch they were sent in. */
    void neverAppended(List<Logged> records) {
        for (Logged record : records) {
            Pending mine = record.origin().equals(self) ? pending.get(record.number()) : null;
            if (mine != null) {
                mine.sentIn = NEVER;
                if (record.number() <= accepted) {
                    accepted = record.number() - 1;
                }
            }
        }
    }

    /** Sends what can be sent. */
    void pump() {
        if (isAsking || pending.isEmpty()) {
            return;
        }
        long epoch = core.facts().epoch();
        if (acceptedEpoch != epoch) {
            acceptedEpoch = epoch;
            accepted = NEVER;
        }
        if (!mayBeSentIn(epoch)) {
            return;
        }
        String leader = core.leaderToAppend().orElse(null);
        if (leader == null) {
            return;
        }
        List<Pending> batch = batch();
        if (!batch.isEmpty()) {
            List<Pending> firstTime =
                    batch.stream().filter(record -> record.sentIn != epoch).toList();
            firstTime.forEach(record -> record.sentIn = epoch);
            send(leader, epoch, batch, firstTime);
        }
    }

    /** Finds out what earlier epochs have not committed; false as long as that is not known. */
    private boolean mayBeSentIn(long epoch) {
        boolean hasSeenEarlier = core.rule() == Rule.IMPATIENT || core.fetched() >= core.epochEnd();
        Iterator<Pending> all = pending.values().iterator();
        while (all.hasNext()) {
            Pending record = all.next();
            if (record.sentIn != NEVER && record.sentIn < epoch) {
                if (!hasSeenEarlier) {
                    return false;
                }
                record.sentIn = NEVER;
            }
            if (record.isOver && record.sentIn == NEVER) {
                all.remove();
            }
        }
        return true;
    }

    private List<Pending> batch() {
        List<Pending> batch = new ArrayList<>();
        long bytes = 0;
        for (Pending record : pending.values()) {
            if (record.isOver || record.record.number() <= accepted) {
                continue;
            }
            int size = record.record.bytes().remaining() + Entry.RECORD_OVERHEAD;
            if (!batch.isEmpty() && (bytes + size > core.settings().entryBytes() || batch.size() == MOST_RECORDS)) {
                break;
            }
            bytes += size;
            batch.add(record);
        }
        return batch;
    }

    private void send(String leader, long epoch, List<Pending> batch, List<Pending> firstTime) {
        List<Logged> records = batch.stream().map(record -> record.record).toList();
        isAsking = true;
        if (leader.equals(self.node())) {
            answered(core.lead().accept(epoch, self, records), epoch, batch, firstTime);
            return;
        }
        long sent = core.loop().nanoTime();
        core.ask(
                leader,
                Message.APPEND,
                new Message.Append(epoch, self, requests++, records).encoded(core.name()),
                ASK_TIMEOUT,
                answer -> {
                    core.learn(answer.facts());
                    if (answer.kind() == Message.Kind.NOT_LEADING) {
                        core.election().doesNotLead(leader, answer.facts());
                    }
                    answered(answer.kind(), epoch, batch, firstTime);
                },
                failure -> {
                    core.election().silent(leader, sent);
                    again();
                });
    }

    private void answered(Message.Kind kind, long epoch, List<Pending> batch, List<Pending> firstTime) {
        if (kind == Message.Kind.DONE) {
            isAsking = false;
            if (acceptedEpoch == epoch) {
                accepted = Math.max(accepted, batch.getLast().record.number());
            }
            // Not from inside the leader, which may be about to step down.
            core.loop().execute(this::pump);
        } else if (kind == Message.Kind.COPY) {
            again();
        } else {
            // Nothing was done this time; of what had been sent before, that is not known.
            firstTime.stream().filter(record -> record.sentIn == epoch).forEach(record -> record.sentIn = NEVER);
            again();
        }
    }

    private void again() {
        core.loop().after(AGAIN, () -> {
            isAsking = false;
            pump();
        });
    }

    /** Records are not shown that may be among those that were sent. */
    void skipped() {
        for (Pending record : pending.values()) {
            if (!record.isOver && record.sentIn != NEVER && core.rule() != Rule.SKIPS_OWN) {
                giveUp(record, "this node has fallen behind");
            }
        }
    }

    private void tick() {
        if (isTicking) {
            return;
        }
        isTicking = true;
        core.loop().after(TICK, () -> {
            isTicking = false;
            giveUp();
            pump();
            if (!pending.isEmpty()) {
                tick();
            }
        });
    }

    private void giveUp() {
        long now = core.loop().nanoTime();
        for (Pending record : pending.values()) {
            if (!record.isOver && now > record.deadline) {
                giveUp(
                        record,
                        "nobody answered within "
                                + core.settings().appendTimeout().toMillis() + " ms");
            }
        }
        pending.values().removeIf(record -> record.isOver && record.sentIn == NEVER);
    }

    private void giveUp(Pending record, String why) {
        record.isOver = true;
        boolean isUnknown = record.sentIn != NEVER && core.rule() != Rule.TIMEOUT_IS_FAILURE;
        VarveException failure = new VarveException(
                isUnknown ? ErrorCode.UNKNOWN_OUTCOME : ErrorCode.NOT_READY,
                "log %s: %s, epoch %d of %s"
                        .formatted(
                                core.name(),
                                why,
                                core.facts().epoch(),
                                core.facts().owner().node()));
        core.tell(() -> record.appended.completeExceptionally(failure));
    }

    void close() {
        pending.values().stream().filter(record -> !record.isOver).forEach(record -> giveUp(record, "it is closed"));
        pending.clear();
        found.forEach(next -> core.tell(() -> next.appended().complete(next.position())));
        found.clear();
    }
}
