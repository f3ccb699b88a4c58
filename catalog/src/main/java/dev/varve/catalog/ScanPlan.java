package dev.varve.catalog;

import dev.varve.model.predicate.Predicate;
import java.util.List;

/**
 * The files a query reads, and how many it does not and why.
 *
 * <p>In a dataset with a key, files of different runs (and rows not yet in files) whose times overlap may hold several
 * versions of one row. Such files come in {@link MergeGroup}s; a condition on anything but time and key columns must be
 * applied after the group is merged, and prunes nothing inside it, for a later version may have moved elsewhere.
 *
 * @param plain files whose every row counts, whatever else is read
 * @param merge groups to be merged by key and time
 */
public record ScanPlan(List<DataFile> plain, List<MergeGroup> merge, Skipped skipped) {
    /**
     * Files that must be merged: within one group the highest run with a given key and time holds.
     *
     * @param withLive whether rows not yet in files belong to the group too, above all runs; where several groups do,
     *     they may be merged with them as one
     */
    public record MergeGroup(List<DataFile> files, boolean withLive) {
        public MergeGroup {
            files = List.copyOf(files);
        }
    }

    /** Files and bytes left out, by the first reason that was found. */
    public record Skipped(int byTime, int byCell, int byColumn, long bytes) {}

    public ScanPlan {
        plain = List.copyOf(plain);
        merge = List.copyOf(merge);
    }

    static ScanPlan of(Snapshot snapshot, Predicate predicate, List<Snapshot.ClosedTimeRange> live) {
        return Pruning.plan(snapshot, predicate, live);
    }
}
