package dev.varve.testkit.history;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Writes down what clients ask and see while they do it.
 *
 * <p>Any thread may use it. Its own counter is the clock: what is written down later was later.
 */
public final class History<I, O> {
    private final AtomicLong clock = new AtomicLong();
    private final List<Pending> all = new ArrayList<>();

    /** An operation that was invoked and will be answered at most once. */
    public final class Pending {
        private final int client;
        private final I input;
        private final long invoked;
        private long returned = Operation.NEVER;
        private Optional<O> output = Optional.empty();
        private boolean isFailed;

        private Pending(int client, I input, long invoked) {
            this.client = client;
            this.input = input;
            this.invoked = invoked;
        }

        /** It happened. */
        public void answered(O seen) {
            synchronized (all) {
                mustBeOpen();
                output = Optional.of(seen);
                returned = clock.incrementAndGet();
            }
        }

        /** It has not happened and never will. */
        public void failed() {
            synchronized (all) {
                mustBeOpen();
                isFailed = true;
            }
        }

        private void mustBeOpen() {
            if (isFailed || output.isPresent()) {
                throw new IllegalStateException("answered twice: client " + client + " " + input);
            }
        }
    }

    /** Call it before the request is sent; what nobody answers is unknown. */
    public Pending invoke(int client, I input) {
        synchronized (all) {
            Pending pending = new Pending(client, input, clock.incrementAndGet());
            all.add(pending);
            return pending;
        }
    }

    /** What is known by now, in the order of invocation. */
    public List<Operation<I, O>> operations() {
        synchronized (all) {
            return all.stream()
                    .filter(pending -> !pending.isFailed)
                    .map(pending -> new Operation<>(
                            pending.client, pending.invoked, pending.returned, pending.input, pending.output))
                    .toList();
        }
    }

    /** How many were answered as failed. */
    public long failed() {
        synchronized (all) {
            return all.stream().filter(pending -> pending.isFailed).count();
        }
    }
}
