package dev.varve.query.sql;

import dev.varve.catalog.Dataset;
import dev.varve.model.Column;
import dev.varve.model.Schema;
import java.util.List;
import java.util.function.Predicate;
import org.apache.calcite.plan.RelOptTable;
import org.apache.calcite.rel.RelNode;
import org.apache.calcite.rel.logical.LogicalFilter;
import org.apache.calcite.rel.logical.LogicalTableScan;
import org.apache.calcite.rel.type.RelDataType;
import org.apache.calcite.rel.type.RelDataTypeFactory;
import org.apache.calcite.rex.RexBuilder;
import org.apache.calcite.schema.TranslatableTable;
import org.apache.calcite.schema.impl.AbstractTable;
import org.apache.calcite.sql.fun.SqlStdOperatorTable;

/**
 * A dataset as a table of SQL; system columns, and rows that are marked as deleted, are there only when the query names
 * the column.
 */
final class DatasetTable extends AbstractTable implements TranslatableTable {
    private final Dataset dataset;
    private final List<Column> columns;
    private final boolean hidesDeleted;

    DatasetTable(Dataset dataset, Predicate<String> named) {
        this.dataset = dataset;
        this.columns = dataset.schema().all().stream()
                .filter(column -> !Schema.SYSTEM.contains(column) || named.test(column.name()))
                .toList();
        this.hidesDeleted =
                dataset.schema().isKeyed() && columns.contains(Schema.DELETED) && !named.test(Schema.DELETED.name());
    }

    @Override
    public RelNode toRel(RelOptTable.ToRelContext context, RelOptTable table) {
        RelNode scan = LogicalTableScan.create(context.getCluster(), table, context.getTableHints());
        if (!hidesDeleted) {
            return scan;
        }
        RexBuilder rex = context.getCluster().getRexBuilder();
        return LogicalFilter.create(
                scan,
                rex.makeCall(SqlStdOperatorTable.IS_NOT_TRUE, rex.makeInputRef(scan, columns.indexOf(Schema.DELETED))));
    }

    Dataset dataset() {
        return dataset;
    }

    List<Column> columns() {
        return columns;
    }

    @Override
    public RelDataType getRowType(RelDataTypeFactory factory) {
        RelDataTypeFactory.Builder row = factory.builder();
        for (Column column : columns) {
            boolean always = column.equals(Schema.TIME) || Schema.SYSTEM.contains(column);
            row.add(column.name(), SqlTypes.of(column, factory, !always));
        }
        return row.build();
    }
}
