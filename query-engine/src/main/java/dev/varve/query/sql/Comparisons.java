package dev.varve.query.sql;

import dev.varve.model.Column;
import dev.varve.model.ColumnType;
import dev.varve.model.Schema;
import dev.varve.model.space.CellRanges.CellRange;
import dev.varve.model.space.H3Cells;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.DateTimeException;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.util.Locale;
import java.util.function.LongUnaryOperator;
import org.apache.calcite.avatica.util.TimeUnitRange;
import org.apache.calcite.rel.type.RelDataType;
import org.apache.calcite.rex.RexCall;
import org.apache.calcite.rex.RexInputRef;
import org.apache.calcite.rex.RexLiteral;
import org.apache.calcite.rex.RexNode;
import org.apache.calcite.sql.SqlKind;
import org.apache.calcite.sql.type.SqlTypeName;
import org.apache.calcite.sql.type.SqlTypeUtil;

/** Reads one comparison of a column, or of a monotonic function of it, with a constant. */
final class Comparisons {
    private static final long DAY = 86_400_000_000L;

    private Comparisons() {}

    /** The column's values for which the comparison may hold; all when it is no such comparison. */
    static Intervals values(RexCall call, int index, Column column, Schema schema) {
        SqlKind kind = call.getKind();
        return switch (kind) {
            case EQUALS, IS_NOT_DISTINCT_FROM, LESS_THAN, LESS_THAN_OR_EQUAL, GREATER_THAN, GREATER_THAN_OR_EQUAL -> {
                RexNode left = call.getOperands().get(0);
                RexNode right = call.getOperands().get(1);
                if (right instanceof RexLiteral literal) {
                    yield compared(left, kind, literal, index, column, schema);
                }
                yield left instanceof RexLiteral literal
                        ? compared(right, kind.reverse(), literal, index, column, schema)
                        : Intervals.ALL;
            }
            case IS_TRUE -> isTruth(call, index, column) ? Intervals.of(1L, 1L) : Intervals.ALL;
            case NOT -> isTruth(call, index, column) ? Intervals.of(0L, 0L) : Intervals.ALL;
            default -> Intervals.ALL;
        };
    }

    private static boolean isTruth(RexCall call, int index, Column column) {
        return column.type() == ColumnType.BOOLEAN
                && isReference(call.getOperands().getFirst(), index);
    }

    /** The operand of a cast that changes no value, else the expression itself. */
    static RexNode withoutCast(RexNode node) {
        if (node instanceof RexCall call && call.getKind() == SqlKind.CAST) {
            RexNode operand = call.getOperands().getFirst();
            if (isWidening(operand.getType(), call.getType())) {
                return withoutCast(operand);
            }
        }
        return node;
    }

    private static boolean isWidening(RelDataType from, RelDataType to) {
        SqlTypeName source = from.getSqlTypeName();
        SqlTypeName target = to.getSqlTypeName();
        return switch (source) {
            case INTEGER ->
                target == SqlTypeName.INTEGER
                        || target == SqlTypeName.BIGINT
                        || target == SqlTypeName.DOUBLE
                        || isRoomy(to, 10);
            case BIGINT -> target == SqlTypeName.BIGINT || isRoomy(to, 19);
            case DOUBLE -> target == SqlTypeName.DOUBLE;
            case TIMESTAMP -> target == SqlTypeName.TIMESTAMP;
            case DATE -> target == SqlTypeName.DATE;
            case VARCHAR -> target == SqlTypeName.VARCHAR;
            default -> false;
        };
    }

    private static boolean isRoomy(RelDataType type, int digits) {
        return type.getSqlTypeName() == SqlTypeName.DECIMAL && type.getPrecision() - type.getScale() >= digits;
    }

    private static boolean isReference(RexNode node, int index) {
        return withoutCast(node) instanceof RexInputRef reference && reference.getIndex() == index;
    }

