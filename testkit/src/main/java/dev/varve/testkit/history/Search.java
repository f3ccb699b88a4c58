package dev.varve.testkit.history;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Looks for an order of operations that see each other.
 *
 * <p>Depth first, after J. M. Wing and C. Gong, "Testing and Verifying Concurrent Objects", J. Parallel Distrib. Comput.
 * 17 (1993), with the memory of dead ends and the list of events of G. Lowe, "Testing for linearizability", Concurrency
 * and Computation 29 (2017), as in porcupine (A. Athalye). An order grows by one operation at a time: any that was
 * invoked before the first return of those not yet ordered. A dead end is a set of ordered operations together with the
 * state they led to; what follows depends on nothing else.
 *
 * <p>Operations with an unknown outcome never return, so they may always come later. An order that holds all others is
 * enough. They are tried last, and only right before an operation that needs them there: where the next one would be
 * answered and lead to the same without the unknown one, or with it afterwards, that order is tried instead. Without this
 * each unknown write doubles the work. Where a state was reached before with fewer of them, what they lead to was tried.
 * Operations are numbered by their return, so that the ordered ones are nearly a prefix: a dead end keeps only
 * the words of its set that differ from one.
 */
final class Search<S, I, O> {
    /** What a search ends with. */
    enum Result {
        FOUND,
        NONE,
        GAVE_UP
    }

    /** An invocation or a return, in the list of those whose operation has no place in the order yet. */
    private static final class Event {
        /** Of the operation in {@link Search#operations}. */
        final int index;

        final boolean isReturn;
        Event before;
        Event after;
        /** An invocation's return; itself if it is unknown. */
        Event pair;

        @SuppressWarnings("NullAway") // a list in a ring: neighbours are there once it is linked
        Event(int index, boolean isReturn) {
            this.index = index;
            this.isReturn = isReturn;
            before = this;
            after = this;
            pair = this;
        }

        void linkBefore(Event next) {
            before = next.before;
            after = next;
            before.after = this;
            next.before = this;
        }

        void unlink() {
            before.after = after;
            after.before = before;
        }

        void relink() {
            before.after = this;
            after.before = this;
        }
    }

    /** An operation in the order, and the state before it. */
    private record Placed<S>(Event invocation, S stateBefore) {}

    /** A set of answered operations and the state after them; {@code words} start at {@code offset}. */
    private static final class DeadEnd {
        private final int offset;
        private final long[] words;
        private final Object state;
        private final int hash;

        DeadEnd(int offset, long[] words, Object state) {
            this.offset = offset;
            this.words = words;
            this.state = state;
            hash = (31 * Arrays.hashCode(words) + offset) * 31 + state.hashCode();
        }

        @Override
        public int hashCode() {
            return hash;
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof DeadEnd that
                    && hash == that.hash
                    && offset == that.offset
                    && Arrays.equals(words, that.words)
                    && state.equals(that.state);
        }
    }

    private static final int DEAD_END_BYTES = 96;

    private final Model<S, I, O> model;
    private final Limits limits;
    private final Predicate<S> possible;
    /** Those with an output, by return; then the unknown ones. */
    private final List<Operation<I, O>> operations;

    private final int known;
    private final Event ring = new Event(-1, true);
    /** Answered operations in the order. */
    private final long[] ordered;

    /** Unknown operations in the order. */
    private final long[] guessed;

    /** What was tried: answered operations and state, and with which unknown ones. */
    private final Map<DeadEnd, List<long[]>> deadEnds = new HashMap<>();

    private final List<Placed<S>> order = new ArrayList<>();
    private long steps;
    private long memoBytes;
    private int longestKnown = -1;
    private S longestState;

    Search(Model<S, I, O> model, List<Operation<I, O>> history, Limits limits) {
        this.model = model;
        this.limits = limits;
        operations = history.stream()
                .sorted(Comparator.comparingLong((Operation<I, O> operation) -> operation.returned())
                        .thenComparingLong(operation -> operation.invoked()))
                .toList();
        known = (int) operations.stream().filter(o -> !o.isUnknown()).count();
        ordered = new long[(known + Long.SIZE - 1) / Long.SIZE];
        guessed = new long[(operations.size() - known + Long.SIZE - 1) / Long.SIZE];
        longestState = model.initial();
        possible = model.possible(operations);
        link();
    }

    private void link() {
        List<Event> events = new ArrayList<>();
        for (int i = 0; i < operations.size(); i++) {
            Event invocation = new Event(i, false);
            events.add(invocation);
            if (i < known) {
                invocation.pair = new Event(i, true);
                events.add(invocation.pair);
            }
        }
        events.sort(Comparator.comparingLong(this::time).thenComparing(event -> event.isReturn));
        events.forEach(event -> event.linkBefore(ring));
    }

    private long time(Event event) {
        Operation<I, O> operation = operations.get(event.index);
        return event.isReturn ? operation.returned() : operation.invoked();
    }

