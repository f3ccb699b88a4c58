package dev.varve.query.sql;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Function;
import org.apache.calcite.rel.RelCollations;
import org.apache.calcite.rel.RelNode;
import org.apache.calcite.rel.core.Aggregate;
import org.apache.calcite.rel.core.AggregateCall;
import org.apache.calcite.rel.logical.LogicalAggregate;
import org.apache.calcite.rel.logical.LogicalProject;
import org.apache.calcite.rel.type.RelDataType;
import org.apache.calcite.rel.type.RelDataTypeFactory;
import org.apache.calcite.rex.RexBuilder;
import org.apache.calcite.rex.RexNode;
import org.apache.calcite.sql.SqlAggFunction;
import org.apache.calcite.sql.SqlKind;
import org.apache.calcite.sql.fun.SqlStdOperatorTable;
import org.apache.calcite.sql.type.SqlTypeName;
import org.apache.calcite.util.ImmutableBitSet;
import org.jspecify.annotations.Nullable;

/**
 * An aggregate in two steps: partial results per leaf, and one that merges them.
 *
 * <p>Counts and sums are added, minima and maxima taken again, a mean travels as sum and count. Distinct counts of one
 * argument make that argument a group key of the first step.
 */
final class SplitAggregate {
    private final Aggregate whole;
    /** The argument of the distinct counts, or -1. */
    private final int distinct;

    private SplitAggregate(Aggregate whole, int distinct) {
        this.whole = whole;
        this.distinct = distinct;
    }

    /** Null if some function cannot be merged. */
    static @Nullable SplitAggregate of(Aggregate aggregate) {
        if (aggregate.getGroupType() != Aggregate.Group.SIMPLE) {
            return null;
        }
        int distinct = -1;
        for (AggregateCall call : aggregate.getAggCallList()) {
            if (!call.rexList.isEmpty()
                    || call.ignoreNulls()
                    || !call.getCollation().equals(RelCollations.EMPTY)) {
                return null;
            }
            if (call.isDistinct() && !isIndifferent(call)) {
                boolean same = distinct < 0 || call.getArgList().equals(List.of(distinct));
                if (call.getAggregation().getKind() != SqlKind.COUNT
                        || call.getArgList().size() != 1
                        || call.filterArg >= 0
                        || !same) {
                    return null;
                }
                distinct = call.getArgList().getFirst();
            } else if (!isMergeable(call)) {
                return null;
            }
        }
        return new SplitAggregate(aggregate, distinct);
    }

    private static boolean isIndifferent(AggregateCall call) {
        return switch (call.getAggregation().getKind()) {
            case MIN, MAX, ANY_VALUE -> true;
            default -> isLogical(call);
        };
    }

    private static boolean isMergeable(AggregateCall call) {
        return switch (call.getAggregation().getKind()) {
            case COUNT, SUM, SUM0, MIN, MAX, AVG, ANY_VALUE -> true;
            default -> isLogical(call);
        };
    }

    private static boolean isLogical(AggregateCall call) {
        String name = call.getAggregation().getName().toLowerCase(Locale.ROOT);
        return name.equals("bool_and") || name.equals("bool_or");
    }

    /** The fields that the calls read. */
    ImmutableBitSet arguments() {
        ImmutableBitSet.Builder all = ImmutableBitSet.builder();
        for (AggregateCall call : whole.getAggCallList()) {
            all.addAll(call.getArgList());
            if (call.filterArg >= 0) {
                all.set(call.filterArg);
            }
        }
        return all.build();
    }

    private boolean isDistinctCount(AggregateCall call) {
        return call.isDistinct() && !isIndifferent(call);
    }

    private ImmutableBitSet leafKeys() {
        return distinct < 0 ? whole.getGroupSet() : whole.getGroupSet().set(distinct);
    }

    /** The first step over rows with the fields of the aggregate's input. */
    RelNode leaf(RelNode rows) {
        ImmutableBitSet keys = leafKeys();
        List<AggregateCall> calls = new ArrayList<>();
        for (AggregateCall call : whole.getAggCallList()) {
            if (isDistinctCount(call)) {
                continue;
            }
            List<SqlAggFunction> functions = call.getAggregation().getKind() == SqlKind.AVG
                    ? List.of(SqlStdOperatorTable.SUM, SqlStdOperatorTable.COUNT)
                    : List.of(call.getAggregation());
            for (SqlAggFunction function : functions) {
                calls.add(call(rows, keys, function, false, call.getArgList(), call.filterArg, "p" + calls.size()));
            }
        }
        return LogicalAggregate.create(rows, List.of(), keys, null, calls);
    }

