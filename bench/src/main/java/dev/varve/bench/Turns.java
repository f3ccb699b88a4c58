package dev.varve.bench;

import java.util.Arrays;
import java.util.List;

/**
 * Times of several sides that did the same work in turn, round by round.
 *
 * <p>Ratios are taken within each round and their median told: where a disk is at times many times slower than at others,
 * the ratio of two medians compares different moments.
 */
final class Turns {
    /** What a side does in a round; rounds below 0 are not measured. */
    @FunctionalInterface
    interface Task {
        void run(int round) throws Exception;
    }

    /** @param after what is not timed */
    record Side(Task task, Task after) {
        static Side of(Task task) {
            return new Side(task, round -> {});
        }
    }

    /** By side, then round. */
    private final double[][] millis;

    private Turns(double[][] millis) {
        this.millis = millis;
    }

    static Turns take(int unmeasured, int rounds, List<Side> sides) throws Exception {
        double[][] millis = new double[sides.size()][rounds];
        for (int round = -unmeasured; round < rounds; round++) {
            for (int side = 0; side < millis.length; side++) {
                long start = System.nanoTime();
                sides.get(side).task().run(round);
                if (round >= 0) {
                    millis[side][round] = (System.nanoTime() - start) / 1e6;
                }
                sides.get(side).after().run(round);
            }
        }
        return new Turns(millis);
    }

    /** Rates instead of times: each side says in each round how many a second it did. */
    static Turns ofRates(double[][] perSecond) {
        return new Turns(Arrays.stream(perSecond)
                .map(rates -> Arrays.stream(rates).map(rate -> 1_000 / rate).toArray())
                .toArray(double[][]::new));
    }

    double medianMillis(int side) {
        return median(millis[side].clone());
    }

    /** How many times as fast as {@code other} a side is. */
    double ratio(int side, int other) {
        double[] ratios = new double[millis[side].length];
        for (int round = 0; round < ratios.length; round++) {
            ratios[round] = millis[other][round] / millis[side][round];
        }
        return median(ratios);
    }

    private static double median(double[] values) {
        Arrays.sort(values);
        return values[values.length / 2];
    }
}
