package dev.varve.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class TimeRangeTest {
    private static final TimeRange TEN_TO_TWENTY = new TimeRange(10, 20);

    @Test
    void startIsInsideAndEndIsNot() {
        assertThat(TEN_TO_TWENTY.contains(10)).isTrue();
        assertThat(TEN_TO_TWENTY.contains(19)).isTrue();
        assertThat(TEN_TO_TWENTY.contains(20)).isFalse();
        assertThat(TEN_TO_TWENTY.contains(9)).isFalse();
    }

    @Test
    void closedRangesOverlapFromTheirLastToTheirFirst() {
        assertThat(TEN_TO_TWENTY.overlapsClosed(0, 10)).isTrue();
        assertThat(TEN_TO_TWENTY.overlapsClosed(0, 9)).isFalse();
        assertThat(TEN_TO_TWENTY.overlapsClosed(19, 30)).isTrue();
        assertThat(TEN_TO_TWENTY.overlapsClosed(20, 30)).isFalse();
    }

    @Test
    void timesBefore1970AreNegativeAndOrdered() {
        TimeRange moonLanding = new TimeRange(-14_182_940_000_000L, -14_182_939_999_999L);
        assertThat(moonLanding.contains(-14_182_940_000_000L)).isTrue();
        assertThat(moonLanding.contains(14_182_940_000_000L)).isFalse();
    }

    @Test
    void rangesApartIntersectInNothing() {
        assertThat(TEN_TO_TWENTY.intersect(new TimeRange(15, 30))).isEqualTo(new TimeRange(15, 20));
        assertThat(TEN_TO_TWENTY.intersect(new TimeRange(30, 40)).isEmpty()).isTrue();
        assertThat(TEN_TO_TWENTY.intersect(new TimeRange(-5, 5)).isEmpty()).isTrue();
        assertThat(TimeRange.ALWAYS.intersect(TEN_TO_TWENTY)).isEqualTo(TEN_TO_TWENTY);
    }

    @Test
    void endsBeforeStartAreRefused() {
        assertThatThrownBy(() -> new TimeRange(2, 1)).hasMessageContaining("2").hasMessageContaining("1");
    }
}
