package dev.varve.blobstore.replica;

import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/** How long other nodes take to answer, and which of them do not. Thread-safe. */
final class Pace {
    private static final int KEPT = 128;
    private static final int SILENCES = 3;
    private static final double WEIGHT = 0.2;

    private final Map<String, Node> nodes = new HashMap<>();
    private final Recent writes = new Recent();
    private final Recent reads = new Recent();

    private static final class Node {
        private double readNanos;
        private int silences;
    }

    /** The last of many durations. */
    private static final class Recent {
        private final long[] nanos = new long[KEPT];
        private int count;

        void add(long value) {
            nanos[count++ % KEPT] = value;
        }

        /** At least {@code least} while there are too few to tell. */
        Duration quantile(double share, Duration least, Duration most) {
            int known = Math.min(count, KEPT);
            if (known < KEPT / 8) {
                return least;
            }
            long[] sorted = Arrays.copyOf(nanos, known);
            Arrays.sort(sorted);
            long value = sorted[(int) Math.min(known - 1, (long) (known * share))];
            return Duration.ofNanos(Math.clamp(value, least.toNanos(), most.toNanos()));
        }
    }

    private Node node(String name) {
        return nodes.computeIfAbsent(name, any -> new Node());
    }

    synchronized void wrote(String node, long nanos) {
        writes.add(nanos);
        node(node).silences = 0;
    }

    synchronized void read(String node, long nanos) {
        reads.add(nanos);
        Node known = node(node);
        known.readNanos = known.readNanos == 0 ? nanos : known.readNanos + WEIGHT * (nanos - known.readNanos);
        known.silences = 0;
    }

    /** The node answered, though not as was hoped. */
    synchronized void answered(String node) {
        node(node).silences = 0;
    }

    /** The node did not answer in time. */
    synchronized void silent(String node) {
        node(node).silences++;
    }

    /** Whether the node has answered lately, or was not asked. */
    synchronized boolean isPrompt(String node) {
        Node known = nodes.get(node);
        return known == null || known.silences < SILENCES;
    }

    /** Smaller is faster; 0 if nothing is known. */
    synchronized double readNanos(String node) {
        Node known = nodes.get(node);
        return known == null ? 0 : known.readNanos;
    }

    /** After which a copy is late that is not needed: three times what one of a hundred takes. */
    synchronized Duration straggler(Duration least, Duration most) {
        Duration slow = writes.quantile(0.99, Duration.ZERO, most).multipliedBy(3);
        return slow.compareTo(least) < 0 ? least : slow.compareTo(most) > 0 ? most : slow;
    }

    /** After which a second node is asked for what one of twenty reads takes longer for. */
    synchronized Duration hedge(Duration least, Duration most) {
        return reads.quantile(0.95, least, most);
    }
}
