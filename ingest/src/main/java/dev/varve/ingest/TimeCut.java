package dev.varve.ingest;

import dev.varve.catalog.Snapshot;
import dev.varve.model.TimeGrain;
import dev.varve.model.TimeRange;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * How rows are distributed over files by time: a bucket that is worth a file of its own gets one, the rows of the others go
 * together.
 *
 * <p>From fine to coarse: a day with enough rows is a part; what is left of a month with enough left rows is one, then of a
 * year; the rest is one part, however wide. So there is at most one part more than rows divided by what is enough. Each
 * part is in the finest bucket that holds all its rows.
 */
final class TimeCut {
    /** Rows in one file or several of one bucket. */
    record Part(TimeBucket bucket, long rows) {}

    private final DayCounts days;
    private final List<Part> parts = new ArrayList<>();
    private final int[] partOfDay;

    /** All rows in one part. */
    static TimeCut none(long firstMicros, long lastMicros, long rows) {
        TimeCut cut = new TimeCut(new DayCounts(firstMicros, lastMicros));
        Arrays.fill(cut.partOfDay, 0);
        cut.parts.add(new Part(TimeBucket.around(firstMicros, lastMicros), rows));
        return cut;
    }

    private TimeCut(DayCounts days) {
        this.days = days;
        partOfDay = new int[days.size()];
        Arrays.fill(partOfDay, -1);
    }

    /**
     * How many rows make a bucket worth a file.
     *
     * @param grain of the dataset; its rows are not as dense on the whole as finer buckets would need
     * @param rows in buckets of that grain or a coarser one
     */
    record Worth(@Nullable TimeGrain grain, long rows) {
        private static final int FINER_TIMES = 8;

        static Worth of(Snapshot snapshot, IngestConfig config) {
            return new Worth(snapshot.grain(), config.fileMinRows());
        }

        long of(TimeGrain bucket) {
            return grain != null && bucket.compareTo(grain) <= 0 ? rows : FINER_TIMES * rows;
        }
    }

    /**
     * @param few so many buckets of the dataset's grain are parts even if they hold a single row
     * @param mostParts with more, finer buckets are left together
     */
    static TimeCut of(DayCounts days, Worth worth, int few, int mostParts) {
        TimeGrain ofDataset = worth.grain();
        boolean isFew = ofDataset != null && ofDataset != TimeGrain.NONE && buckets(days, ofDataset) <= few;
        TimeGrain finest = TimeGrain.DAY;
        while (true) {
            TimeCut cut = new TimeCut(days);
            for (TimeGrain grain = finest; grain != TimeGrain.NONE; grain = grain.coarser()) {
                cut.takeOut(grain, isFew && grain == ofDataset ? 1 : worth.of(grain));
            }
            if (cut.parts.size() < mostParts) {
                cut.takeRest();
                return cut;
            }
            if (finest == TimeGrain.YEAR) {
                cut.keepLargest(mostParts - 1);
                cut.takeRest();
                return cut;
            }
            finest = finest.coarser();
        }
    }

    private static int buckets(DayCounts days, TimeGrain grain) {
        int count = 0;
        TimeRange range = new TimeRange(0, 0);
        for (int day = 0; day < days.size(); day++) {
            if (days.rows(day) > 0 && (count == 0 || !range.contains(days.micros(day)))) {
                range = grain.rangeOf(grain.bucketOf(days.micros(day)));
                count++;
            }
        }
        return count;
    }

    /** Makes parts of the buckets with enough rows that are in no part yet. */
    private void takeOut(TimeGrain grain, long worth) {
        int day = 0;
        while (day < days.size()) {
            if (!isLeft(day)) {
                day++;
                continue;
            }
            TimeRange range = grain.rangeOf(grain.bucketOf(days.micros(day)));
            int first = day;
            long rows = 0;
            for (; day < days.size() && range.contains(days.micros(day)); day++) {
                rows += isLeft(day) ? days.rows(day) : 0;
            }
            if (rows >= worth) {
                take(first, day, rows);
            }
        }
    }

    private boolean isLeft(int day) {
        return days.rows(day) > 0 && partOfDay[day] < 0;
    }

    private void take(int from, int to, long rows) {
        int first = -1;
        int last = -1;
        for (int day = from; day < to; day++) {
            if (isLeft(day)) {
                first = first < 0 ? day : first;
                last = day;
                partOfDay[day] = parts.size();
            }
        }
        parts.add(new Part(TimeBucket.around(days.micros(first), days.micros(last)), rows));
    }

    private void takeRest() {
        long rows = 0;
        for (int day = 0; day < days.size(); day++) {
            rows += isLeft(day) ? days.rows(day) : 0;
        }
        if (rows > 0) {
            take(0, days.size(), rows);
        }
    }

    private void keepLargest(int most) {
        int[] kept = IntStream.range(0, parts.size())
                .boxed()
                .sorted(Comparator.comparingLong(
                                (Integer part) -> parts.get(part).rows())
                        .reversed())
                .limit(most)
                .mapToInt(Integer::intValue)
                .sorted()
                .toArray();
        for (int day = 0; day < partOfDay.length; day++) {
            partOfDay[day] = partOfDay[day] < 0 ? -1 : Math.max(-1, Arrays.binarySearch(kept, partOfDay[day]));
        }
        List<Part> left = Arrays.stream(kept).mapToObj(parts::get).toList();
        parts.clear();
        parts.addAll(left);
    }

    List<Part> parts() {
        return parts;
    }

    int partOf(long micros) {
        return partOfDay[days.indexOf(micros)];
    }
}
