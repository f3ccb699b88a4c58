package dev.varve.query.sql;

import dev.varve.model.Column;
import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import dev.varve.query.plan.LeafScan;
import java.util.ArrayList;
import java.util.List;
import org.apache.calcite.plan.RelOptCluster;
import org.apache.calcite.plan.RelOptTable;
import org.apache.calcite.plan.RelOptUtil;
import org.apache.calcite.prepare.RelOptTableImpl;
import org.apache.calcite.rel.RelNode;
import org.apache.calcite.rel.core.Aggregate;
import org.apache.calcite.rel.core.Filter;
import org.apache.calcite.rel.core.Match;
import org.apache.calcite.rel.core.Project;
import org.apache.calcite.rel.core.Sample;
import org.apache.calcite.rel.core.TableFunctionScan;
import org.apache.calcite.rel.core.TableScan;
import org.apache.calcite.rel.logical.LogicalFilter;
import org.apache.calcite.rel.logical.LogicalProject;
import org.apache.calcite.rel.logical.LogicalTableScan;
import org.apache.calcite.rel.type.RelDataType;
import org.apache.calcite.rel.type.RelDataTypeFactory;
import org.apache.calcite.rel.type.RelDataTypeField;
import org.apache.calcite.rex.RexFieldAccess;
import org.apache.calcite.rex.RexInputRef;
import org.apache.calcite.rex.RexNode;
import org.apache.calcite.rex.RexOver;
import org.apache.calcite.rex.RexShuttle;
import org.apache.calcite.rex.RexSubQuery;
import org.apache.calcite.rex.RexUtil;
import org.apache.calcite.rex.RexVisitorImpl;
import org.apache.calcite.util.ImmutableBitSet;
import org.jspecify.annotations.Nullable;

/**
 * Cuts scans, with their conditions and, where it can be split, the aggregate above them, off a plan.
 *
 * <p>What is left reads the relations {@code leaf_0}, {@code leaf_1}, …
 */
final class LeafCutter {
    private final Rules rules;
    private final Pruning pruning;
    private final Regions regions;
    private final List<LeafScan> leaves = new ArrayList<>();

    LeafCutter(Rules rules, Pruning pruning, Regions regions) {
        this.rules = rules;
        this.pruning = pruning;
        this.regions = regions;
    }

    List<LeafScan> leaves() {
        return leaves;
    }

    /** A dataset's scan and the condition right above it. */
    private record Scan(TableScan table, DatasetTable dataset, List<RexNode> pushed, List<RexNode> kept) {}

    private static @Nullable Scan scan(RelNode node) {
        if (node instanceof TableScan table) {
            DatasetTable dataset = table.getTable().unwrap(DatasetTable.class);
            return dataset == null ? null : new Scan(table, dataset, List.of(), List.of());
        }
        if (node instanceof Filter filter
                && filter.getVariablesSet().isEmpty()
                && filter.getInput() instanceof TableScan table) {
            DatasetTable dataset = table.getTable().unwrap(DatasetTable.class);
            if (dataset == null) {
                return null;
            }
            List<RexNode> pushed = new ArrayList<>();
            List<RexNode> kept = new ArrayList<>();
            for (RexNode part : RelOptUtil.conjunctions(filter.getCondition())) {
                (standsAlone(part) ? pushed : kept).add(part);
            }
            return new Scan(table, dataset, pushed, kept);
        }
        return null;
    }

    /** Whether an expression needs nothing but the row. */
    static boolean standsAlone(RexNode expression) {
        boolean[] alone = {true};
        expression.accept(new RexVisitorImpl<Void>(true) {
            @Override
            public Void visitSubQuery(RexSubQuery subQuery) {
                alone[0] = false;
                return null;
            }

            @Override
            public Void visitFieldAccess(RexFieldAccess access) {
                alone[0] = false;
                return null;
            }

            @Override
            public Void visitOver(RexOver over) {
                alone[0] = false;
                return null;
            }
        });
        return alone[0];
    }

    RelNode cut(RelNode node) {
        if (node instanceof Aggregate aggregate && rules.isOn(Rules.PARTIAL_AGGREGATE)) {
            RelNode split = partial(aggregate);
            if (split != null) {
                return split;
            }
        }
        Scan below = node instanceof Project project ? scan(project.getInput()) : null;
        if (node instanceof Project project && below != null) {
            return project(project, below);
        }
        Scan scan = scan(node);
        if (scan != null) {
            return rows(scan, ImmutableBitSet.range(node.getRowType().getFieldCount()));
        }
        if (node instanceof Sample || node instanceof Match || node instanceof TableFunctionScan) {
            throw new VarveException(
                    ErrorCode.SQL_UNSUPPORTED,
                    switch (node) {
                        case Sample sample -> "TABLESAMPLE is not available";
                        case Match match -> "MATCH_RECOGNIZE is not available";
                        default -> "table functions are not available";
                    });
        }
        List<RelNode> inputs = new ArrayList<>();
        for (RelNode input : node.getInputs()) {
            inputs.add(cut(input));
        }
        RelNode copy = inputs.isEmpty() ? node : node.copy(node.getTraitSet(), inputs);
        return copy.accept(subQueries());
    }

    private RexShuttle subQueries() {
        return new RexShuttle() {
            @Override
            public RexNode visitSubQuery(RexSubQuery subQuery) {
                RexSubQuery operands = (RexSubQuery) super.visitSubQuery(subQuery);
                return operands.clone(cut(subQuery.rel));
            }
        };
    }

