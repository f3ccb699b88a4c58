package dev.varve.blobstore.shared;

import java.time.Duration;

/**
 * Decides when this node tries to lead: when it is told to, or when nobody else does for a while. Two that try at once do
 * no harm, they only lose time. Belongs to the loop.
 */
final class Election {
    private static final Duration TICK = Duration.ofMillis(100);
    /** Without a sign of the leader; how long a request to it waits comes on top. */
    private static final Duration SILENCE = Follow.ASK_TIMEOUT;
    /** A node that is not there says so at once. */
    private static final Duration AT_ONCE = Duration.ofMillis(100);

    private static final int ENOUGH_REFUSALS = 2;
    private static final Duration PAUSE = Duration.ofMillis(400);
    private static final Duration MOST_PAUSE = Duration.ofSeconds(5);
    private static final Duration HANDOVER_AGAIN = Duration.ofSeconds(4);
    private static final Duration YIELD_TIMEOUT = Duration.ofSeconds(1);
    private static final Duration SETTLED = Duration.ofSeconds(10);
    private static final long NOT_YET = Long.MIN_VALUE;

    private final LogCore core;
    private String nominee = "";
    private boolean isNews;
    private long heardAt;
    private int refusals;
    private boolean isAbsent;
    /** When to try, chosen by chance once nobody leads. */
    private long tryAt = NOT_YET;

    private long handoverAt;
    private int tries;
    private long triedAt;

    Election(LogCore core) {
        this.core = core;
    }

    void start() {
        heardAt = core.loop().nanoTime();
        triedAt = heardAt;
        handoverAt = heardAt;
        tick();
    }

    void nominate(String node) {
        if (!node.equals(nominee)) {
            isNews = true;
            nominee = node;
            // Not each time somebody says so: it would never be due.
            tryAt = NOT_YET;
        }
    }

    /** The leader has answered. */
    void heard(String node) {
        if (isLeader(node)) {
            heardAt = core.loop().nanoTime();
            refusals = 0;
            isAbsent = false;
            tryAt = NOT_YET;
        }
    }

    private boolean isLeader(String node) {
        return node.equals(core.facts().owner().node());
    }

    /** It answers, but not as a leader. */
    void doesNotLead(String node, Facts facts) {
        if (isLeader(node) && facts.epoch() == core.facts().epoch()) {
            isAbsent = true;
        }
    }

    /** No answer to what was sent at a time. */
    void silent(String node, long sent) {
        long now = core.loop().nanoTime();
        if (isLeader(node)) {
            if (now - sent < AT_ONCE.toNanos()) {
                refusals++;
            }
            isAbsent |= refusals >= ENOUGH_REFUSALS || now - heardAt > SILENCE.toNanos();
        }
    }

    /** Somebody leads, as far as is known. */
    void newEpoch() {
        heardAt = core.loop().nanoTime();
        refusals = 0;
        isAbsent = false;
        tryAt = NOT_YET;
    }

    private void tick() {
        if (core.isClosed()) {
            return;
        }
        core.loop().after(TICK, this::tick);
        if (!core.lead().isIdle()) {
            return;
        }
        Facts facts = core.facts();
        boolean isMine = facts.owner().node().equals(core.self().node());
        boolean isFree = facts.isReleased() || isMine || isAbsent;
        long now = core.loop().nanoTime();
        if (isFree) {
            tryWhenDue(now);
        } else if (nominee.equals(core.self().node()) && (isNews || now > handoverAt)) {
            handOver(facts, now);
        }
    }

    private void tryWhenDue(long now) {
        if (now - triedAt > SETTLED.toNanos()) {
            tries = 0;
        }
        if (tryAt == NOT_YET) {
            tryAt = now + pause().toNanos();
        }
        if (now >= tryAt) {
            tryAt = NOT_YET;
            take(now);
        }
    }

    private void take(long now) {
        triedAt = now;
        tries++;
        isNews = false;
        core.lead().takeOver(core.facts().epoch());
    }

    /** Whoever is nominated comes first; who has tried in vain gives others time. */
    private Duration pause() {
        long most = Math.min(MOST_PAUSE.toMillis(), PAUSE.toMillis() << Math.min(tries, 8));
        if (nominee.equals(core.self().node())) {
            return tries == 0 ? Duration.ZERO : Duration.ofMillis(core.random().nextLong(most));
        }
        boolean isNew =
                core.facts().owner().equals(Owner.NOBODY) || core.facts().isReleased();
        long least = isNew ? PAUSE.toMillis() : 0;
        return Duration.ofMillis(least + core.random().nextLong(most));
    }

    private void handOver(Facts facts, long now) {
        isNews = false;
        handoverAt = now + (HANDOVER_AGAIN.toNanos() << Math.min(tries, 4));
        Runnable take = () -> {
            if (core.lead().isIdle() && !core.isClosed()) {
                take(core.loop().nanoTime());
            }
        };
        core.ask(
                facts.owner().node(),
                Message.YIELD,
                Message.plain(core.name()),
                YIELD_TIMEOUT,
                answer -> {
                    core.learn(answer.facts());
                    take.run();
                },
                failure -> take.run());
    }
}
