package dev.varve.bench;

import java.util.Arrays;
import java.util.List;

/** Measured times of one thing. */
final class Samples {
    private final long[] sortedNanos;

    Samples(long[] nanos) {
        sortedNanos = nanos.clone();
        Arrays.sort(sortedNanos);
    }

    double millisAt(double quantile) {
        return sortedNanos[(int) Math.min(sortedNanos.length - 1L, (long) (quantile * sortedNanos.length))] / 1e6;
    }

    double medianMillis() {
        return millisAt(0.5);
    }

    /**
     * Times tasks in turn, so that a slow moment of the machine meets all.
     *
     * @param unmeasured rounds before, for compilers and caches of both sides
     */
    static List<Samples> inTurn(int unmeasured, int rounds, Task... tasks) throws Exception {
        long[][] nanos = new long[tasks.length][rounds];
        for (int round = -unmeasured; round < rounds; round++) {
            for (int which = 0; which < tasks.length; which++) {
                long start = System.nanoTime();
                tasks[which].run();
                if (round >= 0) {
                    nanos[which][round] = System.nanoTime() - start;
                }
            }
        }
        return Arrays.stream(nanos).map(Samples::new).toList();
    }

    /** What is timed. */
    @FunctionalInterface
    interface Task {
        void run() throws Exception;
    }
}
