package dev.varve.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ScrubPaceTest {
    private static final long STEP_BYTES = 16L << 20;

    @ParameterizedTest
    @CsvSource({"500000000, 500000000", "1000000000000, 1000000000000", "0, 67108864"})
    void allIsReadOnceInARound(long stored, double expected) {
        AtomicLong read = new AtomicLong();
        ScrubPace pace = new ScrubPace(() -> stored, () -> {
            read.addAndGet(STEP_BYTES);
            return STEP_BYTES;
        });
        for (long second = 0; second < ScrubPace.ROUND.toSeconds(); second++) {
            pace.tick();
        }
        assertThat((double) read.get()).isCloseTo(expected, within(2.0 * STEP_BYTES));
    }

    @Test
    void moreThanCanBeReadIsReadAsFastAsMayBe() {
        long stored = 1_000_000_000_000_000L;
        AtomicLong steps = new AtomicLong();
        ScrubPace pace = new ScrubPace(() -> stored, () -> {
            steps.incrementAndGet();
            return STEP_BYTES;
        });
        for (int second = 0; second < 1_000; second++) {
            pace.tick();
        }
        assertThat(steps).hasValue(1_000);
    }
}