    private static AggregateCall call(
            RelNode input,
            ImmutableBitSet keys,
            SqlAggFunction function,
            boolean distinct,
            List<Integer> arguments,
            int filter,
            String name) {
        return AggregateCall.create(
                function,
                distinct,
                false,
                false,
                List.of(),
                arguments,
                filter,
                null,
                RelCollations.EMPTY,
                keys.isEmpty(),
                input,
                null,
                name);
    }

    /** The second step over the partial results of many parts; its type is that of the whole aggregate. */
    RelNode ofParts(RelNode leaf) {
        return result(leaf, true);
    }

    /** The same where one part computed all partial results: each group is there once, and only distinct counts merge. */
    RelNode ofOnePart(RelNode leaf) {
        return result(leaf, distinct >= 0);
    }

    private RelNode result(RelNode leaf, boolean merges) {
        RexBuilder rex = leaf.getCluster().getRexBuilder();
        RelDataTypeFactory types = leaf.getCluster().getTypeFactory();
        RelDataType number = types.createTypeWithNullability(types.createSqlType(SqlTypeName.DOUBLE), true);
        ImmutableBitSet leafKeys = leafKeys();
        ImmutableBitSet.Builder finalKeys = ImmutableBitSet.builder();
        whole.getGroupSet().forEach(key -> finalKeys.set(leafKeys.indexOf(key)));
        ImmutableBitSet keys = finalKeys.build();
        List<AggregateCall> calls = new ArrayList<>();
        List<Function<RelNode, RexNode>> results = new ArrayList<>();
        int next = leafKeys.cardinality();
        for (AggregateCall call : whole.getAggCallList()) {
            int at = keys.cardinality() + calls.size();
            String name = "m" + calls.size();
            if (isDistinctCount(call)) {
                List<Integer> counted = List.of(leafKeys.indexOf(distinct));
                calls.add(call(leaf, keys, SqlStdOperatorTable.COUNT, true, counted, -1, name));
                results.add(merged -> rex.makeInputRef(merged, at));
            } else if (call.getAggregation().getKind() == SqlKind.AVG) {
                calls.add(call(leaf, keys, SqlStdOperatorTable.SUM, false, List.of(next++), -1, name));
                calls.add(call(leaf, keys, SqlStdOperatorTable.SUM, false, List.of(next++), -1, name + "n"));
                results.add(merged -> rex.makeCall(
                        number,
                        SqlStdOperatorTable.DIVIDE,
                        List.of(
                                rex.makeAbstractCast(number, rex.makeInputRef(merged, at), false),
                                rex.makeInputRef(merged, at + 1))));
            } else {
                SqlAggFunction function = switch (call.getAggregation().getKind()) {
                    case COUNT, SUM0 -> SqlStdOperatorTable.SUM0;
                    default -> call.getAggregation();
                };
                calls.add(call(leaf, keys, function, false, List.of(next++), -1, name));
                results.add(merged -> rex.makeInputRef(merged, at));
            }
        }
        // Without merging the leaf's fields stand where the merged ones would: keys, then one for each call.
        RelNode merged = merges ? LogicalAggregate.create(leaf, List.of(), keys, null, calls) : leaf;
        // The keys of an aggregate come in ascending order of their fields, which the leaf's keys also do.
        List<RexNode> fields = new ArrayList<>();
        for (int i = 0; i < keys.cardinality(); i++) {
            fields.add(rex.makeInputRef(merged, i));
        }
        results.forEach(result -> fields.add(result.apply(merged)));
        List<RexNode> typed = new ArrayList<>();
        for (int i = 0; i < fields.size(); i++) {
            RelDataType wanted = whole.getRowType().getFieldList().get(i).getType();
            RexNode field = fields.get(i);
            typed.add(field.getType().equals(wanted) ? field : rex.makeAbstractCast(wanted, field, false));
        }
        return LogicalProject.create(
                merged, List.of(), typed, whole.getRowType().getFieldNames(), Set.of());
    }
}
