package dev.varve.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class TimeGrainTest {
    private static long micros(String instant) {
        return ChronoUnit.MICROS.between(Instant.EPOCH, Instant.parse(instant));
    }

    @Test
    void bucketsCountFrom1970AndAreNegativeBefore() {
        long lastMicroOf1969 = micros("1969-12-31T23:59:59.999999Z");
        assertThat(TimeGrain.DAY.bucketOf(lastMicroOf1969)).isEqualTo(-1);
        assertThat(TimeGrain.MONTH.bucketOf(lastMicroOf1969)).isEqualTo(-1);
        assertThat(TimeGrain.YEAR.bucketOf(lastMicroOf1969)).isEqualTo(-1);
        assertThat(TimeGrain.NONE.bucketOf(lastMicroOf1969)).isZero();
        assertThat(TimeGrain.DAY.bucketOf(0)).isZero();
        assertThat(TimeGrain.MONTH.bucketOf(0)).isZero();
        assertThat(TimeGrain.YEAR.bucketOf(0)).isZero();
    }

    @Test
    void leapDaysBelongToFebruary() {
        assertThat(TimeGrain.MONTH.bucketOf(micros("2024-02-29T23:59:59.999999Z")))
                .isEqualTo(54 * 12 + 1);
        assertThat(TimeGrain.MONTH.bucketOf(micros("2024-03-01T00:00:00Z"))).isEqualTo(54 * 12 + 2);
        // 1900 was no leap year.
        assertThat(TimeGrain.DAY.bucketOf(micros("1900-03-01T00:00:00Z"))
                        - TimeGrain.DAY.bucketOf(micros("1900-02-28T00:00:00Z")))
                .isEqualTo(1);
        assertThat(TimeGrain.MONTH.rangeOf(54 * 12 + 1))
                .isEqualTo(new TimeRange(micros("2024-02-01T00:00:00Z"), micros("2024-03-01T00:00:00Z")));
    }

    @Test
    void firstAndLastYearHaveBuckets() {
        long first = micros("0001-01-01T00:00:00Z");
        long last = micros("9999-12-31T23:59:59.999999Z");
        assertThat(TimeGrain.YEAR.bucketOf(first)).isEqualTo(1 - 1970);
        assertThat(TimeGrain.YEAR.bucketOf(last)).isEqualTo(9999 - 1970);
        assertThat(TimeGrain.YEAR.rangeOf(9999 - 1970).contains(last)).isTrue();
        assertThat(TimeGrain.DAY.rangeOf(TimeGrain.DAY.bucketOf(first)).startMicros())
                .isEqualTo(first);
    }

    @ParameterizedTest
    @EnumSource(TimeGrain.class)
    void bucketsHoldTheirInstantsAndFollowEachOther(TimeGrain grain) {
        SplittableRandom random = new SplittableRandom(7);
        long first = micros("0001-01-01T00:00:00Z");
        long last = micros("9999-12-31T23:59:59.999999Z");
        for (int i = 0; i < 20_000; i++) {
            long instant = random.nextLong(first, last);
            int bucket = grain.bucketOf(instant);
            TimeRange range = grain.rangeOf(bucket);
            assertThat(range.contains(instant)).as("%s %s", grain, instant).isTrue();
            if (grain != TimeGrain.NONE) {
                assertThat(grain.bucketOf(range.startMicros())).isEqualTo(bucket);
                assertThat(grain.bucketOf(range.startMicros() - 1)).isEqualTo(bucket - 1);
                assertThat(grain.rangeOf(bucket + 1).startMicros()).isEqualTo(range.endMicros());
            }
            LocalDate date = Instant.EPOCH
                    .plus(instant, ChronoUnit.MICROS)
                    .atZone(ZoneOffset.UTC)
                    .toLocalDate();
            int expected = switch (grain) {
                case NONE -> 0;
                case YEAR -> date.getYear() - 1970;
                case MONTH -> (date.getYear() - 1970) * 12 + date.getMonthValue() - 1;
                case DAY -> (int) date.toEpochDay();
            };
            assertThat(bucket).as("%s %s", grain, date).isEqualTo(expected);
        }
    }
}
