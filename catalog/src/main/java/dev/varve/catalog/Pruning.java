package dev.varve.catalog;

import dev.varve.catalog.DataFile.CellBounds;
import dev.varve.catalog.DataFile.ColumnBounds;
import dev.varve.catalog.ScanPlan.MergeGroup;
import dev.varve.catalog.Snapshot.ClosedTimeRange;
import dev.varve.model.Schema;
import dev.varve.model.TimeRange;
import dev.varve.model.predicate.Predicate;
import dev.varve.model.predicate.Predicate.And;
import dev.varve.model.predicate.Predicate.Between;
import dev.varve.model.predicate.Predicate.During;
import dev.varve.model.predicate.Predicate.Within;
import dev.varve.model.space.CellRanges;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Decides which files of a snapshot a query reads.
 *
 * <p>Without a key every row stands for itself, and whatever refutes a file leaves it out. With a key, the versions of a
 * row share key and time and nothing else. So a condition on time or key holds for all versions of a row or for none, and
 * may leave out a file at once. Any other may hold for an old version only: were the file with the new one left out, the
 * old one would come back to life. Those conditions therefore prune only files that share no row with another.
 *
 * <p>Which files may share rows is decided on the files that time and key left over: sorted by first time, they fall into
 * components whose closed times, cut to the wanted time, overlap. A component of one run holds no row twice; one of
 * several runs, or one that live rows overlap, must be merged. One pass over sorted files; used by one thread.
 */
final class Pruning {
    private enum Reason {
        TIME,
        CELL,
        COLUMN
    }

    private final Snapshot snapshot;
    private final List<ClosedTimeRange> live;
    private final Set<String> key;

    private TimeRange time = TimeRange.ALWAYS;
    private @Nullable CellRanges cells;
    /** Conditions on key columns, which hold for all versions of a row or for none; and those on others. */
    private final List<Between> keyConditions = new ArrayList<>();

    private final List<Between> otherConditions = new ArrayList<>();

    private final List<DataFile> plain = new ArrayList<>();
    private final List<MergeGroup> merge = new ArrayList<>();
    private int byTime;
    private int byCell;
    private int byColumn;
    private long bytes;

    private Pruning(Snapshot snapshot, Predicate predicate, List<ClosedTimeRange> live) {
        this.snapshot = snapshot;
        this.live = live;
        this.key = Set.copyOf(snapshot.schema().key());
        collect(predicate);
    }

    static ScanPlan plan(Snapshot snapshot, Predicate predicate, List<ClosedTimeRange> live) {
        Pruning pruning = new Pruning(snapshot, predicate, live);
        if (snapshot.schema().isKeyed()) {
            pruning.planKeyed();
        } else {
            snapshot.files().forEach(file -> pruning.keepUnless(pruning.refute(file), file, pruning.plain));
        }
        return new ScanPlan(
                pruning.plain,
                pruning.merge,
                new ScanPlan.Skipped(pruning.byTime, pruning.byCell, pruning.byColumn, pruning.bytes));
    }

    private void collect(Predicate predicate) {
        switch (predicate) {
            case And(List<Predicate> parts) -> parts.forEach(this::collect);
            case During(TimeRange range) -> time = time.intersect(range);
            case Within(CellRanges ranges) -> cells = cells == null ? ranges : cells.intersect(ranges);
            case Between between -> {
                if (between.column().equals(Schema.TIME.name())
                        && between.low() instanceof Long first
                        && between.high() instanceof Long last) {
                    boolean none = first > last;
                    long end = last == Long.MAX_VALUE ? last : last + 1;
                    time = time.intersect(none ? new TimeRange(first, first) : new TimeRange(first, end));
                } else if (key.contains(between.column())) {
                    keyConditions.add(between);
                } else {
                    otherConditions.add(between);
                }
            }
        }
    }

