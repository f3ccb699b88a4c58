package dev.varve.query.sql;

import java.util.List;
import java.util.Set;
import org.apache.calcite.rel.RelNode;
import org.apache.calcite.rel.core.Values;
import org.apache.calcite.rel.logical.LogicalFilter;
import org.apache.calcite.rel.logical.LogicalProject;
import org.apache.calcite.rel.logical.LogicalValues;
import org.apache.calcite.rel.rel2sql.RelToSqlConverter;
import org.apache.calcite.rel.rel2sql.SqlImplementor;
import org.apache.calcite.rex.RexBuilder;
import org.apache.calcite.rex.RexNode;
import org.apache.calcite.sql.SqlIdentifier;
import org.apache.calcite.sql.parser.SqlParserPos;

/** Writes relational expressions and conditions as DuckDB SQL. */
final class RelText {
    private RelText() {}

    static String query(RelNode rel) {
        Converter converter = new Converter();
        return DuckDialect.text(converter.visitRoot(rel).asStatement());
    }

    /** The text of an expression over columns of these names. */
    static String expression(RexNode expression, List<String> columns) {
        SqlImplementor.Context context = new SqlImplementor.SimpleContext(
                DuckDialect.INSTANCE, field -> new SqlIdentifier(columns.get(field), SqlParserPos.ZERO));
        return DuckDialect.text(context.toSql(null, expression));
    }

    /** Names every column, also those that the query did not. */
    private static final class Converter extends RelToSqlConverter {
        Converter() {
            super(DuckDialect.INSTANCE);
        }

        @Override
        protected boolean isAnon() {
            return false;
        }

        @Override
        protected Result dispatch(RelNode rel) {
            return super.dispatch(
                    rel instanceof Values values && values.getTuples().isEmpty() ? typed(values) : rel);
        }

        /** A relation that is known to be empty keeps its types, which functions above it are chosen by. */
        private static RelNode typed(Values empty) {
            RexBuilder expressions = empty.getCluster().getRexBuilder();
            List<RexNode> nulls = empty.getRowType().getFieldList().stream()
                    .<RexNode>map(field -> expressions.makeNullLiteral(field.getType()))
                    .toList();
            RelNode row = LogicalProject.create(
                    LogicalValues.createOneRow(empty.getCluster()),
                    List.of(),
                    nulls,
                    empty.getRowType().getFieldNames(),
                    Set.of());
            return LogicalFilter.create(row, expressions.makeLiteral(false));
        }
    }
}
