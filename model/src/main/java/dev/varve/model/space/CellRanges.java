package dev.varve.model.space;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Sorted, disjoint, closed ranges of H3 cells of one resolution.
 *
 * <p>All descendants of a cell at one finer resolution are consecutive 64-bit numbers (for pentagons too), so a region is
 * a handful of ranges and ordinary file statistics prune it.
 */
public record CellRanges(List<CellRange> ranges) {
    /** Cells from {@code first} to {@code last}, both included. */
    public record CellRange(long first, long last) {
        public CellRange {
            if (first > last) {
                throw new IllegalArgumentException("range starts at " + first + " after its end " + last);
            }
        }
    }

    public static final CellRanges EMPTY = new CellRanges(List.of());

    public CellRanges {
        ranges = List.copyOf(ranges);
        for (int i = 1; i < ranges.size(); i++) {
            if (ranges.get(i - 1).last() >= ranges.get(i).first()) {
                throw new IllegalArgumentException("ranges overlap or are out of order at " + i);
            }
        }
    }

    public boolean isEmpty() {
        return ranges.isEmpty();
    }

    public boolean contains(long cell) {
        return intersects(cell, cell);
    }

    /** Whether some cell of the closed range is in one of these. */
    public boolean intersects(long first, long last) {
        int low = 0;
        int high = ranges.size() - 1;
        while (low <= high) {
            int middle = (low + high) >>> 1;
            CellRange range = ranges.get(middle);
            if (range.last() < first) {
                low = middle + 1;
            } else if (range.first() > last) {
                high = middle - 1;
            } else {
                return true;
            }
        }
        return false;
    }

    /** The cells that both have. */
    public CellRanges intersect(CellRanges other) {
        List<CellRange> common = new ArrayList<>();
        int mine = 0;
        int theirs = 0;
        while (mine < ranges.size() && theirs < other.ranges.size()) {
            CellRange left = ranges.get(mine);
            CellRange right = other.ranges.get(theirs);
            long first = Math.max(left.first(), right.first());
            long last = Math.min(left.last(), right.last());
            if (first <= last) {
                common.add(new CellRange(first, last));
            }
            if (left.last() < right.last()) {
                mine++;
            } else {
                theirs++;
            }
        }
        return new CellRanges(common);
    }

    /** A superset with at most {@code most} ranges: the smallest gaps are filled first. */
    public CellRanges coarsen(int most) {
        if (most < 1) {
            throw new IllegalArgumentException("at least one range is needed, not " + most);
        }
        if (ranges.size() <= most) {
            return this;
        }
        long[] gaps = new long[ranges.size() - 1];
        for (int i = 0; i < gaps.length; i++) {
            gaps[i] = gapAfter(i);
        }
        Arrays.sort(gaps);
        // The widest gaps stay; among equals those further on.
        long narrowest = most == 1 ? Long.MAX_VALUE : gaps[gaps.length - (most - 1)];
        int fillOfNarrowest = 0;
        for (int i = gaps.length - (most - 1) - 1; most > 1 && i >= 0 && gaps[i] == narrowest; i--) {
            fillOfNarrowest++;
        }
        List<CellRange> merged = new ArrayList<>(most);
        long first = ranges.getFirst().first();
        for (int i = 0; i < gaps.length; i++) {
            long gap = gapAfter(i);
            boolean stays = gap > narrowest || (gap == narrowest && fillOfNarrowest-- <= 0);
            if (stays) {
                merged.add(new CellRange(first, ranges.get(i).last()));
                first = ranges.get(i + 1).first();
            }
        }
        merged.add(new CellRange(first, ranges.getLast().last()));
        return new CellRanges(merged);
    }

    private long gapAfter(int index) {
        return ranges.get(index + 1).first() - ranges.get(index).last();
    }
}
