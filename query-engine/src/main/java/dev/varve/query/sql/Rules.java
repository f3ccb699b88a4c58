package dev.varve.query.sql;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.calcite.plan.RelOptRule;
import org.apache.calcite.plan.hep.HepMatchOrder;
import org.apache.calcite.plan.hep.HepPlanner;
import org.apache.calcite.plan.hep.HepProgramBuilder;
import org.apache.calcite.rel.RelHomogeneousShuttle;
import org.apache.calcite.rel.RelNode;
import org.apache.calcite.rel.rules.CoreRules;
import org.apache.calcite.rel.type.RelDataType;
import org.apache.calcite.rex.RexNode;
import org.apache.calcite.rex.RexShuttle;
import org.apache.calcite.rex.RexSubQuery;
import org.apache.calcite.sql2rel.RelDecorrelator;
import org.apache.calcite.sql2rel.RelFieldTrimmer;
import org.apache.calcite.tools.RelBuilder;
import org.apache.calcite.tools.RelBuilderFactory;

/** Brings conditions down to the scans and columns that nobody needs out of them. Every rule has a name and a switch. */
final class Rules {
    static final String TRIM_COLUMNS = "trim-columns";
    static final String PARTIAL_AGGREGATE = "partial-aggregate";
    /** Each leaf runs as one part, so that its partial aggregates are whole and need no merging. */
    static final String ONE_PART = "one-part-leaves";

    static final String CELL_RANGES = "cell-ranges";
    static final String PRUNE_BY_TIME = "prune-by-time";
    static final String PRUNE_BY_CELL = "prune-by-cell";
    static final String PRUNE_BY_COLUMN = "prune-by-column";
    static final String TRANSITIVE = "filter-across-join-keys";

    private static final Map<String, List<RelOptRule>> FILTERS = new LinkedHashMap<>();

    static {
        FILTERS.put("filter-into-join", List.of(CoreRules.FILTER_INTO_JOIN, CoreRules.JOIN_CONDITION_PUSH));
        FILTERS.put("filter-through-project", List.of(CoreRules.FILTER_PROJECT_TRANSPOSE));
        FILTERS.put("filter-through-aggregate", List.of(CoreRules.FILTER_AGGREGATE_TRANSPOSE));
        FILTERS.put("filter-through-set-operation", List.of(CoreRules.FILTER_SET_OP_TRANSPOSE));
        FILTERS.put("filter-into-correlate", List.of(CoreRules.FILTER_CORRELATE));
        FILTERS.put("merge-filters", List.of(CoreRules.FILTER_MERGE));
        FILTERS.put("merge-projects", List.of(CoreRules.PROJECT_MERGE, CoreRules.PROJECT_REMOVE));
    }

    private final Set<String> off;
    private final RelBuilderFactory builders;

    Rules(Set<String> off, RelBuilderFactory builders) {
        this.off = off;
        this.builders = builders;
    }

    static List<String> names() {
        List<String> names = new ArrayList<>(FILTERS.keySet());
        names.addAll(List.of(
                TRANSITIVE,
                TRIM_COLUMNS,
                PARTIAL_AGGREGATE,
                ONE_PART,
                CELL_RANGES,
                PRUNE_BY_TIME,
                PRUNE_BY_CELL,
                PRUNE_BY_COLUMN));
        return names;
    }

    boolean isOn(String name) {
        return !off.contains(name);
    }

    RelNode optimized(RelNode root) {
        RelNode plan = root;
        if (hasCorrelation(root)) {
            plan = run(
                    plan,
                    List.of(
                            CoreRules.FILTER_SUB_QUERY_TO_CORRELATE,
                            CoreRules.PROJECT_SUB_QUERY_TO_CORRELATE,
                            CoreRules.JOIN_SUB_QUERY_TO_CORRELATE));
            plan = RelDecorrelator.decorrelateQuery(plan, builders.create(plan.getCluster(), null));
        }
        return pushed(plan);
    }

    private RelNode pushed(RelNode root) {
        List<RelOptRule> rules = new ArrayList<>();
        FILTERS.forEach((name, some) -> {
            if (isOn(name)) {
                rules.addAll(some);
            }
        });
        RelNode plan = run(root, rules);
        if (isOn(TRANSITIVE) && Joins.in(plan)) {
            plan = run(run(plan, List.of(CoreRules.JOIN_PUSH_TRANSITIVE_PREDICATES)), rules);
        }
        if (isOn(TRIM_COLUMNS)) {
            RelBuilder builder = builders.create(plan.getCluster(), null);
            plan = run(new RelFieldTrimmer(null, builder).trim(plan), rules);
        }
        return withSubQueries(plan);
    }

    private RelNode run(RelNode plan, List<RelOptRule> rules) {
        HepPlanner planner = new HepPlanner(new HepProgramBuilder()
                .addMatchOrder(HepMatchOrder.TOP_DOWN)
                .addMatchLimit(10_000)
                .addRuleCollection(rules)
                .build());
        planner.setRoot(plan);
        return planner.findBestExp();
    }

    private RelNode withSubQueries(RelNode plan) {
        return plan.accept(new RelHomogeneousShuttle() {
            @Override
            public RelNode visit(RelNode other) {
                return super.visit(other).accept(new RexShuttle() {
                    @Override
                    public RexNode visitSubQuery(RexSubQuery subQuery) {
                        RelNode inner = pushed(subQuery.rel);
                        return sameTypes(inner.getRowType(), subQuery.rel.getRowType())
                                ? subQuery.clone(inner)
                                : subQuery;
                    }
                });
            }
        });
    }

    private static boolean sameTypes(RelDataType a, RelDataType b) {
        return a.getFieldCount() == b.getFieldCount();
    }

    private static boolean hasCorrelation(RelNode root) {
        boolean[] found = {false};
        root.accept(new RelHomogeneousShuttle() {
            @Override
            public RelNode visit(RelNode other) {
                if (!other.getVariablesSet().isEmpty()) {
                    found[0] = true;
                }
                return super.visit(other);
            }
        });
        return found[0];
    }

    /** Whether a plan joins anything. */
    private static final class Joins extends RelHomogeneousShuttle {
        private boolean found;

        static boolean in(RelNode plan) {
            Joins joins = new Joins();
            plan.accept(joins);
            return joins.found;
        }

        @Override
        public RelNode visit(RelNode other) {
            found |= other instanceof org.apache.calcite.rel.core.Join;
            return super.visit(other);
        }
    }
}
