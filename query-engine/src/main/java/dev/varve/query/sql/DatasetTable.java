package dev.varve.query.sql;

import dev.varve.catalog.Dataset;
import dev.varve.model.Column;
import dev.varve.model.Schema;
import java.util.List;
import java.util.function.Predicate;
import org.apache.calcite.rel.type.RelDataType;
import org.apache.calcite.rel.type.RelDataTypeFactory;
import org.apache.calcite.schema.impl.AbstractTable;

/** A dataset as a table of SQL; system columns are there only when the query names them. */
final class DatasetTable extends AbstractTable {
    private final Dataset dataset;
    private final List<Column> columns;

    DatasetTable(Dataset dataset, Predicate<String> named) {
        this.dataset = dataset;
        this.columns = dataset.schema().all().stream()
                .filter(column -> !Schema.SYSTEM.contains(column) || named.test(column.name()))
                .toList();
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