    private static Intervals compared(
            RexNode side, SqlKind kind, RexLiteral literal, int index, Column column, Schema schema) {
        if (literal.isNull()) {
            return Intervals.ALL;
        }
        if (isReference(side, index)) {
            return switch (column.type()) {
                case INT, LONG -> number(kind, literal);
                case TIMESTAMP -> instant(kind, literal);
                case DATE -> day(kind, literal);
                case FLOAT, DOUBLE -> real(kind, literal, column.type());
                case STRING -> text(kind, literal);
                case BOOLEAN -> truth(kind, literal);
                case BINARY -> Intervals.ALL;
            };
        }
        if (!(side instanceof RexCall call)) {
            return Intervals.ALL;
        }
        if (column.equals(Schema.CELL)) {
            return parent(call, kind, literal, index, schema);
        }
        return column.type() == ColumnType.TIMESTAMP ? monotonic(call, kind, literal, index) : Intervals.ALL;
    }

    /** From the lowest to the highest whole number that compares so with a value between {@code floor} and {@code ceiling}. */
    private static Intervals whole(SqlKind kind, long floor, long ceiling) {
        return switch (kind) {
            case EQUALS, IS_NOT_DISTINCT_FROM -> floor == ceiling ? Intervals.of(floor, floor) : Intervals.NONE;
            case LESS_THAN -> ceiling == Long.MIN_VALUE ? Intervals.NONE : Intervals.of(null, ceiling - 1);
            case LESS_THAN_OR_EQUAL -> Intervals.of(null, floor);
            case GREATER_THAN -> floor == Long.MAX_VALUE ? Intervals.NONE : Intervals.of(floor + 1, null);
            case GREATER_THAN_OR_EQUAL -> Intervals.of(ceiling, null);
            default -> Intervals.ALL;
        };
    }

    private static Intervals number(SqlKind kind, RexLiteral literal) {
        if (!SqlTypeUtil.isNumeric(literal.getType())) {
            return Intervals.ALL;
        }
        BigDecimal value = literal.getValueAs(BigDecimal.class);
        try {
            return value == null
                    ? Intervals.ALL
                    : whole(
                            kind,
                            value.setScale(0, RoundingMode.FLOOR).longValueExact(),
                            value.setScale(0, RoundingMode.CEILING).longValueExact());
        } catch (ArithmeticException beyondLong) {
            return Intervals.ALL;
        }
    }

    private static Intervals instant(SqlKind kind, RexLiteral literal) {
        LocalDateTime time = Constants.time(literal);
        if (time == null) {
            return Intervals.ALL;
        }
        long micros = TimeText.micros(time);
        return whole(kind, micros, micros);
    }

    private static Intervals day(SqlKind kind, RexLiteral literal) {
        LocalDateTime time = Constants.time(literal);
        if (time == null || literal.getType().getSqlTypeName() != SqlTypeName.DATE) {
            return Intervals.ALL;
        }
        long day = time.toLocalDate().toEpochDay();
        return whole(kind, day, day);
    }

    private static Intervals closed(SqlKind kind, Comparable<?> low, Comparable<?> high) {
        return switch (kind) {
            case EQUALS, IS_NOT_DISTINCT_FROM -> Intervals.of(low, high);
            case LESS_THAN, LESS_THAN_OR_EQUAL -> Intervals.of(null, high);
            case GREATER_THAN, GREATER_THAN_OR_EQUAL -> Intervals.of(low, null);
            default -> Intervals.ALL;
        };
    }

    private static Intervals real(SqlKind kind, RexLiteral literal, ColumnType type) {
        if (!SqlTypeUtil.isNumeric(literal.getType())) {
            return Intervals.ALL;
        }
        Double value = literal.getValueAs(Double.class);
        if (value == null) {
            return Intervals.ALL;
        }
        if (type == ColumnType.FLOAT) {
            // The comparison may be made in single precision.
            float single = value.floatValue();
            return closed(kind, (double) Math.nextDown(single), (double) Math.nextUp(single));
        }
        return closed(kind, Math.nextDown(value), Math.nextUp(value));
    }

