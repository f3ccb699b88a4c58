package dev.varve.bench.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class SecondsTest {
    @Test
    void countsErrorsAndPercentiles() {
        Seconds seconds = new Seconds();
        for (int i = 1; i <= 100; i++) {
            seconds.add(TimeUnit.MILLISECONDS.toNanos(i), i == 100);
        }
        Seconds.Sum sum = seconds.sum(0, seconds.now() + 1);
        assertThat(sum).isEqualTo(new Seconds.Sum(100, 1, 51, 100));
    }
}