    Result run() {
        S state = model.initial();
        int left = known;
        boolean triesUnknown = false;
        Event at = ring.after;
        while (left > 0) {
            if (steps > limits.steps() || memoBytes > limits.memoBytes()) {
                return Result.GAVE_UP;
            }
            if (!at.isReturn) {
                if (isUnknown(at) == triesUnknown) {
                    S next = tryNext(at, state);
                    if (next != null) {
                        order.add(new Placed<>(at, state));
                        place(at);
                        state = next;
                        left -= isUnknown(at) ? 0 : 1;
                        keepLongest(known - left, state);
                        triesUnknown = false;
                        at = ring.after;
                        continue;
                    }
                }
                at = at.after;
            } else if (!triesUnknown) {
                triesUnknown = true;
                at = ring.after;
            } else if (order.isEmpty()) {
                return Result.NONE;
            } else {
                Placed<S> last = order.removeLast();
                takeBack(last.invocation);
                state = last.stateBefore;
                triesUnknown = isUnknown(last.invocation);
                left += triesUnknown ? 0 : 1;
                at = last.invocation.after;
            }
        }
        return Result.FOUND;
    }

    private boolean isUnknown(Event event) {
        return event.index >= known;
    }

    /** The state after the operation if it can be next and this has not been tried before. */
    private @Nullable S tryNext(Event invocation, S state) {
        steps++;
        Operation<I, O> operation = operations.get(invocation.index);
        Model.Step<S, O> step = model.apply(state, operation.input());
        boolean fits = operation
                .output()
                .map(seen -> model.agrees(step.output(), seen))
                .orElseGet(() -> !step.state().equals(state));
        return fits
                        && possible.test(step.state())
                        && !isLastNeedless(invocation, step.state())
                        && isNew(invocation.index, step.state())
                ? step.state()
                : null;
    }

    /** Whether the last operation of the order is unknown and need not stand before this one, which leads to {@code after}. */
    private boolean isLastNeedless(Event invocation, S after) {
        if (order.isEmpty() || !isUnknown(order.getLast().invocation)) {
            return false;
        }
        Placed<S> last = order.getLast();
        Operation<I, O> operation = operations.get(invocation.index);
        Model.Step<S, O> without = model.apply(last.stateBefore, operation.input());
        if (!operation
                .output()
                .map(seen -> model.agrees(without.output(), seen))
                .orElse(true)) {
            return false;
        }
        if (without.state().equals(after)) {
            return true;
        }
        // Of two unknown ones in any order, that of the list is kept.
        boolean mayChange = !isUnknown(invocation) || invocation.index < last.invocation.index;
        return mayChange
                && model.apply(
                                without.state(),
                                operations.get(last.invocation.index).input())
                        .state()
                        .equals(after);
    }

    private boolean isNew(int index, S state) {
        flip(index);
        int from = 0;
        while (from < ordered.length && ordered[from] == -1) {
            from++;
        }
        int to = ordered.length;
        while (to > from && ordered[to - 1] == 0) {
            to--;
        }
        DeadEnd end = new DeadEnd(from, Arrays.copyOfRange(ordered, from, to), state);
        boolean isNew = isNew(deadEnds.computeIfAbsent(end, key -> new ArrayList<>(1)));
        memoBytes += isNew ? DEAD_END_BYTES + (long) (to - from + guessed.length) * Long.BYTES : 0;
        flip(index);
        return isNew;
    }

    /** Whether each of the sets that were tried holds an operation that is still there to be tried now. */
    private boolean isNew(List<long[]> tried) {
        for (long[] set : tried) {
            boolean isPart = true;
            for (int i = 0; i < set.length && isPart; i++) {
                isPart = (set[i] & ~guessed[i]) == 0;
            }
            if (isPart) {
                return false;
            }
        }
        tried.add(guessed.clone());
        return true;
    }

    private void flip(int index) {
        long[] set = index < known ? ordered : guessed;
        int bit = index < known ? index : index - known;
        set[bit / Long.SIZE] ^= 1L << bit;
    }

    private void place(Event invocation) {
        flip(invocation.index);
        invocation.unlink();
        if (invocation.pair != invocation) {
            invocation.pair.unlink();
        }
    }

    private void takeBack(Event invocation) {
        if (invocation.pair != invocation) {
            invocation.pair.relink();
        }
        invocation.relink();
        flip(invocation.index);
    }

    private void keepLongest(int knownPlaced, S state) {
        // Copying an order at each step would be quadratic: only one that fell back after it was longest is worth it.
        if (knownPlaced > longestKnown) {
            longestKnown = knownPlaced;
            longestState = state;
        }
    }

    long steps() {
        return steps;
    }

    /** How far the longest order came, for a person. */
    String stuck() {
        return "the longest order holds " + Math.max(0, longestKnown) + " of " + known
                + " answered operations; the state after it is " + longestState;
    }
}
