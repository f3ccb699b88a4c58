package dev.varve.bench.cluster;

import java.time.Duration;
import java.util.Arrays;

/** Counts how requests ended, and when. Any thread may use it. */
final class Tally {
    private long done;
    private long refused;
    private long unknown;
    private long[] nanos = new long[1024];
    private int samples;
    private long lastDone = System.nanoTime();
    private long silence;

    /** A new time begins, in which the longest silence is looked for. */
    synchronized void begin() {
        lastDone = System.nanoTime();
        silence = 0;
    }

    synchronized void count(Reply reply, long took) {
        switch (reply) {
            case Reply.Done ok -> done(took);
            case Reply.Refused no -> {
                // An answer such as 404 or 412 is what was to be told.
                if (no.status() >= 400 && no.status() < 500) {
                    done(took);
                } else {
                    refused++;
                }
            }
            case Reply.Unknown nobodyKnows -> unknown++;
        }
    }

    private void done(long took) {
        done++;
        if (samples == nanos.length) {
            nanos = Arrays.copyOf(nanos, samples * 2);
        }
        nanos[samples++] = took;
        long now = System.nanoTime();
        silence = Math.max(silence, now - lastDone);
        lastDone = now;
    }

    /** @param silence the longest time in which nothing was answered anywhere */
    record Sum(long done, long refused, long unknown, Duration median, Duration p99, Duration silence) {}

    synchronized Sum sum() {
        long[] sorted = Arrays.copyOf(nanos, samples);
        Arrays.sort(sorted);
        return new Sum(
                done,
                refused,
                unknown,
                Duration.ofNanos(samples == 0 ? 0 : sorted[samples / 2]),
                Duration.ofNanos(samples == 0 ? 0 : sorted[(int) (samples * 0.99)]),
                Duration.ofNanos(silence));
    }
}
