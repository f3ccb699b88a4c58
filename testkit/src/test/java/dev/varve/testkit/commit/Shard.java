package dev.varve.testkit.commit;

import dev.varve.model.host.EventLoop;
import dev.varve.model.host.Network;
import dev.varve.testkit.history.Model;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/** A state machine behind a {@link PointerLog}: writes go through the log, reads are answered under its lease. */
final class Shard<S, I, O> {
    private static final int MOST_OPS = 8;

    private record Asked(String from, int op, int attempt) {}

    /** The last request of a client that was done. */
    private record Last<O>(int request, O output) {}

    private final EventLoop loop;
    private final Network<Message<O>> network;
    private final PointerLog<O> log;
    private final Model<S, I, O> model;
    private final Predicate<I> isRead;
    private final Ops<I> ops;
    private final Rule rule;
    private Map<String, S> states = new HashMap<>();
    /** With what is not committed yet; only a broken rule reads it. */
    private Map<String, S> hoped = new HashMap<>();

    private Map<Integer, Last<O>> lasts = new HashMap<>();
    private List<Asked> queue = new ArrayList<>();
    private boolean isAppending;

    Shard(
            EventLoop loop,
            Network<Message<O>> network,
            PointerLog<O> log,
            Model<S, I, O> model,
            Predicate<I> isRead,
            Ops<I> ops,
            Rule rule) {
        this.loop = loop;
        this.network = network;
        this.log = log;
        this.model = model;
        this.isRead = isRead;
        this.ops = ops;
        this.rule = rule;
    }

    /** Tries to lead. */
    void takeOver() {
        log.takeOver(chunks -> {
            states = new HashMap<>();
            lasts = new HashMap<>();
            for (Chunk chunk : chunks) {
                chunk.ops().forEach(op -> apply(ops.get(op)));
            }
            hoped = new HashMap<>(states);
        });
    }

    void request(String from, int op, int attempt) {
        Asked asked = new Asked(from, op, attempt);
        if (!log.leads()) {
            refuse(asked);
        } else if (!isRead.test(ops.get(op).input())) {
            queue.add(asked);
            pump();
        } else if (!log.mayRead()) {
            refuse(asked);
        } else {
            read(asked);
        }
    }

    private void read(Asked asked) {
        I input = ops.get(asked.op()).input();
        S state = (rule == Rule.DIRTY_READ ? hoped : states).getOrDefault(model.key(input), model.initial());
        network.send(
                asked.from(),
                new Message.Answer<>(asked.op(), model.apply(state, input).output()));
    }

    private void refuse(Asked asked) {
        network.send(asked.from(), new Message.Refused<>(asked.op(), asked.attempt()));
    }

    private void pump() {
        if (isAppending || queue.isEmpty()) {
            return;
        }
        if (!log.leads()) {
            queue.forEach(this::refuse);
            queue = new ArrayList<>();
            return;
        }
        List<Asked> batch = List.copyOf(queue.subList(0, Math.min(MOST_OPS, queue.size())));
        queue = new ArrayList<>(queue.subList(batch.size(), queue.size()));
        isAppending = true;
        for (Asked asked : batch) {
            I input = ops.get(asked.op()).input();
            hoped.compute(
                    model.key(input),
                    (key, state) -> model.apply(state == null ? model.initial() : state, input)
                            .state());
        }
        loop.then(log.append(batch.stream().map(asked -> asked.op()).toList()), outcome -> {
            isAppending = false;
            switch (outcome) {
                case APPENDED -> batch.forEach(this::applyAndAnswer);
                case REFUSED -> batch.forEach(this::refuse);
                case UNKNOWN -> {}
            }
            // Not from inside the log, which may be about to step down.
            loop.execute(this::pump);
        });
    }

    private void applyAndAnswer(Asked asked) {
        Ops.Op<I> op = ops.get(asked.op());
        apply(op);
        Last<O> last = lasts.get(op.client());
        if (last != null && last.request() == op.request()) {
            network.send(asked.from(), new Message.Answer<>(asked.op(), last.output()));
        }
    }

    private void apply(Ops.Op<I> op) {
        Last<O> last = lasts.get(op.client());
        if (last != null && last.request() >= op.request() && rule != Rule.NO_MEMORY_OF_REQUESTS) {
            return;
        }
        String key = model.key(op.input());
        Model.Step<S, O> step = model.apply(states.getOrDefault(key, model.initial()), op.input());
        states.put(key, step.state());
        lasts.put(op.client(), new Last<>(op.request(), step.output()));
    }
}
