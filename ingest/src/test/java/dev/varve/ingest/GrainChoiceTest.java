package dev.varve.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.model.TimeGrain;
import org.junit.jupiter.api.Test;

class GrainChoiceTest {
    private static final long DAY = 86_400_000_000L;

    @Test
    void denseRowsGetFineBuckets() {
        assertThat(GrainChoice.choose(null, 50_000_000, 0, 35 * DAY)).isEqualTo(TimeGrain.DAY);
        assertThat(GrainChoice.choose(null, 5_000_000, 0, 365 * DAY)).isEqualTo(TimeGrain.MONTH);
        assertThat(GrainChoice.choose(null, 3_000_000, 0, 3_650 * DAY)).isEqualTo(TimeGrain.YEAR);
        assertThat(GrainChoice.choose(null, 1_000_000, 0, 100 * 365 * DAY)).isEqualTo(TimeGrain.NONE);
    }

    @Test
    void aFewRowsOfOneHourDoNotDecide() {
        assertThat(GrainChoice.choose(null, 10_000, 0, DAY / 24)).isEqualTo(TimeGrain.NONE);
    }

    @Test
    void aGrainOnlyGetsFiner() {
        assertThat(GrainChoice.choose(TimeGrain.DAY, 1_000, 0, 365 * DAY)).isEqualTo(TimeGrain.DAY);
        assertThat(GrainChoice.choose(TimeGrain.YEAR, 50_000_000, 0, 35 * DAY)).isEqualTo(TimeGrain.DAY);
    }

    @Test
    void absurdTimesAreNoTrouble() {
        assertThat(GrainChoice.choose(null, 1_000_000, Long.MIN_VALUE, Long.MAX_VALUE))
                .isEqualTo(TimeGrain.NONE);
    }
}