    private void planKeyed() {
        List<DataFile> candidates = new ArrayList<>(snapshot.files().size());
        for (DataFile file : snapshot.files()) {
            keepUnless(refuteRow(file), file, candidates);
        }
        List<ClosedTimeRange> liveByTime = live.stream()
                .filter(range -> time.overlapsClosed(range.firstMicros(), range.lastMicros()))
                .sorted((left, right) -> Long.compare(left.firstMicros(), right.firstMicros()))
                .toList();
        // Cutting to the wanted time keeps the order by first time.
        int nextLive = 0;
        int start = 0;
        while (start < candidates.size()) {
            long last = last(candidates.get(start));
            long first = first(candidates.get(start));
            long run = candidates.get(start).run();
            boolean several = false;
            boolean withLive = false;
            int end = start + 1;
            while (nextLive < liveByTime.size() && liveByTime.get(nextLive).firstMicros() <= first) {
                ClosedTimeRange range = liveByTime.get(nextLive++);
                if (range.lastMicros() >= first) {
                    withLive = true;
                    last = Math.max(last, range.lastMicros());
                }
            }
            while (true) {
                if (end < candidates.size() && first(candidates.get(end)) <= last) {
                    DataFile file = candidates.get(end++);
                    several |= file.run() != run;
                    last = Math.max(last, last(file));
                } else if (nextLive < liveByTime.size()
                        && liveByTime.get(nextLive).firstMicros() <= last) {
                    withLive = true;
                    last = Math.max(last, liveByTime.get(nextLive++).lastMicros());
                } else {
                    break;
                }
            }
            List<DataFile> component = candidates.subList(start, end);
            if (several || withLive) {
                merge.add(new MergeGroup(component, withLive));
            } else {
                component.forEach(file -> keepUnless(refuteRest(file), file, plain));
            }
            start = end;
        }
    }

    private long first(DataFile file) {
        return Math.max(file.firstMicros(), time.startMicros());
    }

    private long last(DataFile file) {
        return Math.min(file.lastMicros(), time.endMicros() - 1);
    }

    private void keepUnless(@Nullable Reason refuted, DataFile file, List<DataFile> kept) {
        if (refuted == null) {
            kept.add(file);
            return;
        }
        switch (refuted) {
            case TIME -> byTime++;
            case CELL -> byCell++;
            case COLUMN -> byColumn++;
        }
        bytes += file.bytes();
    }

    private @Nullable Reason refute(DataFile file) {
        Reason reason = refuteRow(file);
        return reason == null ? refuteRest(file) : reason;
    }

    /** By what all versions of a row share. */
    private @Nullable Reason refuteRow(DataFile file) {
        if (time.isEmpty() || !time.overlapsClosed(file.firstMicros(), file.lastMicros())) {
            return Reason.TIME;
        }
        return anyRefuted(keyConditions, file) ? Reason.COLUMN : null;
    }

    private @Nullable Reason refuteRest(DataFile file) {
        CellRanges wanted = cells;
        CellBounds found = file.cells();
        if (wanted != null && (found == null || !wanted.intersects(found.first(), found.last()))) {
            return Reason.CELL;
        }
        return anyRefuted(otherConditions, file) ? Reason.COLUMN : null;
    }

    private static boolean anyRefuted(List<Between> conditions, DataFile file) {
        for (Between condition : conditions) {
            if (isRefuted(condition, file)) {
                return true;
            }
        }
        return false;
    }

    private static boolean isRefuted(Between condition, DataFile file) {
        CellBounds cells = file.cells();
        if (condition.column().equals(Schema.CELL.name())) {
            return cells == null || isBelow(cells.last(), condition.low()) || isBelow(condition.high(), cells.first());
        }
        ColumnBounds bounds = file.columns().get(condition.column());
        if (bounds == null) {
            return false;
        }
        Comparable<?> low = bounds.low();
        Comparable<?> high = bounds.high();
        if (low == null || high == null) {
            return true;
        }
        return isBelow(high, condition.low()) || isBelow(condition.high(), low);
    }

    /** Whether the first value is certainly less; false for values that cannot be compared. */
    private static boolean isBelow(Comparable<?> left, Comparable<?> right) {
        if (left instanceof Long first && right instanceof Long second) {
            return first < second;
        }
        if (left instanceof Double first && right instanceof Double second) {
            return first < second;
        }
        if (left instanceof String first && right instanceof String second) {
            return compareByCodePoint(first, second) < 0;
        }
        return false;
    }

    /** UTF-16 sorts the characters beyond U+FFFF before those from U+E000; UTF-8, in files, does not. */
    static int compareByCodePoint(String left, String right) {
        int length = Math.min(left.length(), right.length());
        for (int i = 0; i < length; i++) {
            char first = left.charAt(i);
            char second = right.charAt(i);
            if (first != second) {
                // A surrogate stands for a character above all that are written without.
                return Character.isSurrogate(first) == Character.isSurrogate(second)
                        ? Character.compare(first, second)
                        : Character.isSurrogate(first) ? 1 : -1;
            }
        }
        return Integer.compare(left.length(), right.length());
    }
}
