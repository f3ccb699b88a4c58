package dev.varve.blobstore.shared;

import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * Finds out where the log ends, for whoever wants to have seen all of it. Those who come while a question is on its way
 * wait for the next one, which they share. Belongs to the loop.
 */
final class Ends {
    private static final Duration ASK_TIMEOUT = Duration.ofMillis(300);
    private static final Duration AGAIN = Duration.ofMillis(40);
    private static final Duration TICK = Duration.ofMillis(100);

    private record Waiting(CompletableFuture<Long> caughtUp, long deadline) {}

    /** One that knows up to where it has to wait. */
    private record Arriving(Waiting waiting, long epoch, long end) {}

    private final LogCore core;
    private List<Waiting> waiting = new ArrayList<>();
    /** Those that the question on its way is asked for. */
    private List<Waiting> asked = List.of();

    private List<Arriving> arriving = new ArrayList<>();
    private boolean isAsking;
    private boolean isTicking;

    Ends(LogCore core) {
        this.core = core;
    }

    void caughtUp(CompletableFuture<Long> caughtUp) {
        waiting.add(new Waiting(
                caughtUp, core.loop().nanoTime() + core.settings().endTimeout().toNanos()));
        ask();
        tick();
    }

    /** Asks for all that wait. */
    void ask() {
        if (isAsking || waiting.isEmpty()) {
            return;
        }
        String leader = core.leaderToAppend().orElse(null);
        if (leader == null) {
            return;
        }
        isAsking = true;
        List<Waiting> batch = waiting;
        waiting = new ArrayList<>();
        asked = batch;
        if (core.lead().owns()) {
            core.when(core.lead().parked().end(), answer -> answered(leader, batch, answer), failure -> again(batch));
        } else {
            long sent = core.loop().nanoTime();
            core.ask(
                    leader,
                    Message.END,
                    Message.plain(core.name()),
                    ASK_TIMEOUT,
                    answer -> answered(leader, batch, answer),
                    failure -> {
                        core.election().silent(leader, sent);
                        again(batch);
                    });
        }
    }

    private void answered(String leader, List<Waiting> batch, Message.Answer answer) {
        core.learn(answer.facts());
        if (answer.kind() == Message.Kind.DONE) {
            isAsking = false;
            asked = List.of();
            batch.forEach(each -> arriving.add(new Arriving(each, answer.facts().epoch(), answer.end())));
            seen();
            ask();
        } else {
            if (answer.kind() == Message.Kind.NOT_LEADING) {
                core.election().doesNotLead(leader, answer.facts());
            }
            again(batch);
        }
    }

    private void again(List<Waiting> batch) {
        asked = List.of();
        waiting.addAll(0, batch);
        core.loop().after(AGAIN, () -> {
            isAsking = false;
            ask();
        });
    }

    /** Somebody has arrived perhaps. */
    void seen() {
        long seen = core.seen();
        long epoch = core.facts().epoch();
        List<Arriving> left = new ArrayList<>();
        for (Arriving next : arriving) {
            if (next.end() <= seen) {
                core.tell(() -> next.waiting().caughtUp().complete(next.end()));
            } else if (next.epoch() < epoch && core.epochEnd() < next.end()) {
                // That was not committed by the leader that hoped so, and may never be.
                waiting.add(next.waiting());
            } else {
                left.add(next);
            }
        }
        arriving = left;
        ask();
    }

    private void tick() {
        if (isTicking) {
            return;
        }
        isTicking = true;
        core.loop().after(TICK, () -> {
            isTicking = false;
            long now = core.loop().nanoTime();
            List<Waiting> late = new ArrayList<>();
            waiting.stream().filter(each -> each.deadline() < now).forEach(late::add);
            waiting.removeAll(late);
            arriving.removeIf(each -> {
                boolean isLate = each.waiting().deadline() < now;
                if (isLate) {
                    late.add(each.waiting());
                }
                return isLate;
            });
            late.forEach(each -> fail(each, "nobody tells where it ends"));
            ask();
            if (!waiting.isEmpty() || !arriving.isEmpty() || isAsking) {
                tick();
            }
        });
    }

    private void fail(Waiting each, String why) {
        VarveException failure = new VarveException(
                        ErrorCode.NOT_READY,
                        "log %s: %s, leader %s"
                                .formatted(
                                        core.name(), why, core.facts().owner().node()))
                .withHint("try again when the log has a leader");
        core.tell(() -> each.caughtUp().completeExceptionally(failure));
    }

    void close() {
        asked.forEach(each -> fail(each, "it is closed"));
        arriving.forEach(each -> fail(each.waiting(), "it is closed"));
        waiting.forEach(each -> fail(each, "it is closed"));
        asked = List.of();
        arriving = new ArrayList<>();
        waiting = new ArrayList<>();
    }
}
