package dev.varve.catalog;

import dev.varve.catalog.Snapshot.ClosedTimeRange;
import dev.varve.model.predicate.Predicate;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The files a query reads, and how many it does not and why.
 *
 * <p>In a dataset with a key the versions of a row share key and time. So a row can have been replaced only at an instant
 * that a higher run, or rows not yet in files, cover as well: a <i>contested</i> instant. Of the rows that the query wants,
 * those counts whose key and time no {@link #newer} file of a higher run and no live row has.
 *
 * <p>A file that is left out may hold no wanted row. It may still hold the newest version of a row that was wanted once,
 * elsewhere or with another value: then it is in {@link #newer}, for its keys and times alone.
 *
 * @param plain files whose every row counts, whatever else is read
 * @param contested files whose rows at the times given may have been replaced; their other rows count; in order of run,
 *     lowest first
 * @param newer files whose rows at the times given may replace contested rows of lower runs; in order of run, lowest first
 * @param newerLive when rows not yet in files may replace contested ones; empty if they cannot
 */
public record ScanPlan(
        List<DataFile> plain,
        List<Contested> contested,
        List<Contested> newer,
        List<ClosedTimeRange> newerLive,
        Skipped skipped) {
    /**
     * A file and some of the times it covers.
     *
     * @param times disjoint, in order, within the file's own; at least one, at most {@link #MOST_TIMES}
     */
    public record Contested(DataFile file, List<ClosedTimeRange> times) {
        public static final int MOST_TIMES = 16;

        public Contested {
            times = List.copyOf(times);
        }

        /** Whether that is all the file covers. */
        public boolean isWhole() {
            return times.getFirst().firstMicros() <= file.firstMicros()
                    && times.getFirst().lastMicros() >= file.lastMicros();
        }

        /** About how many rows there are at these times, if the file's are spread evenly. */
        public long rows() {
            double covered = 0;
            for (ClosedTimeRange range : times) {
                covered += (double) range.lastMicros() - range.firstMicros() + 1;
            }
            double all = (double) file.lastMicros() - file.firstMicros() + 1;
            return Math.clamp(Math.round(file.rows() * covered / all), 1, file.rows());
        }
    }

    /** Files and bytes left out, by the first reason that was found. */
    public record Skipped(int byTime, int byCell, int byColumn, long bytes) {}

    public ScanPlan {
        plain = List.copyOf(plain);
        contested = List.copyOf(contested);
        newer = List.copyOf(newer);
        newerLive = List.copyOf(newerLive);
    }

    /** Of files that share no row with another. */
    public static ScanPlan ofPlain(List<DataFile> files, Skipped skipped) {
        return new ScanPlan(files, List.of(), List.of(), List.of(), skipped);
    }

    static ScanPlan of(Snapshot snapshot, Predicate predicate, List<ClosedTimeRange> live) {
        return Pruning.plan(snapshot, predicate, live);
    }

    /** When some file's rows may have been replaced: disjoint, in order, at most {@link Contested#MOST_TIMES}. */
    public List<ClosedTimeRange> contestedTimes() {
        TimeSet times = new TimeSet();
        contested.forEach(part -> part.times().forEach(times::add));
        return times.within(new ClosedTimeRange(Long.MIN_VALUE, Long.MAX_VALUE), Contested.MOST_TIMES);
    }

    /** Every file that is opened, once. */
    public List<DataFile> files() {
        Map<String, DataFile> files = new LinkedHashMap<>();
        plain.forEach(file -> files.put(file.blob(), file));
        contested.forEach(part -> files.put(part.file().blob(), part.file()));
        newer.forEach(part -> files.put(part.file().blob(), part.file()));
        return List.copyOf(files.values());
    }
}
