package dev.varve.query.sql;

import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import dev.varve.model.VarveException.Position;
import java.math.BigDecimal;
import java.time.LocalDateTime;
import java.time.temporal.ChronoUnit;
import org.apache.calcite.rel.RelHomogeneousShuttle;
import org.apache.calcite.rel.RelNode;
import org.apache.calcite.rel.type.RelDataType;
import org.apache.calcite.rex.RexBuilder;
import org.apache.calcite.rex.RexCall;
import org.apache.calcite.rex.RexLiteral;
import org.apache.calcite.rex.RexNode;
import org.apache.calcite.rex.RexShuttle;
import org.apache.calcite.rex.RexSubQuery;
import org.apache.calcite.sql.SqlKind;
import org.apache.calcite.sql.fun.SqlStdOperatorTable;
import org.apache.calcite.sql.type.SqlTypeName;
import org.apache.calcite.sql.type.SqlTypeUtil;
import org.apache.calcite.util.DateString;
import org.apache.calcite.util.TimestampString;
import org.jspecify.annotations.Nullable;

/** Computes constants of time, so that they prune: texts that stand for times, and times plus or minus intervals. */
final class Constants extends RexShuttle {
    private final RexBuilder rex;
    private final SqlText text;

    private Constants(RexBuilder rex, SqlText text) {
        this.rex = rex;
        this.text = text;
    }

    static RelNode computedIn(RelNode plan, SqlText text) {
        return everywhere(plan, new Constants(plan.getCluster().getRexBuilder(), text));
    }

    /** Applies a shuttle to all expressions of a plan; {@link #visitSubQuery} takes care of plans inside of them. */
    static RelNode everywhere(RelNode plan, RexShuttle shuttle) {
        return plan.accept(new RelHomogeneousShuttle() {
            @Override
            public RelNode visit(RelNode other) {
                return super.visit(other).accept(shuttle);
            }
        });
    }

    @Override
    public RexNode visitSubQuery(RexSubQuery subQuery) {
        RexSubQuery operands = (RexSubQuery) super.visitSubQuery(subQuery);
        return operands.clone(everywhere(operands.rel, this));
    }

    @Override
    public RexNode visitCall(RexCall original) {
        RexNode visited = super.visitCall(original);
        if (!(visited instanceof RexCall call)) {
            return visited;
        }
        RexNode constant = switch (call.getKind()) {
            case CAST -> cast(call);
            case PLUS -> shifted(call, 1);
            case MINUS -> shifted(call, -1);
            default -> null;
        };
        return constant == null ? integerDivision(call) : rex.ensureType(call.getType(), constant, true);
    }

    private RexNode integerDivision(RexCall call) {
        return call.getKind() == SqlKind.DIVIDE
                        && call.getOperator().equals(SqlStdOperatorTable.DIVIDE)
                        && SqlTypeUtil.isIntType(call.getType())
                        && call.getOperands().stream().allMatch(operand -> SqlTypeUtil.isIntType(operand.getType()))
                ? rex.makeCall(call.getType(), DuckDialect.INTEGER_DIVIDE, call.getOperands())
                : call;
    }

    private @Nullable RexNode cast(RexCall call) {
        SqlTypeName to = call.getType().getSqlTypeName();
        if (!(call.getOperands().getFirst() instanceof RexLiteral literal)
                || (to != SqlTypeName.TIMESTAMP && to != SqlTypeName.DATE)
                || literal.isNull()) {
            return null;
        }
        LocalDateTime time;
        if (SqlTypeUtil.isCharacter(literal.getType())) {
            String written = String.valueOf(literal.getValueAs(String.class));
            time = TimeText.parse(written).orElseThrow(() -> notATime(written));
        } else {
            LocalDateTime value = time(literal);
            if (value == null) {
                return null;
            }
            time = value;
        }
        return to == SqlTypeName.DATE
                ? rex.makeDateLiteral(new DateString(time.toLocalDate().toString()))
                : timestamp(time);
    }

    private VarveException notATime(String written) {
        VarveException error = new VarveException(ErrorCode.SQL_INVALID, "'" + written + "' is not a time")
                .withHint("write it like '2021-07-10', '2021-07-10 20:32:43.47' or '2021-07-10T20:32:43Z'");
        Position position = text.positionOfString(written);
        return position == null ? error : error.at(position);
    }

    private RexNode timestamp(LocalDateTime time) {
        return rex.makeTimestampLiteral(new TimestampString(TimeText.sql(time)), 6);
    }

    /** The time that a literal says, or null if it says none. */
    static @Nullable LocalDateTime time(RexLiteral literal) {
        if (literal.isNull()) {
            return null;
        }
        return switch (literal.getType().getSqlTypeName()) {
            case TIMESTAMP ->
                TimeText.parse(String.valueOf(literal.getValueAs(TimestampString.class)))
                        .orElse(null);
            case DATE ->
                TimeText.parse(String.valueOf(literal.getValueAs(DateString.class)))
                        .orElse(null);
            default -> null;
        };
    }

    private @Nullable RexNode shifted(RexCall call, int sign) {
        RelDataType type = call.getType();
        if (type.getSqlTypeName() != SqlTypeName.TIMESTAMP || call.getOperands().size() != 2) {
            return null;
        }
        RexNode left = call.getOperands().get(0);
        RexNode right = call.getOperands().get(1);
        if (sign > 0 && SqlTypeUtil.isInterval(left.getType())) {
            RexNode swap = left;
            left = right;
            right = swap;
        }
        if (!(left instanceof RexLiteral start) || !SqlTypeUtil.isInterval(right.getType())) {
            return null;
        }
        LocalDateTime time = time(start);
        BigDecimal amount = amount(right);
        if (time == null || amount == null) {
            return null;
        }
        long steps = amount.longValue() * sign;
        LocalDateTime moved = isMonths(right) ? time.plusMonths(steps) : time.plus(steps, ChronoUnit.MILLIS);
        return moved.getYear() < 1 || moved.getYear() > 9_999 ? null : timestamp(moved);
    }

    /** Milliseconds or months of an interval, also of a sum of intervals that count the same; null if it is no constant. */
    static @Nullable BigDecimal amount(RexNode interval) {
        if (interval instanceof RexLiteral literal) {
            return literal.getValueAs(BigDecimal.class);
        }
        if (interval.getKind() != SqlKind.PLUS || !(interval instanceof RexCall sum)) {
            return null;
        }
        BigDecimal total = BigDecimal.ZERO;
        for (RexNode part : sum.getOperands()) {
            BigDecimal amount = isMonths(part) == isMonths(interval) ? amount(part) : null;
            if (amount == null) {
                return null;
            }
            total = total.add(amount);
        }
        return total;
    }

    private static boolean isMonths(RexNode interval) {
        return SqlTypeName.YEAR_INTERVAL_TYPES.contains(interval.getType().getSqlTypeName());
    }
}
