package dev.varve.bench.cluster;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** What requests met in each second of a time, by when they ended. Any thread may use it. */
final class Seconds {
    private static final double SLOW_MILLIS = 1000;

    /** One second. */
    private static final class One {
        private int errors;
        private float[] millis = new float[64];
        private int count;
    }

    private final long begun = System.nanoTime();
    private final List<One> all = new ArrayList<>();

    synchronized void add(long tookNanos, boolean isError) {
        One one = at(now());
        if (isError) {
            one.errors++;
        }
        if (one.count == one.millis.length) {
            one.millis = Arrays.copyOf(one.millis, one.count * 2);
        }
        one.millis[one.count++] = tookNanos / 1e6f;
    }

    /** The second that it is. */
    int now() {
        return (int) TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - begun);
    }

    private One at(int second) {
        while (all.size() <= second) {
            all.add(new One());
        }
        return all.get(second);
    }

    /** A stretch of time. */
    record Sum(long requests, long errors, double p50, double p99) {}

    /** @param to without it */
    synchronized Sum sum(int from, int to) {
        long errors = 0;
        int count = 0;
        for (int i = from; i < Math.min(to, all.size()); i++) {
            errors += all.get(i).errors;
            count += all.get(i).count;
        }
        float[] sorted = new float[count];
        int at = 0;
        for (int i = from; i < Math.min(to, all.size()); i++) {
            System.arraycopy(all.get(i).millis, 0, sorted, at, all.get(i).count);
            at += all.get(i).count;
        }
        Arrays.sort(sorted);
        return new Sum(
                count, errors, count == 0 ? 0 : sorted[count / 2], count == 0 ? 0 : sorted[(int) (count * 0.99)]);
    }

    /**
     * How many seconds after {@code from} lie between the first and the last in which something failed, or one of a hundred
     * took longer than a second, or nothing was answered; 0 if there is none.
     */
    synchronized int window(int from, int to) {
        int first = -1;
        int last = -1;
        for (int i = from; i < Math.min(to, all.size()); i++) {
            Sum sum = sum(i, i + 1);
            if (sum.requests() == 0 || sum.errors() > 0 || sum.p99() > SLOW_MILLIS) {
                first = first < 0 ? i : first;
                last = i;
            }
        }
        return first < 0 ? 0 : last - first + 1;
    }

    /** What is left of a stretch when its first {@code window} bad seconds are taken out. */
    synchronized Sum outside(int from, int to, int most) {
        int first = from;
        while (first < to && first < all.size()) {
            Sum sum = sum(first, first + 1);
            if (sum.requests() == 0 || sum.errors() > 0 || sum.p99() > SLOW_MILLIS) {
                break;
            }
            first++;
        }
        Sum before = sum(from, first);
        Sum after = sum(Math.min(to, first + most), to);
        return new Sum(
                before.requests() + after.requests(),
                before.errors() + after.errors(),
                Math.max(before.p50(), after.p50()),
                Math.max(before.p99(), after.p99()));
    }
}
