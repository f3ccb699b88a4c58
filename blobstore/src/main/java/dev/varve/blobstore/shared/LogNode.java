package dev.varve.blobstore.shared;

import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import dev.varve.model.host.EventLoop;
import dev.varve.model.host.Peers;
import dev.varve.model.host.Register;
import java.nio.ByteBuffer;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.random.RandomGenerator;

/** All logs of a node: what they share, and who answers what other nodes ask about them. Belongs to the loop. */
public final class LogNode {
    private static final int OPENING_BITS = 40;

    private static final long NANOS_PER_MILLI = 1_000_000;

    private final Origin self;
    private final Peers peers;
    private final EventLoop loop;
    private final LogChunks chunks;
    private final InstantSource clock;
    private final RandomGenerator random;
    private final Executor answers;
    private final LogSettings settings;
    private final Rule rule;
    private final long startedMillis;
    private final long startedNanos;
    private final Map<String, LogCore> logs = new HashMap<>();
    private final Map<String, Long> openings = new HashMap<>();

    /**
     * @param boot unlike that of any other process that ran on the node
     * @param clock the time of day
     * @param answers runs what callers do with their answers
     */
    public LogNode(
            Peers peers,
            long boot,
            EventLoop loop,
            LogChunks chunks,
            InstantSource clock,
            RandomGenerator random,
            Executor answers,
            LogSettings settings) {
        this(peers, boot, loop, chunks, clock, random, answers, settings, Rule.GOOD);
    }

    LogNode(
            Peers peers,
            long boot,
            EventLoop loop,
            LogChunks chunks,
            InstantSource clock,
            RandomGenerator random,
            Executor answers,
            LogSettings settings,
            Rule rule) {
        this.self = new Origin(peers.self(), boot);
        this.peers = peers;
        this.loop = loop;
        this.chunks = chunks;
        this.clock = clock;
        this.random = random;
        this.answers = answers;
        this.settings = settings;
        this.rule = rule;
        this.startedMillis = clock.millis();
        this.startedNanos = loop.nanoTime();
        peers.serve(
                Message.FOLLOW,
                (from, request) ->
                        serve(request, (log, rest) -> log.lead().parked().follow(Message.Follow.decoded(rest))));
        peers.serve(
                Message.END,
                (from, request) ->
                        serve(request, (log, rest) -> log.lead().parked().end()));
        peers.serve(Message.YIELD, (from, request) -> serve(request, (log, rest) -> log.release()));
        peers.serve(Message.APPEND, (from, request) -> serve(request, LogNode::append));
    }

    private interface Service {
        CompletableFuture<Message.Answer> answer(LogCore log, ByteBuffer rest);
    }

    private static CompletableFuture<Message.Answer> append(LogCore log, ByteBuffer rest) {
        Message.Kind kind = log.accept(Message.Append.decoded(rest));
        return CompletableFuture.completedFuture(Message.Answer.of(kind, log.facts()));
    }

    private CompletableFuture<ByteBuffer> serve(ByteBuffer request, Service service) {
        CompletableFuture<ByteBuffer> answer = new CompletableFuture<>();
        loop.execute(() -> {
            try {
                ByteBuffer from = request.duplicate();
                String name = Packed.read("a request about a log", from, Packed::text);
                LogCore log = logs.get(name);
                if (log == null || log.isClosed()) {
                    answer.completeExceptionally(new VarveException(
                            ErrorCode.NOT_READY, "node %s has no log %s".formatted(self.node(), name)));
                    return;
                }
                Function<ByteBuffer, CompletableFuture<Message.Answer>> handle = rest -> service.answer(log, rest);
                when(
                        Packed.read("a request about log " + name, from, handle),
                        done -> answer.complete(done.encoded()),
                        answer::completeExceptionally);
            } catch (VarveException e) {
                answer.completeExceptionally(e);
            }
        });
        return answer;
    }

    /** Makes a log known to this node, which has yet to start; on the loop. */
    public LogCore open(String name, int number, Register<Pointer> register) {
        // What an earlier opening sent was numbered from 0, too.
        long opening = openings.merge(name, 1L, Long::sum) - 1;
        Origin origin = new Origin(self.node(), self.boot() + (opening << OPENING_BITS));
        LogCore log = new LogCore(this, name, number, register, origin);
        if (logs.putIfAbsent(name, log) != null) {
            throw new IllegalStateException("log " + name + " is open");
        }
        return log;
    }

    void forget(LogCore log) {
        logs.remove(log.name(), log);
    }

    @SuppressWarnings("FutureReturnValueIgnored") // both ends are handled
    <T> void when(CompletableFuture<T> future, Consumer<T> done, Consumer<Throwable> failed) {
        future.whenComplete((value, failure) -> loop.execute(() -> {
            if (failure == null) {
                done.accept(value);
            } else {
                failed.accept(failure);
            }
        }));
    }

    void tell(Runnable completion) {
        answers.execute(completion);
    }

    /** The time of day, or what it would be had nobody set it forward since the start, whichever is earlier. */
    long trustedMillis() {
        return Math.min(clock.millis(), startedMillis + (loop.nanoTime() - startedNanos) / NANOS_PER_MILLI);
    }

    Origin self() {
        return self;
    }

    Peers peers() {
        return peers;
    }

    EventLoop loop() {
        return loop;
    }

    LogChunks chunks() {
        return chunks;
    }

    InstantSource clock() {
        return clock;
    }

    RandomGenerator random() {
        return random;
    }

    LogSettings settings() {
        return settings;
    }

    Rule rule() {
        return rule;
    }
}
