package dev.varve.query.sql;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Closed intervals of one kind of values, ascending and disjoint; what a condition leaves of a column's values.
 *
 * <p>Strings compare by code point.
 */
record Intervals(List<Interval> list) {
    static final Intervals ALL = new Intervals(List.of(new Interval(null, null)));
    static final Intervals NONE = new Intervals(List.of());

    /** From {@code low} to {@code high}, both included; null is open. */
    record Interval(@Nullable Comparable<?> low, @Nullable Comparable<?> high) {}

    private static final Comparator<Interval> BY_LOW = (a, b) -> lows(a.low, b.low);

    static Intervals of(@Nullable Comparable<?> low, @Nullable Comparable<?> high) {
        return low != null && high != null && compare(low, high) > 0
                ? NONE
                : new Intervals(List.of(new Interval(low, high)));
    }

    static int compare(Comparable<?> a, Comparable<?> b) {
        if (a instanceof Long left && b instanceof Long right) {
            return Long.compare(left, right);
        }
        if (a instanceof Double left && b instanceof Double right) {
            return Double.compare(left, right);
        }
        return byCodePoint((String) a, (String) b);
    }

    private static int byCodePoint(String a, String b) {
        int i = 0;
        while (i < a.length() && i < b.length()) {
            int left = a.codePointAt(i);
            int right = b.codePointAt(i);
            if (left != right) {
                return Integer.compare(left, right);
            }
            i += Character.charCount(left);
        }
        return Integer.compare(a.length(), b.length());
    }

    private static int lows(@Nullable Comparable<?> a, @Nullable Comparable<?> b) {
        if (a == null || b == null) {
            return a == null ? (b == null ? 0 : -1) : 1;
        }
        return compare(a, b);
    }

    private static int highs(@Nullable Comparable<?> a, @Nullable Comparable<?> b) {
        if (a == null || b == null) {
            return a == null ? (b == null ? 0 : 1) : -1;
        }
        return compare(a, b);
    }

    static Intervals union(List<Intervals> parts) {
        List<Interval> sorted = new ArrayList<>();
        parts.forEach(part -> sorted.addAll(part.list));
        sorted.sort(BY_LOW);
        List<Interval> merged = new ArrayList<>();
        for (Interval next : sorted) {
            Interval last = merged.isEmpty() ? null : merged.getLast();
            if (last != null && (last.high == null || next.low == null || compare(next.low, last.high) <= 0)) {
                merged.set(
                        merged.size() - 1,
                        new Interval(last.low, highs(last.high, next.high) >= 0 ? last.high : next.high));
            } else {
                merged.add(next);
            }
        }
        return new Intervals(List.copyOf(merged));
    }

    Intervals intersect(Intervals other) {
        List<Interval> common = new ArrayList<>();
        int mine = 0;
        int theirs = 0;
        while (mine < list.size() && theirs < other.list.size()) {
            Interval left = list.get(mine);
            Interval right = other.list.get(theirs);
            Comparable<?> low = lows(left.low, right.low) >= 0 ? left.low : right.low;
            Comparable<?> high = highs(left.high, right.high) <= 0 ? left.high : right.high;
            if (low == null || high == null || compare(low, high) <= 0) {
                common.add(new Interval(low, high));
            }
            if (highs(left.high, right.high) < 0) {
                mine++;
            } else {
                theirs++;
            }
        }
        return new Intervals(List.copyOf(common));
    }

    boolean isAll() {
        return equals(ALL);
    }

    boolean isEmpty() {
        return list.isEmpty();
    }

    /** From the lowest to the highest value; not of nothing. */
    Interval hull() {
        return new Interval(list.getFirst().low, list.getLast().high);
    }
}
