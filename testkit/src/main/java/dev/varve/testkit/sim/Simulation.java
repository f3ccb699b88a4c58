package dev.varve.testkit.sim;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Collections;
import java.util.EnumSet;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.BooleanSupplier;

/**
 * A clock that leaps from event to event, and the events to come. Which of those due at the same time is first is a matter
 * of the seed.
 *
 * <p>All that happens is added to a trace: its hash tells whether two runs were the same, its end what led to a failure.
 */
public final class Simulation {
    private static final int MOST_LINES = 100;
    private static final int MOST_CHARS = 200;
    private static final long PRIME = 0x100000001b3L;

    private record Event(long time, int order, long number, Runnable task) implements Comparable<Event> {
        @Override
        public int compareTo(Event other) {
            int byTime = Long.compare(time, other.time);
            int byOrder = byTime != 0 ? byTime : Integer.compare(order, other.order);
            return byOrder != 0 ? byOrder : Long.compare(number, other.number);
        }
    }

    private final long seed;
    private final SplittableRandom random;
    private final PriorityQueue<Event> events = new PriorityQueue<>();
    private final ArrayDeque<String> lines = new ArrayDeque<>();
    private final Set<Happening> happened = EnumSet.noneOf(Happening.class);
    private long now;
    private long number;
    private long hash = 0xcbf29ce484222325L;

    public Simulation(long seed) {
        this.seed = seed;
        random = new SplittableRandom(seed);
    }

    /** Nanoseconds since the start. */
    public long now() {
        return now;
    }

    /** The only source of chance in a run. */
    public SplittableRandom random() {
        return random;
    }

    public boolean chance(double probability) {
        return random.nextDouble() < probability;
    }

    /** A time up to {@code most}, short ones as likely as long ones on each scale. */
    public Duration upTo(Duration most) {
        return Duration.ofNanos((long) (most.toNanos() * Math.pow(random.nextDouble(), 3)) + 1);
    }

    public void after(Duration delay, Runnable task) {
        if (delay.isNegative()) {
            throw new IllegalArgumentException("a delay of " + delay);
        }
        events.add(new Event(now + delay.toNanos(), random.nextInt(), number++, task));
    }

    /** Runs until nothing is left to do, the time has come, or the condition holds; tells whether it does. */
    public boolean run(Duration until, BooleanSupplier isDone) {
        while (!isDone.getAsBoolean()) {
            Event next = events.peek();
            if (next == null || next.time > until.toNanos()) {
                now = Math.max(now, until.toNanos());
                return false;
            }
            events.poll();
            now = next.time;
            next.task.run();
        }
        return true;
    }

    /** Adds a line of what happens to the trace. */
    public void trace(String who, String what) {
        hash = (hash ^ now) * PRIME;
        hash = (hash ^ who.hashCode()) * PRIME;
        hash = (hash ^ what.hashCode()) * PRIME;
        if (lines.size() == MOST_LINES) {
            lines.removeFirst();
        }
        String line = what.length() > MOST_CHARS ? what.substring(0, MOST_CHARS) + "…" : what;
        lines.addLast(now / 1000 + " µs " + who + " " + line);
    }

    public void happens(Happening harm) {
        happened.add(harm);
    }

    public Set<Happening> happened() {
        return Collections.unmodifiableSet(happened);
    }

    /** Of all events so far, their times and order. */
    public long traceHash() {
        return hash;
    }

    /** The seed and the last events. */
    public String story() {
        return "seed " + seed + " (repeat it by -Dvarve.seed=" + seed + "), the last events:\n"
                + String.join("\n", lines);
    }
}
