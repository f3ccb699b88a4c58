package dev.varve.controller;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs a node's jobs until closed.
 *
 * <p>Each job has one virtual thread, so a step never runs twice at once and a slow job delays no other. After a failed
 * step the pause doubles, up to {@link #LONGEST_PAUSE}; a job is never given up. Only the job's own thread writes its
 * status; anyone may read it.
 */
public final class Maintenance implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Maintenance.class);
    private static final Duration LONGEST_PAUSE = Duration.ofMinutes(5);

    private final List<Runner> runners = new ArrayList<>();
    private final CountDownLatch stopped = new CountDownLatch(1);

    private Maintenance() {}

    /** Starts every job; its first step comes after one pause. */
    public static Maintenance start(List<Job> jobs) {
        Maintenance maintenance = new Maintenance();
        for (Job job : jobs) {
            maintenance.runners.add(maintenance.new Runner(job));
        }
        maintenance.runners.forEach(Runner::start);
        return maintenance;
    }

    /** In the order the jobs were given. */
    public List<JobStatus> status() {
        return runners.stream().map(runner -> runner.status).toList();
    }

    /** Waits for the steps that are running; starts no new ones. */
    @Override
    public void close() {
        stopped.countDown();
        runners.forEach(Runner::join);
    }

    private final class Runner {
        private final Job job;
        private final Thread thread;
        private volatile JobStatus status;

        Runner(Job job) {
            this.job = job;
            status = new JobStatus(job.name(), 0, 0, 0, null);
            thread = Thread.ofVirtual().name("maintenance " + job.name()).unstarted(this::loop);
        }

        void start() {
            thread.start();
        }

        private void loop() {
            Duration pause = job.pause();
            while (!isStoppedAfter(pause)) {
                pause = step() ? Duration.ZERO : pauseAfterFailures(status.failuresInRow());
            }
        }

        private boolean step() {
            try {
                boolean more = job.step().run();
                if (status.failuresInRow() > 0) {
                    LOG.info("job healthy again job={} failures={}", job.name(), status.failuresInRow());
                }
                status = new JobStatus(job.name(), status.runs() + 1, status.failures(), 0, status.lastError());
                return more;
            } catch (RuntimeException failure) {
                LOG.warn("job failed job={} failuresInRow={}", job.name(), status.failuresInRow() + 1, failure);
                status = failed(failure.getMessage());
                return false;
            }
        }

        private JobStatus failed(@Nullable String message) {
            return new JobStatus(
                    job.name(), status.runs() + 1, status.failures() + 1, status.failuresInRow() + 1, message);
        }

        private Duration pauseAfterFailures(int failuresInRow) {
            Duration pause = job.pause().multipliedBy(1L << Math.min(failuresInRow, 20));
            return failuresInRow == 0 || pause.compareTo(LONGEST_PAUSE) < 0 ? pause : LONGEST_PAUSE;
        }

        private boolean isStoppedAfter(Duration pause) {
            try {
                return stopped.await(pause.toNanos(), TimeUnit.NANOSECONDS);
            } catch (InterruptedException interrupted) {
                Thread.currentThread().interrupt();
                return true;
            }
        }

        void join() {
            try {
                thread.join();
            } catch (InterruptedException interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
