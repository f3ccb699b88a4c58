package dev.varve.controller;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class MaintenanceTest {
    private static final Duration SOON = Duration.ofMillis(1);
    private static final Duration NEVER = Duration.ofHours(1);

    @Test
    void aJobWithMoreToDoDoesNotPause() throws InterruptedException {
        CountDownLatch done = new CountDownLatch(100);
        Job first = new Job("first", SOON, () -> {
            done.countDown();
            return true;
        });
        try (Maintenance maintenance = Maintenance.start(List.of(first))) {
            assertThat(done.await(30, TimeUnit.SECONDS)).isTrue();
            assertThat(maintenance.status().getFirst().failures()).isZero();
        }
    }

    @Test
    void aFailingJobIsTriedAgainAndDelaysNoOther() throws InterruptedException {
        Semaphore failed = new Semaphore(0);
        Semaphore worked = new Semaphore(0);
        Job failing = new Job("failing", SOON, () -> {
            failed.release();
            throw new IllegalStateException("no luck");
        });
        Job working = new Job("working", SOON, () -> {
            worked.release();
            return false;
        });
        try (Maintenance maintenance = Maintenance.start(List.of(failing, working))) {
            assertThat(failed.tryAcquire(3, 30, TimeUnit.SECONDS)).isTrue();
            assertThat(worked.tryAcquire(3, 30, TimeUnit.SECONDS)).isTrue();
            JobStatus status = maintenance.status().getFirst();
            assertThat(status.failuresInRow()).isGreaterThanOrEqualTo(2);
            assertThat(status.lastError()).isEqualTo("no luck");
        }
    }

    @Test
    void closingWaitsForTheRunningStepAndStartsNoOther() throws InterruptedException {
        CountDownLatch inside = new CountDownLatch(1);
        AtomicInteger finished = new AtomicInteger();
        Job slow = new Job("slow", SOON, () -> {
            inside.countDown();
            finished.incrementAndGet();
            return false;
        });
        Job idle = new Job("idle", NEVER, () -> {
            throw new IllegalStateException("must not run");
        });
        Maintenance maintenance = Maintenance.start(List.of(slow, idle));
        assertThat(inside.await(30, TimeUnit.SECONDS)).isTrue();
        maintenance.close();
        int after = finished.get();
        assertThat(after).isGreaterThanOrEqualTo(1);
        assertThat(maintenance.status().get(1).runs()).isZero();
        assertThat(finished.get()).isEqualTo(after);
    }
}
