package dev.varve.catalog;

import dev.varve.catalog.DataFile.CellBounds;
import dev.varve.catalog.DataFile.ColumnBounds;
import dev.varve.catalog.ScanPlan.Contested;
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
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Decides which files of a snapshot a query reads.
 *
 * <p>Without a key every row stands for itself, and whatever refutes a file leaves it out. With a key, the versions of a
 * row share key and time and nothing else. So a condition on time or key holds for all versions of a row or for none, and
 * may leave out a file at once. Any other may hold for an old version only. It still says that a file has no row that is
 * wanted, but not that the file has no newer version of one: were that left out, the old one would come back to life. So
 * each file is asked twice.
 *
 * <p>Are its rows wanted? Then the contested times are those it shares with files of higher runs and with live rows; runs
 * are visited from the highest down, gathering the times they cover. And may it replace rows of such a file? It may at the
 * contested times of files of lower runs; runs are visited from the lowest up, gathering those. All times are cut to the
 * wanted time first. n log n in the number of files; used by one thread.
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
    private final List<Contested> contested = new ArrayList<>();
    private final List<Contested> newer = new ArrayList<>();
    private List<ClosedTimeRange> newerLive = List.of();
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
            for (DataFile file : snapshot.files()) {
                Reason refuted = pruning.refute(file);
                if (refuted == null) {
                    pruning.plain.add(file);
                } else {
                    pruning.skip(refuted, file);
                }
            }
        }
        return new ScanPlan(
                pruning.plain,
                pruning.contested.reversed(),
                pruning.newer,
                pruning.newerLive,
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
        TreeMap<Long, List<DataFile>> runs = new TreeMap<>();
        for (DataFile file : snapshot.files()) {
            Reason refuted = refuteRow(file);
            if (refuted == null) {
                runs.computeIfAbsent(file.run(), run -> new ArrayList<>()).add(file);
            } else {
                skip(refuted, file);
            }
        }
        record Unwanted(DataFile file, Reason reason) {}
        List<Unwanted> unwanted = new ArrayList<>();
        TimeSet above = new TimeSet();
        live.forEach(above::add);
        for (List<DataFile> run : runs.descendingMap().values()) {
            for (DataFile file : run) {
                Reason refuted = refuteRest(file);
                if (refuted == null) {
                    List<ClosedTimeRange> times = above.within(wantedTimes(file), Contested.MOST_TIMES);
                    if (times.isEmpty()) {
                        plain.add(file);
                    } else {
                        contested.add(new Contested(file, times));
                    }
                } else {
                    unwanted.add(new Unwanted(file, refuted));
                }
            }
            run.forEach(file -> above.add(wantedTimes(file)));
        }
        findNewer(runs);
        Set<String> opened = newer.stream().map(part -> part.file().blob()).collect(Collectors.toSet());
        for (Unwanted candidate : unwanted) {
            if (!opened.contains(candidate.file().blob())) {
                skip(candidate.reason(), candidate.file());
            }
        }
    }

    /** @param runs lowest first */
    private void findNewer(Map<Long, List<DataFile>> runs) {
        TimeSet below = new TimeSet();
        int next = contested.size() - 1;
        for (Map.Entry<Long, List<DataFile>> run : runs.entrySet()) {
            while (next >= 0 && contested.get(next).file().run() < run.getKey()) {
                contested.get(next--).times().forEach(below::add);
            }
            for (DataFile file : run.getValue()) {
                List<ClosedTimeRange> times = below.within(wantedTimes(file), Contested.MOST_TIMES);
                if (!times.isEmpty()) {
                    newer.add(new Contested(file, times));
                }
            }
        }
        while (next >= 0) {
            contested.get(next--).times().forEach(below::add);
        }
        TimeSet liveTimes = new TimeSet();
        live.forEach(range -> below.within(range, Contested.MOST_TIMES).forEach(liveTimes::add));
        newerLive = liveTimes.within(new ClosedTimeRange(Long.MIN_VALUE, Long.MAX_VALUE), Contested.MOST_TIMES);
    }

    private ClosedTimeRange wantedTimes(DataFile file) {
        return new ClosedTimeRange(
                Math.max(file.firstMicros(), time.startMicros()),
                // ALWAYS ends at the last instant of all, which it is meant to hold.
                time.endMicros() == Long.MAX_VALUE
                        ? file.lastMicros()
                        : Math.min(file.lastMicros(), time.endMicros() - 1));
    }

    private void skip(Reason refuted, DataFile file) {
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