    private RelNode project(Project project, Scan scan) {
        ImmutableBitSet needed = project.getVariablesSet().isEmpty()
                ? RelOptUtil.InputFinder.bits(project.getProjects(), null)
                : ImmutableBitSet.range(scan.table().getRowType().getFieldCount());
        for (RexNode part : scan.kept()) {
            needed = needed.union(RelOptUtil.InputFinder.bits(part));
        }
        RelNode rows = rows(scan, needed);
        List<RexNode> expressions = new Renumbering(needed).visitList(expressions(project, scan));
        LogicalProject copy = LogicalProject.create(
                rows, project.getHints(), expressions, project.getRowType().getFieldNames(), project.getVariablesSet());
        return copy.accept(subQueries());
    }

    private static List<RexNode> expressions(Project project, Scan scan) {
        return new CellParents(project.getCluster().getRexBuilder(), scan.dataset()).visitList(project.getProjects());
    }

    /** The relation of a new leaf with these columns, and above it the parts of the condition that stay behind. */
    private RelNode rows(Scan scan, ImmutableBitSet columns) {
        RelNode leaf = leaf(scan, columns, null, null);
        if (scan.kept().isEmpty()) {
            return leaf;
        }
        List<RexNode> kept = new Renumbering(columns).visitList(scan.kept());
        return LogicalFilter.create(
                        leaf, RexUtil.composeConjunction(leaf.getCluster().getRexBuilder(), kept))
                .accept(subQueries());
    }

    /** Notes a leaf and returns its relation; {@code reduced} is its type if {@code reduce} changes it. */
    private RelNode leaf(Scan scan, ImmutableBitSet columns, @Nullable String reduce, @Nullable RelDataType reduced) {
        RelOptCluster cluster = scan.table().getCluster();
        List<Column> all = scan.dataset().columns();
        List<String> names =
                columns.toList().stream().map(i -> all.get(i).name()).toList();
        LeafScan leaf = pruning.leaf("leaf_" + leaves.size(), scan.dataset(), scan.pushed(), names, reduce);
        leaves.add(leaf);
        RelDataType type = reduced == null ? rowType(scan, columns) : reduced;
        return relation(cluster, leaf.name(), type);
    }

    private static RelDataType rowType(Scan scan, ImmutableBitSet columns) {
        RelDataTypeFactory.Builder row =
                scan.table().getCluster().getTypeFactory().builder();
        List<RelDataTypeField> fields = scan.table().getRowType().getFieldList();
        columns.forEach(i -> row.add(fields.get(i)));
        return row.build();
    }

    private static RelNode relation(RelOptCluster cluster, String name, RelDataType type) {
        RelOptTable table =
                RelOptTableImpl.create(null, type, List.of(name), (org.apache.calcite.linq4j.tree.Expression) null);
        return LogicalTableScan.create(cluster, table, List.of());
    }

    /** Splits an aggregate right above a scan into one for the leaf and one that merges; null if it cannot be split. */
    private @Nullable RelNode partial(Aggregate aggregate) {
        RelNode input = aggregate.getInput();
        Project project = input instanceof Project above ? above : null;
        Scan scan = scan(project == null ? input : project.getInput());
        if (scan == null
                || !scan.kept().isEmpty()
                || (project != null && !project.getProjects().stream().allMatch(LeafCutter::standsAlone))) {
            return null;
        }
        SplitAggregate split = SplitAggregate.of(aggregate);
        if (split == null) {
            return null;
        }
        ImmutableBitSet needed = project == null
                ? aggregate.getGroupSet().union(split.arguments())
                : RelOptUtil.InputFinder.bits(project.getProjects(), null);
        RelNode rows = relation(aggregate.getCluster(), "rows_" + leaves.size(), rowType(scan, needed));
        RelNode below;
        if (project == null) {
            // Keep the fields' numbers: unused ones become nulls that nobody reads.
            List<RexNode> fields = new ArrayList<>();
            for (RelDataTypeField field : input.getRowType().getFieldList()) {
                int at = needed.indexOf(field.getIndex());
                fields.add(
                        at < 0
                                ? aggregate.getCluster().getRexBuilder().makeNullLiteral(field.getType())
                                : new RexInputRef(at, field.getType()));
            }
            below = LogicalProject.create(
                    rows, List.of(), fields, input.getRowType().getFieldNames(), java.util.Set.of());
        } else {
            below = LogicalProject.create(
                    rows,
                    project.getHints(),
                    new Renumbering(needed).visitList(expressions(project, scan)),
                    project.getRowType().getFieldNames(),
                    java.util.Set.of());
        }
        RelNode leafAggregate = split.leaf(below);
        RelNode leaf = leaf(scan, needed, RelText.query(regions.spelledOut(leafAggregate)), leafAggregate.getRowType());
        return rules.isOn(Rules.ONE_PART) ? split.ofOnePart(leaf) : split.ofParts(leaf);
    }

    /** Turns references to a row's fields into references to a selection of them. */
    private static final class Renumbering extends RexShuttle {
        private final ImmutableBitSet selection;

        Renumbering(ImmutableBitSet selection) {
            this.selection = selection;
        }

        @Override
        public RexNode visitInputRef(RexInputRef reference) {
            return new RexInputRef(selection.indexOf(reference.getIndex()), reference.getType());
        }
    }
}
