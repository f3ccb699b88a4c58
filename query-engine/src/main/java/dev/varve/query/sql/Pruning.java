package dev.varve.query.sql;

import dev.varve.model.Column;
import dev.varve.model.Schema;
import dev.varve.query.plan.LeafScan;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.apache.calcite.plan.RelOptUtil;
import org.apache.calcite.rex.RexBuilder;
import org.apache.calcite.rex.RexNode;
import org.apache.calcite.rex.RexUtil;
import org.apache.calcite.util.ImmutableBitSet;
import org.jspecify.annotations.Nullable;

/** Makes leaves: the text of a scan's condition, and what follows from it for files and cells. */
final class Pruning {
    private final RexBuilder rex;
    private final Rules rules;
    private final Regions regions;

    Pruning(RexBuilder rex, Rules rules, Regions regions) {
        this.rex = rex;
        this.rules = rules;
        this.regions = regions;
    }

    LeafScan leaf(
            String name, DatasetTable table, List<RexNode> conditions, List<String> columns, @Nullable String reduce) {
        List<String> names = table.columns().stream().map(Column::name).toList();
        Schema schema = table.dataset().schema();
        Set<String> keys = new HashSet<>(schema.key());
        keys.add(Schema.TIME.name());
        List<RexNode> keyed = new ArrayList<>();
        ImmutableBitSet used = ImmutableBitSet.of();
        for (RexNode condition : conditions) {
            ImmutableBitSet fields = RelOptUtil.InputFinder.bits(condition);
            used = used.union(fields);
            if (schema.isKeyed() && fields.toList().stream().allMatch(field -> keys.contains(names.get(field)))) {
                keyed.add(condition);
            }
        }
        Conditions found = new Conditions.Reader(rex, table, regions, rules).read(conditions);
        String filter = text(conditions, names);
        String cells = found.cellText();
        if (cells != null) {
            used = used.set(names.indexOf(Schema.CELL.name()));
            filter = cells + " AND " + filter;
        }
        return new LeafScan(
                name,
                table.dataset(),
                columns,
                used.toList().stream().map(names::get).toList(),
                found.predicate(),
                text(keyed, names),
                filter,
                reduce);
    }

    private @Nullable String text(List<RexNode> conditions, List<String> names) {
        if (conditions.isEmpty()) {
            return null;
        }
        RexNode all = RexUtil.composeConjunction(rex, conditions);
        return RelText.expression(regions.spelledOut(all), names);
    }
}
