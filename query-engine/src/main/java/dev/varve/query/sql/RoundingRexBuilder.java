package dev.varve.query.sql;

import java.math.BigDecimal;
import java.math.RoundingMode;
import org.apache.calcite.rel.type.RelDataType;
import org.apache.calcite.rel.type.RelDataTypeFactory;
import org.apache.calcite.rex.RexBuilder;
import org.apache.calcite.rex.RexLiteral;
import org.apache.calcite.rex.RexNode;
import org.apache.calcite.sql.parser.SqlParserPos;
import org.apache.calcite.sql.type.SqlTypeName;
import org.apache.calcite.sql.type.SqlTypeUtil;

/**
 * Casts constants to whole numbers as columns are cast, which is as PostgreSQL does it: a decimal half goes away from
 * zero, a half of a double to the even number. Calcite would cut them.
 */
final class RoundingRexBuilder extends RexBuilder {
    RoundingRexBuilder(RelDataTypeFactory types) {
        super(types);
    }

    @Override
    public RexNode makeCast(
            SqlParserPos position,
            RelDataType type,
            RexNode expression,
            boolean matchNullability,
            boolean safe,
            RexLiteral format) {
        return super.makeCast(position, type, rounded(expression, type), matchNullability, safe, format);
    }

    private RexNode rounded(RexNode expression, RelDataType to) {
        if (!(expression instanceof RexLiteral literal)
                || !SqlTypeUtil.isIntType(to)
                || !SqlTypeUtil.isNumeric(literal.getType())) {
            return expression;
        }
        BigDecimal value = literal.getValueAs(BigDecimal.class);
        if (value == null || value.stripTrailingZeros().scale() <= 0) {
            return expression;
        }
        boolean exact = literal.getType().getSqlTypeName() == SqlTypeName.DECIMAL;
        return makeExactLiteral(value.setScale(0, exact ? RoundingMode.HALF_UP : RoundingMode.HALF_EVEN));
    }
}
