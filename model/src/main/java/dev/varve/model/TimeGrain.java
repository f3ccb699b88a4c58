package dev.varve.model;

import java.time.LocalDate;
import java.time.temporal.ChronoUnit;
import java.util.Locale;

/** How a dataset's files are partitioned by time, coarse to fine; the buckets are Iceberg's (counted from 1970). */
public enum TimeGrain {
    /** One bucket, 0, for all of time. */
    NONE,
    YEAR,
    MONTH,
    DAY;

    private static final long MICROS_PER_DAY = 86_400_000_000L;

    /** The bucket of an instant: years, months or days since 1970, negative before. */
    public int bucketOf(long micros) {
        long day = Math.floorDiv(micros, MICROS_PER_DAY);
        return switch (this) {
            case NONE -> 0;
            case YEAR -> LocalDate.ofEpochDay(day).getYear() - 1970;
            case MONTH ->
                (int) ChronoUnit.MONTHS.between(
                        LocalDate.EPOCH, LocalDate.ofEpochDay(day).withDayOfMonth(1));
            case DAY -> Math.toIntExact(day);
        };
    }

    /** The instants of a bucket. */
    public TimeRange rangeOf(int bucket) {
        return switch (this) {
            case NONE -> TimeRange.ALWAYS;
            case YEAR -> between(LocalDate.of(1970 + bucket, 1, 1), LocalDate.of(1971 + bucket, 1, 1));
            case MONTH -> between(LocalDate.EPOCH.plusMonths(bucket), LocalDate.EPOCH.plusMonths(bucket + 1L));
            case DAY -> between(LocalDate.ofEpochDay(bucket), LocalDate.ofEpochDay(bucket + 1L));
        };
    }

    /** The next coarser grain; that of {@link #NONE} is itself. */
    public TimeGrain coarser() {
        return switch (this) {
            case NONE, YEAR -> NONE;
            case MONTH -> YEAR;
            case DAY -> MONTH;
        };
    }

    private static TimeRange between(LocalDate start, LocalDate end) {
        return new TimeRange(start.toEpochDay() * MICROS_PER_DAY, end.toEpochDay() * MICROS_PER_DAY);
    }

    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }
}
