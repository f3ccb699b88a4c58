package dev.varve.ingest;

import dev.varve.model.TimeGrain;
import org.jspecify.annotations.Nullable;

/** Decides how finely a dataset is partitioned by time, from how densely its rows lie in time. */
final class GrainChoice {
    /** Half of what a partition should at least hold, so that a slow start does not decide for ever. */
    static final long ROWS_PER_BUCKET = 250_000;

    private static final double DAY_MICROS = 86_400e6;
    private static final double DAYS_PER_MONTH = 365.2425 / 12;
    private static final double DAYS_PER_YEAR = 365.2425;

    private GrainChoice() {}

    /**
     * The grain for the next files.
     *
     * @param present the grain so far, null while open; the answer is never coarser
     * @param rows rows between the first and last microsecond, at least those about to be written
     */
    static TimeGrain choose(@Nullable TimeGrain present, long rows, long firstMicros, long lastMicros) {
        double days = Math.max(1, ((double) lastMicros - (double) firstMicros) / DAY_MICROS);
        double perDay = rows / days;
        TimeGrain wanted = perDay >= ROWS_PER_BUCKET
                ? TimeGrain.DAY
                : days * perDay >= ROWS_PER_BUCKET && perDay * DAYS_PER_MONTH >= ROWS_PER_BUCKET
                        ? TimeGrain.MONTH
                        : days * perDay >= ROWS_PER_BUCKET && perDay * DAYS_PER_YEAR >= ROWS_PER_BUCKET
                                ? TimeGrain.YEAR
                                : TimeGrain.NONE;
        return present != null && present.compareTo(wanted) > 0 ? present : wanted;
    }
}
