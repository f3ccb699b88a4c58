package dev.varve.testkit.commit;

import dev.varve.model.host.EventLoop;
import dev.varve.model.host.Network;
import dev.varve.testkit.history.History;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.HashSet;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/** Asks for one thing after the other, each again and elsewhere until it is answered or patience ends. */
final class Client<I, O> {
    private final int number;
    private final EventLoop loop;
    private final Network<Message<O>> network;
    private final List<String> servers;
    private final Ops<I> ops;
    private final History<I, O> history;
    private final SplittableRandom random;
    private final Queue<I> todo = new ArrayDeque<>();
    private boolean insists;
    private int requests;
    private String server;
    private @Nullable Call current;

    /** One operation, which may be asked for several times. */
    private final class Call {
        final I input;
        final int op;
        final History<I, O>.Pending record;
        final long end;
        final Set<Integer> refused = new HashSet<>();
        int attempts;

        Call(I input) {
            this.input = input;
            op = ops.add(number, requests++, input);
            record = history.invoke(number, input);
            end = loop.nanoTime()
                    + Duration.ofMillis(random.nextInt(4) == 0 ? random.nextInt(8000) : random.nextInt(2000))
                            .toNanos();
        }

        void attempt() {
            if (current != this) {
                return;
            }
            if (loop.nanoTime() > end) {
                giveUp();
                return;
            }
            int attempt = attempts++;
            network.send(server, new Message.Request<>(op, attempt));
            loop.after(Duration.ofMillis(random.nextInt(4) == 0 ? 3000 : 400), () -> elsewhere(attempt));
        }

        private void elsewhere(int attempt) {
            if (current == this && attempt == attempts - 1) {
                server = servers.get(random.nextInt(servers.size()));
                attempt();
            }
        }

        void refused(int attempt) {
            refused.add(attempt);
            loop.after(Duration.ofMillis(random.nextInt(200)), () -> elsewhere(attempt));
        }

        private void giveUp() {
            if (refused.size() == attempts) {
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
            Network<Message<O>> network,
            List<String> servers,
            Ops<I> ops,
            History<I, O> history,
            SplittableRandom random) {
        this.number = number;
        this.loop = loop;
        this.network = network;
        this.servers = servers;
        this.ops = ops;
        this.history = history;
        this.random = random;
        server = servers.getFirst();
    }

    /** Asks for these after what it is at. */
    void ask(List<I> inputs) {
        boolean wasDone = isDone();
        todo.addAll(inputs);
        if (wasDone) {
            next();
        }
    }

    /** From now on nothing is given up. */
    void insist() {
        insists = true;
    }

    boolean isDone() {
        return current == null && todo.isEmpty();
    }

    private void next() {
        current = null;
        I input = todo.poll();
        if (input != null) {
            if (random.nextInt(4) == 0) {
                server = servers.get(random.nextInt(servers.size()));
            }
            // The history has its own order: whoever is told now may ask for the next thing now.
            Call call = new Call(input);
            current = call;
            loop.after(Duration.ofMillis(random.nextInt(3) == 0 ? random.nextInt(600) : 1), call::attempt);
        }
    }

    void message(Message<O> message) {
        Call call = current;
        if (call == null) {
            return;
        }
        switch (message) {
            case Message.Answer<O>(int op, O output) -> {
                if (op == call.op) {
                    call.record.answered(output);
                    next();
                }
            }
            case Message.Refused<O>(int op, int attempt) -> {
                if (op == call.op) {
                    call.refused(attempt);
                }
            }
            default -> throw new IllegalStateException("a client got " + message);
        }
    }
}
