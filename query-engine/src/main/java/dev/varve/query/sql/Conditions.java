package dev.varve.query.sql;

import dev.varve.model.Column;
import dev.varve.model.Schema;
import dev.varve.model.TimeRange;
import dev.varve.model.predicate.Predicate;
import dev.varve.model.space.AllOf;
import dev.varve.model.space.AnyOf;
import dev.varve.model.space.Box;
import dev.varve.model.space.CellCover;
import dev.varve.model.space.CellRanges;
import dev.varve.model.space.CellRanges.CellRange;
import dev.varve.model.space.Region;
import dev.varve.query.sql.Intervals.Interval;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.apache.calcite.plan.RelOptUtil;
import org.apache.calcite.rex.RexBuilder;
import org.apache.calcite.rex.RexCall;
import org.apache.calcite.rex.RexInputRef;
import org.apache.calcite.rex.RexNode;
import org.apache.calcite.rex.RexUtil;
import org.apache.calcite.sql.SqlKind;
import org.jspecify.annotations.Nullable;

/**
 * What the conditions of a scan say about its time, place and columns; never more than they say.
 *
 * @param predicate for pruning files
 * @param regionRanges few ranges of cells that hold every place of the regions asked for; null when none is asked for
 */
record Conditions(Predicate predicate, @Nullable CellRanges regionRanges) {
    private static final int COVER_CELLS = 192;
    /** One hull: where it is wide, the comparisons of latitude and longitude beside it leave out as much, and cost less. */
    private static final int PUSHED_RANGES = 1;

    private static final int MOST_BOXES = 4;
    private static final String LAST_STRING =
            Character.toString(Character.MAX_CODE_POINT).repeat(16);

    /** Finds what a query's conditions say, all of which must hold. */
    static final class Reader {
        private final RexBuilder rex;
        private final Schema schema;
        private final List<Column> columns;
        private final Regions regions;
        private final Rules rules;

        Reader(RexBuilder rex, DatasetTable table, Regions regions, Rules rules) {
            this.rex = rex;
            this.schema = table.dataset().schema();
            this.columns = table.columns();
            this.regions = regions;
            this.rules = rules;
        }

        Conditions read(List<RexNode> conditions) {
            List<RexNode> all = new ArrayList<>();
            for (RexNode condition : conditions) {
                all.addAll(RelOptUtil.conjunctions(RexUtil.expandSearch(rex, null, condition)));
            }
            List<Predicate> parts = new ArrayList<>();
            CellRanges ranges = null;
            Region region = region(all);
            if (region != null) {
                ranges = CellCover.of(region, schema.h3Resolution(), COVER_CELLS);
            }
            CellRanges named = null;
            for (int i = 0; i < columns.size(); i++) {
                Column column = columns.get(i);
                Intervals values = values(all, i);
                if (values.isAll()) {
                    continue;
                }
                if (column.equals(Schema.CELL)) {
                    named = ranges(values);
                } else if (column.equals(Schema.TIME)) {
                    if (rules.isOn(Rules.PRUNE_BY_TIME)) {
                        parts.add(new Predicate.During(range(values)));
                    }
                } else if (rules.isOn(Rules.PRUNE_BY_COLUMN)) {
                    between(column, values, parts);
                }
            }
            if (rules.isOn(Rules.PRUNE_BY_CELL)) {
                if (ranges != null) {
                    parts.add(new Predicate.Within(named == null ? ranges : ranges.intersect(named)));
                } else if (named != null) {
                    parts.add(new Predicate.Within(named));
                }
            }
            boolean push = ranges != null && rules.isOn(Rules.CELL_RANGES);
            return new Conditions(
                    parts.isEmpty() ? Predicate.ALL : parts.size() == 1 ? parts.getFirst() : new Predicate.And(parts),
                    push ? coarse(ranges) : null);
        }

        private static @Nullable CellRanges coarse(@Nullable CellRanges ranges) {
            return ranges == null ? null : ranges.coarsen(PUSHED_RANGES);
        }

        private static TimeRange range(Intervals values) {
            if (values.isEmpty()) {
                return new TimeRange(0, 0);
            }
            Interval hull = values.hull();
            long low = hull.low() instanceof Long start ? start : Long.MIN_VALUE;
            long high = hull.high() instanceof Long end && end < Long.MAX_VALUE ? end + 1 : Long.MAX_VALUE;
            return new TimeRange(low, high);
        }

        private static CellRanges ranges(Intervals values) {
            List<CellRange> ranges = new ArrayList<>();
            for (Interval interval : values.list()) {
                long low = interval.low() instanceof Long first ? first : Long.MIN_VALUE;
                long high = interval.high() instanceof Long last ? last : Long.MAX_VALUE;
                ranges.add(new CellRange(low, high));
            }
            return new CellRanges(ranges);
        }