    private static Intervals text(SqlKind kind, RexLiteral literal) {
        String value = SqlTypeUtil.isCharacter(literal.getType()) ? literal.getValueAs(String.class) : null;
        return value == null ? Intervals.ALL : closed(kind, value, value);
    }

    private static Intervals truth(SqlKind kind, RexLiteral literal) {
        Boolean value =
                literal.getType().getSqlTypeName() == SqlTypeName.BOOLEAN ? literal.getValueAs(Boolean.class) : null;
        return value == null || kind != SqlKind.EQUALS ? Intervals.ALL : Intervals.of(value ? 1L : 0L, value ? 1L : 0L);
    }

    /** {@code h3_cell_to_parent(cell, r) = c}: the cells below {@code c}. */
    private static Intervals parent(RexCall call, SqlKind kind, RexLiteral literal, int index, Schema schema) {
        if (!name(call).equals("h3_cell_to_parent")
                || kind != SqlKind.EQUALS
                || !isReference(call.getOperands().get(0), index)) {
            return Intervals.ALL;
        }
        Double resolution = Regions.number(call.getOperands().get(1));
        Long cell = SqlTypeUtil.isNumeric(literal.getType()) ? literal.getValueAs(Long.class) : null;
        if (resolution == null
                || cell == null
                || resolution < 0
                || resolution > schema.h3Resolution()
                || !H3Cells.isCell(cell)
                || H3Cells.resolution(cell) != resolution.intValue()) {
            return Intervals.ALL;
        }
        CellRange below = H3Cells.descendants(cell, schema.h3Resolution());
        return Intervals.of(below.first(), below.last());
    }

    private static String name(RexCall call) {
        return call.getOperator().getName().toLowerCase(Locale.ROOT);
    }

    /** Comparisons of a function of time that never falls; its values are whole numbers. */
    private static Intervals monotonic(RexCall call, SqlKind kind, RexLiteral literal, int index) {
        Intervals values;
        LongUnaryOperator edge;
        TimeSteps steps = TimeSteps.of(call);
        if (isReference(argument(call), index) && isYear(call)) {
            values = number(kind, literal);
            edge = Comparisons::yearStart;
        } else if (call.getType().getSqlTypeName() == SqlTypeName.DATE
                && isReference(argument(call), index)
                && (call.getKind() == SqlKind.CAST || name(call).equals("date"))) {
            values = day(kind, literal);
            edge = day -> Math.multiplyExact(day, DAY);
        } else if (steps != null && isReference(argument(call), index)) {
            values = instant(kind, literal);
            edge = steps::next;
        } else {
            return Intervals.ALL;
        }
        if (values.isAll() || values.isEmpty()) {
            return values;
        }
        try {
            Comparable<?> low = values.hull().low();
            Comparable<?> high = values.hull().high();
            Long start = low instanceof Long from ? Long.valueOf(edge.applyAsLong(from)) : null;
            Long end = high instanceof Long to ? Long.valueOf(edge.applyAsLong(to + 1) - 1) : null;
            return Intervals.of(start, end);
        } catch (ArithmeticException | DateTimeException beyondTime) {
            return Intervals.ALL;
        }
    }

    /** The operand that may be the column. */
    private static RexNode argument(RexCall call) {
        if (call.getKind() == SqlKind.FLOOR) {
            return call.getOperands().getFirst();
        }
        return name(call).equals("time_bucket")
                ? call.getOperands().get(1)
                : call.getOperands().getLast();
    }

    private static boolean isYear(RexCall call) {
        return name(call).equals("year")
                || (call.getKind() == SqlKind.EXTRACT
                        && call.getOperands().getFirst() instanceof RexLiteral unit
                        && unit.getValueAs(TimeUnitRange.class) == TimeUnitRange.YEAR)
                || (name(call).equals("date_part")
                        && call.getOperands().getFirst() instanceof RexLiteral part
                        && "year".equalsIgnoreCase(part.getValueAs(String.class)));
    }

    private static long yearStart(long year) {
        return TimeText.micros(LocalDate.of(Math.toIntExact(year), 1, 1).atStartOfDay());
    }
}
