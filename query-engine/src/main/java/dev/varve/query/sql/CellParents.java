package dev.varve.query.sql;

import dev.varve.model.Schema;
import java.math.BigDecimal;
import java.util.List;
import org.apache.calcite.rel.type.RelDataType;
import org.apache.calcite.rex.RexBuilder;
import org.apache.calcite.rex.RexCall;
import org.apache.calcite.rex.RexInputRef;
import org.apache.calcite.rex.RexLiteral;
import org.apache.calcite.rex.RexNode;
import org.apache.calcite.rex.RexShuttle;

/**
 * Turns {@code h3_cell_to_parent(cell, r)} above a scan into two operations on bits.
 *
 * <p>The function has to look at the resolution of each cell, for there is no parent finer than its cell. In the column
 * {@code cell} every cell has the dataset's resolution, so that one look at the plan is enough.
 */
final class CellParents extends RexShuttle {
    private static final int FINEST = 15;
    private static final int BITS_OF_RESOLUTION = 52;

    private final RexBuilder rex;
    private final int cellColumn;
    private final int cellResolution;

    CellParents(RexBuilder rex, DatasetTable dataset) {
        this.rex = rex;
        this.cellColumn = dataset.columns().indexOf(Schema.CELL);
        this.cellResolution = dataset.dataset().schema().h3Resolution();
    }

    @Override
    public RexNode visitCall(RexCall call) {
        if (!call.getOperator().getName().equals("h3_cell_to_parent")
                || !(call.getOperands().get(0) instanceof RexInputRef column)
                || column.getIndex() != cellColumn
                || !(call.getOperands().get(1) instanceof RexLiteral literal)) {
            return super.visitCall(call);
        }
        Integer resolution = literal.getValueAs(Integer.class);
        if (resolution == null || resolution < 0 || resolution > cellResolution) {
            return super.visitCall(call);
        }
        long kept = ~((long) FINEST << BITS_OF_RESOLUTION);
        long set = ((long) resolution << BITS_OF_RESOLUTION) | ((1L << (3 * (FINEST - resolution))) - 1);
        return rex.makeCall(
                call.getType(),
                Functions.MASKED,
                List.of(column, number(kept, call.getType()), number(set, call.getType())));
    }

    private RexNode number(long value, RelDataType type) {
        return rex.makeExactLiteral(
                BigDecimal.valueOf(value), rex.getTypeFactory().createTypeWithNullability(type, false));
    }
}
