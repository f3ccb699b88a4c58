package dev.varve.blobstore;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class SteadyTimeTest {
    private static final Instant START = Instant.parse("2026-06-01T12:00:00Z");

    private Instant clock = START;
    private final AtomicLong nanos = new AtomicLong(-5);
    private final SteadyTime time = SteadyTime.of(() -> clock, nanos::get);

    private Instant trusted() {
        return time.trusted(time.now());
    }

    private void pass(long seconds) {
        nanos.addAndGet(seconds * 1_000_000_000);
    }

    @Test
    void trustedTimeFollowsAClockThatDoesNotJump() {
        clock = START.plusSeconds(10);
        pass(10);
        assertThat(trusted()).isEqualTo(START.plusSeconds(10));
    }

    @Test
    void aClockSetForwardIsNotTrusted() {
        clock = START.plusSeconds(1_000_000);
        pass(10);
        assertThat(time.now()).isEqualTo(clock);
        assertThat(trusted()).isEqualTo(START.plusSeconds(10));
        clock = START.plusSeconds(20);
        pass(10);
        assertThat(trusted()).isEqualTo(START.plusSeconds(20));
    }

    @Test
    void aClockSetBackIs() {
        clock = START.minusSeconds(100);
        pass(10);
        assertThat(trusted()).isEqualTo(START.minusSeconds(100));
    }

    @Test
    void aClockOfATestIsBelieved() {
        SteadyTime believing = SteadyTime.believing(() -> clock);
        clock = START.plusSeconds(1_000_000);
        assertThat(believing.trusted(believing.now())).isEqualTo(clock);
    }
}