        private static void between(Column column, Intervals values, List<Predicate> parts) {
            Interval hull = values.isEmpty() ? null : values.hull();
            Comparable<?> low = hull == null ? null : hull.low();
            Comparable<?> high = hull == null ? null : hull.high();
            switch (column.type()) {
                case BOOLEAN, INT, LONG, DATE, TIMESTAMP ->
                    parts.add(
                            hull == null
                                    ? new Predicate.Between(column.name(), Long.MAX_VALUE, Long.MIN_VALUE)
                                    : new Predicate.Between(
                                            column.name(),
                                            low == null ? Long.MIN_VALUE : low,
                                            high == null ? Long.MAX_VALUE : high));
                case FLOAT, DOUBLE ->
                    parts.add(
                            hull == null
                                    ? new Predicate.Between(
                                            column.name(), Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY)
                                    : new Predicate.Between(
                                            column.name(),
                                            low == null ? Double.NEGATIVE_INFINITY : low,
                                            high == null ? Double.POSITIVE_INFINITY : high));
                case STRING ->
                    parts.add(
                            hull == null
                                    ? new Predicate.Between(column.name(), LAST_STRING, "")
                                    : new Predicate.Between(
                                            column.name(), low == null ? "" : low, high == null ? LAST_STRING : high));
                case BINARY -> {
                    // no bounds are kept
                }
            }
        }

        private int index(Column column) {
            return columns.indexOf(column);
        }

        /** Where all conditions can hold; null when they say nothing of the place. */
        private @Nullable Region region(List<RexNode> all) {
            List<Region> parts = new ArrayList<>();
            for (RexNode condition : all) {
                Region part = region(condition);
                if (part != null) {
                    parts.add(part);
                }
            }
            Region box = box(all);
            if (box != null) {
                parts.add(box);
            }
            return parts.isEmpty() ? null : parts.size() == 1 ? parts.getFirst() : new AllOf(parts);
        }

        private @Nullable Region region(RexNode condition) {
            Regions.Test test = regions.test(condition);
            if (test != null) {
                return isColumn(test.lat(), Schema.LAT) && isColumn(test.lon(), Schema.LON) ? test.region() : null;
            }
            if (condition.getKind() == SqlKind.OR) {
                List<Region> either = new ArrayList<>();
                for (RexNode part : RelOptUtil.disjunctions(condition)) {
                    Region region = region(RelOptUtil.conjunctions(part));
                    if (region == null) {
                        return null;
                    }
                    either.add(region);
                }
                return new AnyOf(either);
            }
            return null;
        }

        private boolean isColumn(RexNode node, Column column) {
            RexNode bare = Comparisons.withoutCast(node);
            return bare instanceof RexInputRef reference && reference.getIndex() == index(column);
        }

        private @Nullable Region box(List<RexNode> all) {
            Intervals lats = values(all, index(Schema.LAT));
            Intervals lons = values(all, index(Schema.LON));
            if (lats.isAll() || lons.isAll()) {
                return null;
            }
            if (lats.isEmpty() || lons.isEmpty()) {
                return Region.NOWHERE;
            }
            double south = clamped(lats.hull().low(), -90, 90, -90);
            double north = clamped(lats.hull().high(), -90, 90, 90);
            List<Interval> each = lons.list().size() <= MOST_BOXES ? lons.list() : List.of(lons.hull());
            List<Region> boxes = new ArrayList<>();
            for (Interval lon : each) {
                boxes.add(new Box(
                        clamped(lon.low(), -180, 180, -180), south, clamped(lon.high(), -180, 180, 180), north));
            }
            return boxes.size() == 1 ? boxes.getFirst() : new AnyOf(boxes);
        }

        private static double clamped(@Nullable Comparable<?> bound, double least, double most, double open) {
            return bound instanceof Double value ? Math.max(least, Math.min(most, value)) : open;
        }

        private Intervals values(List<RexNode> all, int column) {
            Intervals values = Intervals.ALL;
            for (RexNode condition : all) {
                values = values.intersect(values(condition, column));
            }
            return values;
        }

        private Intervals values(RexNode condition, int column) {
            if (condition.getKind() == SqlKind.OR) {
                List<Intervals> either = new ArrayList<>();
                for (RexNode part : RelOptUtil.disjunctions(condition)) {
                    Intervals values = values(RelOptUtil.conjunctions(part), column);
                    if (values.isAll()) {
                        return Intervals.ALL;
                    }
                    either.add(values);
                }
                return Intervals.union(either);
            }
            if (condition instanceof RexCall call) {
                return Comparisons.values(call, column, columns.get(column), schema);
            }
            if (condition instanceof RexInputRef reference && reference.getIndex() == column) {
                return Intervals.of(1L, 1L);
            }
            return Intervals.ALL;
        }
    }

    /** The pushed ranges as a condition on {@code cell}; null when there are none. */
    @Nullable
    String cellText() {
        if (regionRanges == null) {
            return null;
        }
        if (regionRanges.isEmpty()) {
            return "FALSE";
        }
        String cell = DuckDialect.quoted(Schema.CELL.name());
        return regionRanges.ranges().stream()
                .map(range -> "(" + cell + " BETWEEN " + range.first() + " AND " + range.last() + ")")
                .collect(Collectors.joining(" OR ", "(", ")"));
    }
}
