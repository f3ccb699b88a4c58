package dev.varve.blobstore.shared;

import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import dev.varve.model.host.EventLoop;
import dev.varve.model.host.Peers;
import dev.varve.testkit.history.History;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import java.util.SplittableRandom;
import java.util.function.Predicate;

/**
 * Asks for one thing after the other. What was refused is asked for again, elsewhere; a change of which nobody knows what
 * became of it is not.
 */
final class Client<I, O> {
    static final String METHOD = "client/ask";

    private final int number;
    private final EventLoop loop;
    private final Peers peers;
    private final List<String> servers;
    private final Ops<I, O> ops;
    private final Predicate<I> isRead;
    private final History<I, O> history;
    private final int mostThought;
    private final SplittableRandom random;
    private final Queue<I> todo = new ArrayDeque<>();
    private boolean insists;
    private boolean isBusy;
    private String server;

    /** One operation. */
    private final class Call {
        final I input;
        final int op;
        final History<I, O>.Pending record;
        final long end;
        int attempts;

        Call(I input) {
            this.input = input;
            op = ops.add(input);
            record = history.invoke(number, input);
            end = loop.nanoTime()
                    + Duration.ofMillis(random.nextInt(4) == 0 ? random.nextInt(8000) : random.nextInt(2000))
                            .toNanos();
        }

        @SuppressWarnings("FutureReturnValueIgnored") // both ends are handled
        void attempt() {
            ByteBuffer request = ByteBuffer.allocate(2 * Integer.BYTES)
                    .putInt(op)
                    .putInt(attempts++)
                    .flip();
            Duration timeout = Duration.ofMillis(random.nextInt(4) == 0 ? 6000 : 1500);
            peers.ask(server, METHOD, request, timeout)
                    .whenComplete((answer, failure) -> loop.execute(() -> {
                        if (failure == null) {
                            record.answered(ops.output(answer.getInt()));
                            next();
                        } else {
                            failed(failure);
                        }
                    }));
        }

        private void failed(Throwable failure) {
            boolean isRefused = isRead.test(input)
                    || (failure instanceof VarveException told && told.code() != ErrorCode.UNKNOWN_OUTCOME);
            if (isRefused && loop.nanoTime() < end) {
                server = servers.get(random.nextInt(servers.size()));
                loop.after(Duration.ofMillis(random.nextInt(200)), this::attempt);
                return;
            }
            if (isRefused) {
                record.failed();
            }
            if (insists) {
                todo.add(input);
            }
            next();
        }
    }

    Client(
            int number,
            EventLoop loop,
            Peers peers,
            List<String> servers,
            Ops<I, O> ops,
            Predicate<I> isRead,
            History<I, O> history,
            int mostThought,
            SplittableRandom random) {
        this.number = number;
        this.loop = loop;
        this.peers = peers;
        this.servers = servers;
        this.ops = ops;
        this.isRead = isRead;
        this.history = history;
        this.mostThought = mostThought;
        this.random = random;
        server = servers.getFirst();
    }

    /** Asks for these after what it is at. */
    void ask(List<I> inputs) {
        todo.addAll(inputs);
        if (!isBusy) {
            next();
        }
    }

    /** From now on nothing is given up. */
    void insist() {
        insists = true;
    }

    boolean isDone() {
        return !isBusy && todo.isEmpty();
    }

    private void next() {
        I input = todo.poll();
        isBusy = input != null;
        if (input != null) {
            if (random.nextInt(3) == 0) {
                server = servers.get(random.nextInt(servers.size()));
            }
            // The history has its own order: whoever is told now may ask for the next thing now.
            Call call = new Call(input);
            loop.after(Duration.ofMillis(random.nextInt(3) == 0 ? random.nextInt(mostThought) : 1), call::attempt);
        }
    }
}
