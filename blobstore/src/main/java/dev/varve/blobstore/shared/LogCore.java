package dev.varve.blobstore.shared;

import dev.varve.blobstore.chunk.Birth;
import dev.varve.blobstore.chunk.ChunkRef;
import dev.varve.model.VarveException;
import dev.varve.model.host.EventLoop;
import dev.varve.model.host.Register;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A log as one node has it: {@link Lead} leads if this node does, {@link Follow} gets what is committed, {@link Outbox}
 * sends what is appended here, {@link Ends} finds out where the log ends, {@link Election} decides who tries to lead. Here
 * is what they know in common. Belongs to the loop; only {@link #seen}, {@link #leads} and their like may be called
 * from anywhere.
 */
public final class LogCore {
    private static final Logger LOG = LoggerFactory.getLogger(LogCore.class);
    private static final Duration MOST_FAREWELL = Duration.ofSeconds(1);

    private final LogNode node;
    private final Origin self;
    private final String name;
    private final int number;
    private final Register<Pointer> register;
    private final Lead lead;
    private final Outbox outbox;
    private final Ends ends;
    private final Election election;
    private @Nullable Follow follow;
    private Facts facts = Facts.NONE;
    /** Position below which all is that was committed before the highest known epoch. */
    private long epochEnd;

    /** The newest request of each process that wanted something appended, whatever it was answered. */
    private final Map<Origin, Long> requests = new HashMap<>();

    private boolean isClosed;
    private volatile long seenNow;
    private volatile long startNow = -1;
    private volatile boolean leadsNow;
    private volatile String leaderNow = "";
    private volatile Optional<ChunkRef> headNow = Optional.empty();

    /** @param self unlike that of any other opening of this log on any node */
    LogCore(LogNode node, String name, int number, Register<Pointer> register, Origin self) {
        this.node = node;
        this.self = self;
        this.name = name;
        this.number = number;
        this.register = register;
        this.lead = new Lead(this);
        this.outbox = new Outbox(this, self);
        this.ends = new Ends(this);
        this.election = new Election(this);
    }

    /** Begins; once, on the loop. */
    public void start(long from, Delivery delivery) {
        if (follow != null) {
            throw new IllegalStateException("log " + name + " is followed already");
        }
        follow = new Follow(this, from, delivery);
        seenNow = from;
        election.start();
        follow().run();
    }

    Rule rule() {
        return node.rule();
    }

    LogSettings settings() {
        return node.settings();
    }

    EventLoop loop() {
        return node.loop();
    }

    InstantSource clock() {
        return node.clock();
    }

    RandomGenerator random() {
        return node.random();
    }

    LogChunks chunks() {
        return node.chunks();
    }

    Register<Pointer> register() {
        return register;
    }

    Origin self() {
        return self;
    }

    public String name() {
        return name;
    }

    int number() {
        return number;
    }

    Lead lead() {
        return lead;
    }

    Outbox outbox() {
        return outbox;
    }

    Election election() {
        return election;
    }

    Follow follow() {
        return Objects.requireNonNull(follow, "the log is not followed yet");
    }

    boolean isClosed() {
        return isClosed;
    }

    Facts facts() {
        return facts;
    }

    long epochEnd() {
        return epochEnd;
    }

    long fetched() {
        return follow == null ? 0 : follow.fetched();
    }

    long trustedMillis() {
        return node.trustedMillis();
    }

    /** Of the highest epoch, if it may be asked; this node only while it leads. */
    Optional<String> leaderToAppend() {
        return lead.owns() ? Optional.of(self().node()) : leaderToAsk();
    }

    Optional<String> leaderToAsk() {
        String leader = facts.owner().node();
        boolean isThere = !facts.isReleased() && !leader.isEmpty() && !leader.equals(self().node());
        return isThere ? Optional.of(leader) : Optional.empty();
    }

    void learn(Pointer pointer) {
        headNow = pointer.head().map(Link::ref);
        learn(Facts.of(pointer));
    }

    void learn(Facts news) {
        boolean isNewEpoch = news.epoch() > facts.epoch();
        boolean isReleased = news.epoch() == facts.epoch() && news.isReleased() && !facts.isReleased();
        long end = Math.max(news.end(), facts.end());
        long start = Math.max(news.start(), facts.start());
        if (isNewEpoch) {
            facts = new Facts(news.epoch(), news.owner(), news.isReleased(), end, start);
            epochEnd = end;
        } else {
            facts = new Facts(facts.epoch(), facts.owner(), facts.isReleased() || isReleased, end, start);
        }
        startNow = Math.max(startNow, start);
        if (isNewEpoch) {
            if (lead.isOther(news.owner())) {
                lead.stepDown();
            }
            election.newEpoch();
        }
        if (isNewEpoch || isReleased) {
            leadershipChanged();
            ends.seen();
            outbox.pump();
        }
    }

    void leadershipChanged() {
        leadsNow = lead.isActive();
        leaderNow = facts.isReleased() ? "" : facts.owner().node();
        if (leadsNow) {
            LOG.info("leads log={} epoch={} end={}", name, facts.epoch(), facts.end());
        }
        loop().execute(() -> {
            if (!isClosed && follow != null) {
                follow.run();
                outbox.pump();
                ends.ask();
            }
        });
    }

    /** The leader here has committed an entry. */
    void committed(Link link, Entry entry, int bytes) {
        headNow = Optional.of(link.ref());
        Follow following = follow();
        if (following.fetched() == entry.first() && !following.isFull()) {
            following.take(link, entry, bytes);
        } else {
            following.run();
        }
    }

    void neverAppended(List<Logged> records) {
        outbox.neverAppended(records);
        loop().execute(outbox::pump);
    }

    /** More has been handed to who follows. */
    void fetchedMore() {
        outbox.pump();
    }

    /** More has been seen by who follows. */
    void progress() {
        seenNow = follow().seen();
        outbox.seen(seenNow);
        ends.seen();
        follow().run();
    }

    boolean isIntact(ChunkRef ref, ByteBuffer bytes) {
        return rule() == Rule.UNVERIFIED
                || (bytes.remaining() == ref.length() && Follow.checksum(bytes) == ref.crc32c());
    }

    /** Continues on the loop. */
    <T> void when(CompletableFuture<T> future, Consumer<T> done, Consumer<Throwable> failed) {
        node.when(future, done, failed);
    }

    void ask(
            String to,
            String method,
            ByteBuffer request,
            Duration timeout,
            Consumer<Message.Answer> done,
            Consumer<Throwable> failed) {
        when(
                node.peers().ask(to, method, request, timeout),
                bytes -> {
                    if (!isClosed) {
                        answered(to, bytes, done, failed);
                    }
                },
                failure -> {
                    if (!isClosed) {
                        failed.accept(failure);
                    }
                });
    }

    private void answered(String from, ByteBuffer bytes, Consumer<Message.Answer> done, Consumer<Throwable> failed) {
        Message.Answer answer;
        try {
            answer = Message.Answer.decoded(bytes);
        } catch (VarveException e) {
            warn("cannot read an answer", e);
            failed.accept(e);
            return;
        }
        if (answer.kind() != Message.Kind.NOT_LEADING && answer.kind() != Message.Kind.COPY) {
            election.heard(from);
        }
        done.accept(answer);
    }

    /**
     * Takes records of another node, or not. Each request is handled once: whoever is told that nothing was done may rest
     * on that, and whoever is told that it was done does not hear of a copy that it was not.
     */
    Message.Kind accept(Message.Append append) {
        Long newest = requests.get(append.origin());
        if (newest != null && append.request() <= newest && rule() != Rule.COPY_IS_NEW) {
            return Message.Kind.COPY;
        }
        requests.put(append.origin(), append.request());
        return lead.accept(append.epoch(), append.origin(), append.records());
    }

    /** Completes what callers wait for, not on the loop. */
    void tell(Runnable completion) {
        node.tell(completion);
    }

    void warn(String what, @Nullable Throwable failure) {
        LOG.warn("{} log={} epoch={} cause={}", what, name, facts.epoch(), String.valueOf(failure));
    }

    /** On the loop. */
    public void append(ByteBuffer record, @Nullable Object own, CompletableFuture<Long> appended) {
        outbox.append(record, own, appended);
        if (isClosed) {
            outbox.close();
        }
    }

    /** On the loop. */
    public void caughtUp(CompletableFuture<Long> caughtUp) {
        ends.caughtUp(caughtUp);
        if (isClosed) {
            ends.close();
        }
    }

    /** On the loop. */
    public void nominate(String nominee) {
        election.nominate(nominee);
    }

    /** On the loop. Completes on the loop; false if this node does not lead or a later checkpoint is there. */
    public CompletableFuture<Boolean> checkpoint(long position, ByteBuffer manifest) {
        if (manifest.remaining() > Manifest.MOST_BYTES) {
            throw new IllegalArgumentException("a manifest of " + manifest.remaining() + " bytes");
        }
        if (!lead.isActive() || position > lead.pointer().end() || !isLater(lead.pointer(), position)) {
            return CompletableFuture.completedFuture(false);
        }
        CompletableFuture<Boolean> outcome = new CompletableFuture<>();
        when(
                chunks().write(new Manifest(name, position, manifest).encoded(), Birth.ofLog(number, position)),
                ref -> {
                    Pointer.Mark mark = new Pointer.Mark(position, ref);
                    pass(
                            lead.amend(pointer -> isLater(pointer, position) ? pointer.checkpointed(mark) : pointer),
                            outcome);
                },
                outcome::completeExceptionally);
        return outcome;
    }

    private static boolean isLater(Pointer pointer, long position) {
        return position > pointer.checkpoint().map(Pointer.Mark::position).orElse(-1L);
    }

    private void pass(CompletableFuture<Boolean> from, CompletableFuture<Boolean> to) {
        when(from, to::complete, to::completeExceptionally);
    }

    /** On the loop. */
    public CompletableFuture<Boolean> truncateBefore(long position) {
        CompletableFuture<Boolean> outcome = new CompletableFuture<>();
        if (position > lead.pointer().end()) {
            outcome.complete(false);
            return outcome;
        }
        pass(lead.amend(pointer -> position > pointer.start() ? pointer.startingAt(position) : pointer), outcome);
        return outcome;
    }

    public long seen() {
        return seenNow;
    }

    /** The first position that is kept; negative if that is not known. */
    public long start() {
        return startNow;
    }

    public boolean leads() {
        return leadsNow;
    }

    /** Who leads, as far as is known; may be empty. */
    public String leader() {
        return leaderNow;
    }

    public Optional<ChunkRef> head() {
        return headNow;
    }

    /** Says that it leads no more; answers when others know, or need not. */
    CompletableFuture<Message.Answer> release() {
        CompletableFuture<Message.Answer> answer = new CompletableFuture<>();
        when(
                lead.amend(Pointer::released),
                isReleased -> answer.complete(Message.Answer.of(Message.Kind.DONE, facts)),
                failure -> answer.complete(Message.Answer.of(Message.Kind.NOT_LEADING, facts)));
        return answer;
    }

    /** On the loop. Completes when the log is another's. */
    public CompletableFuture<Void> close() {
        CompletableFuture<Void> closed = new CompletableFuture<>();
        when(release(), answer -> end(closed), failure -> end(closed));
        loop().after(MOST_FAREWELL, () -> end(closed));
        return closed;
    }

    @SuppressWarnings("NullAway") // a future of nothing completes with null
    private void end(CompletableFuture<Void> closed) {
        if (!isClosed) {
            isClosed = true;
            lead.stepDown();
            if (follow != null) {
                follow.close();
            }
            outbox.close();
            ends.close();
            node.forget(this);
        }
        closed.complete(null);
    }
}
