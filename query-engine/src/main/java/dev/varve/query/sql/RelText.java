package dev.varve.query.sql;

import java.util.List;
import org.apache.calcite.rel.RelNode;
import org.apache.calcite.rel.rel2sql.RelToSqlConverter;
import org.apache.calcite.rel.rel2sql.SqlImplementor;
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
    }
}
