package dev.varve.blobstore.shared;

import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import dev.varve.model.host.EventLoop;
import dev.varve.testkit.history.Model;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** A state machine that follows a log on one node: changes go through the log, reads wait until it is caught up. */
final class Shard<S, I, O> implements Delivery {
    /** What was asked for here. */
    private record Asked(int op, CompletableFuture<ByteBuffer> answer) {}

    /** A state and the position it is of. */
    record Snapshot<S>(long position, Map<String, S> states) {}

    private static final int FILLER = -1;

    private final String node;
    private final EventLoop loop;
    private final LogCore log;
    private final Model<S, I, O> model;
    private final Predicate<I> isRead;
    private final Ops<I, O> ops;
    private final Truth truth;
    private final List<Snapshot<S>> snapshots;
    private final SplittableRandom random;
    private final ArrayDeque<Runnable> deliveries = new ArrayDeque<>();
    private Map<String, S> states = new TreeMap<>();
    private long next;

    Shard(
            String node,
            EventLoop loop,
            LogCore log,
            Model<S, I, O> model,
            Predicate<I> isRead,
            Ops<I, O> ops,
            Truth truth,
            List<Snapshot<S>> snapshots,
            SplittableRandom random) {
        this.node = node;
        this.loop = loop;
        this.log = log;
        this.model = model;
        this.isRead = isRead;
        this.ops = ops;
        this.truth = truth;
        this.snapshots = snapshots;
        this.random = random;
    }

    boolean leads() {
        return log.leads();
    }

    long next() {
        return next;
    }

    @SuppressWarnings("FutureReturnValueIgnored") // both ends are handled
    CompletableFuture<ByteBuffer> request(int op, int attempt) {
        CompletableFuture<ByteBuffer> answer = new CompletableFuture<>();
        I input = ops.input(op);
        if (isRead.test(input)) {
            CompletableFuture<Long> done = new CompletableFuture<>();
            catchUp(done);
            done.whenComplete((position, failure) -> {
                if (failure == null) {
                    truth.mustHold(next >= position, node + " is said to have seen " + position + " at " + next);
                    S state = states.getOrDefault(model.key(input), model.initial());
                    answer.complete(encoded(model.apply(state, input).output()));
                } else {
                    answer.completeExceptionally(failure);
                }
            });
            return answer;
        }
        append(op, attempt, new Asked(op, answer)).whenComplete((position, failure) -> {
            if (failure != null) {
                answer.completeExceptionally(failure);
            }
        });
        return answer;
    }

    @SuppressWarnings("FutureReturnValueIgnored") // both ends are handled
    private CompletableFuture<Long> append(int op, int attempt, @Nullable Object own) {
        CompletableFuture<Long> done = new CompletableFuture<>();
        ByteBuffer record = ByteBuffer.allocate(2 * Integer.BYTES)
                .putInt(op)
                .putInt(attempt)
                .flip();
        log.append(record, own, done);
        done.whenComplete((position, failure) -> {
            if (failure == null) {
                truth.acknowledged(record, position);
            } else if (failure instanceof VarveException told && told.code() != ErrorCode.UNKNOWN_OUTCOME) {
                truth.refused(record);
            }
        });
        return done;
    }

    /** Appends what changes nothing. */
    void fill() {
        var _ = append(FILLER, truth.nextFiller(), null);
    }

    private void catchUp(CompletableFuture<Long> done) {
        long least = truth.acknowledgedEnd();
        var _ = done.thenAccept(position -> truth.mustHold(
                position >= least, node + " is caught up at " + position + ", " + least + " were acknowledged before"));
        log.caughtUp(done);
    }

    /** Reads where nobody asks, so that more is seen than what clients see. */
    void look() {
        catchUp(new CompletableFuture<>());
    }

    private ByteBuffer encoded(O output) {
        return ByteBuffer.allocate(Integer.BYTES).putInt(ops.answer(output)).flip();
    }

    @Override
    public void records(Batch batch, Runnable seen) {
        later(() -> {
            for (int i = 0; i < batch.bytes().size(); i++) {
                record(
                        batch.first() + i,
                        batch.trusted(),
                        batch.bytes().get(i),
                        batch.own().get(i));
            }
            seen.run();
        });
    }

    private void record(long position, long trusted, ByteBuffer bytes, @Nullable Object own) {
        truth.mustHold(position == next, node + " sees " + position + " instead of " + next);
        truth.seen(node, position, trusted, bytes);
        next = position + 1;
        int op = bytes.getInt(bytes.position());
        if (op == FILLER) {
            return;
        }
        I input = ops.input(op);
        String key = model.key(input);
        Model.Step<S, O> step = model.apply(states.getOrDefault(key, model.initial()), input);
        states.put(key, step.state());
        if (own instanceof Asked asked) {
            truth.mustHold(asked.op() == op, node + " got back " + asked.op() + " for " + op);
            // The answer is what this state machine says, and comes when the record is seen.
            asked.answer().complete(encoded(step.output()));
        }
    }

    @Override
    public void skip(long position, ByteBuffer manifest, Runnable seen) {
        later(() -> {
            truth.mustHold(position > next, node + " skips to " + position + " at " + next);
            Snapshot<S> snapshot = snapshots.get(manifest.getInt(manifest.position()));
            truth.mustHold(
                    snapshot.position() == position,
                    node + " gets the checkpoint of " + snapshot.position() + " for " + position);
            states = new TreeMap<>(snapshot.states());
            next = position;
            seen.run();
        });
    }

    /** As if by another thread, one after the other. */
    private void later(Runnable delivery) {
        deliveries.add(delivery);
        if (deliveries.size() == 1) {
            runNext();
        }
    }

    private void runNext() {
        Runnable delivery = deliveries.peek();
        if (delivery != null) {
            loop.after(Duration.ofNanos(random.nextLong(2_000_000)), () -> {
                delivery.run();
                deliveries.remove();
                runNext();
            });
        }
    }

    /** Makes a checkpoint of what has been seen, if this node leads. */
    @SuppressWarnings("FutureReturnValueIgnored") // a checkpoint that is not made does no harm
    void checkpoint() {
        if (log.leads() && next > 0) {
            snapshots.add(new Snapshot<>(next, Map.copyOf(states)));
            ByteBuffer manifest = ByteBuffer.allocate(Integer.BYTES)
                    .putInt(snapshots.size() - 1)
                    .flip();
            log.checkpoint(next, manifest);
        }
    }
}
