package dev.varve.catalog;

import dev.varve.catalog.Snapshot.ClosedTimeRange;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** A growing set of instants, as disjoint closed ranges; used by one thread. */
final class TimeSet {
    private final TreeMap<Long, Long> lastByFirst = new TreeMap<>();

    void add(ClosedTimeRange range) {
        long first = range.firstMicros();
        long last = range.lastMicros();
        Map.@Nullable Entry<Long, Long> before = lastByFirst.floorEntry(first);
        if (before != null && before.getValue() >= first) {
            first = before.getKey();
            last = Math.max(last, before.getValue());
        }
        Map.@Nullable Entry<Long, Long> after = lastByFirst.ceilingEntry(first);
        while (after != null && after.getKey() <= last) {
            last = Math.max(last, after.getValue());
            lastByFirst.remove(after.getKey());
            after = lastByFirst.higherEntry(first);
        }
        lastByFirst.put(first, last);
    }

    /**
     * The part of a range that is in the set, and where that are more than {@code most} pieces, the narrowest gaps between
     * them as well.
     */
    List<ClosedTimeRange> within(ClosedTimeRange range, int most) {
        Long start = lastByFirst.floorKey(range.firstMicros());
        List<ClosedTimeRange> found = new ArrayList<>();
        lastByFirst
                .subMap(start == null ? range.firstMicros() : start, true, range.lastMicros(), true)
                .forEach((first, last) -> {
                    if (last >= range.firstMicros()) {
                        found.add(new ClosedTimeRange(
                                Math.max(first, range.firstMicros()), Math.min(last, range.lastMicros())));
                    }
                });
        return coarsened(found, most);
    }

    private static List<ClosedTimeRange> coarsened(List<ClosedTimeRange> ranges, int most) {
        if (ranges.size() <= most) {
            return ranges;
        }
        boolean[] isGap = new boolean[ranges.size()];
        IntStream.range(1, ranges.size())
                .boxed()
                .sorted((left, right) -> Long.compareUnsigned(gapBefore(ranges, right), gapBefore(ranges, left)))
                .limit(most - 1L)
                .forEach(i -> isGap[i] = true);
        List<ClosedTimeRange> coarse = new ArrayList<>();
        long first = ranges.getFirst().firstMicros();
        for (int i = 1; i < ranges.size(); i++) {
            if (isGap[i]) {
                coarse.add(new ClosedTimeRange(first, ranges.get(i - 1).lastMicros()));
                first = ranges.get(i).firstMicros();
            }
        }
        coarse.add(new ClosedTimeRange(first, ranges.getLast().lastMicros()));
        return coarse;
    }

    private static long gapBefore(List<ClosedTimeRange> ranges, int i) {
        return ranges.get(i).firstMicros() - ranges.get(i - 1).lastMicros();
    }
}
