package dev.varve.ingest;

import dev.varve.catalog.DataFile;
import dev.varve.model.TimeGrain;
import dev.varve.model.TimeRange;

/** One part of time at a grain; a day is in a month, a month in a year, a year in all of time. */
record TimeBucket(TimeGrain grain, int number) {
    /** The finest that holds both instants. */
    static TimeBucket around(long firstMicros, long lastMicros) {
        TimeGrain grain = TimeGrain.DAY;
        while (grain.bucketOf(firstMicros) != grain.bucketOf(lastMicros)) {
            grain = grain.coarser();
        }
        return new TimeBucket(grain, grain.bucketOf(firstMicros));
    }

    static TimeBucket of(DataFile file) {
        return new TimeBucket(file.grain(), file.bucket());
    }

    boolean isAllOfTime() {
        return grain == TimeGrain.NONE;
    }

    /** The coarser one that this is in. */
    TimeBucket parent() {
        TimeGrain coarser = grain.coarser();
        return new TimeBucket(coarser, coarser.bucketOf(range().startMicros()));
    }

    TimeRange range() {
        return grain.rangeOf(number);
    }
}
