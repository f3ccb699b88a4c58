package dev.varve.controller;

import java.time.Duration;

/**
 * A piece of recurring work.
 *
 * @param name unique among a node's jobs
 * @param pause how long to wait after a run that found nothing to do
 * @param step does one bounded piece of work
 */
public record Job(String name, Duration pause, Step step) {
    /** One bounded piece of work, safe to repeat. */
    @FunctionalInterface
    public interface Step {
        /** Returns whether there may be more to do at once. */
        boolean run();
    }

    public Job {
        if (pause.isNegative() || pause.isZero()) {
            throw new IllegalArgumentException("job " + name + " must pause, not " + pause);
        }
    }
}
