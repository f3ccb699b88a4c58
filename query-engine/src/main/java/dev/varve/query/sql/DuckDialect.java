package dev.varve.query.sql;

import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.apache.calcite.config.NullCollation;
import org.apache.calcite.rel.type.RelDataType;
import org.apache.calcite.sql.SqlAlienSystemTypeNameSpec;
import org.apache.calcite.sql.SqlBinaryOperator;
import org.apache.calcite.sql.SqlCall;
import org.apache.calcite.sql.SqlDataTypeSpec;
import org.apache.calcite.sql.SqlKind;
import org.apache.calcite.sql.SqlNode;
import org.apache.calcite.sql.SqlNodeList;
import org.apache.calcite.sql.SqlWriter;
import org.apache.calcite.sql.dialect.DuckDBSqlDialect;
import org.apache.calcite.sql.parser.SqlParserPos;
import org.apache.calcite.sql.type.InferTypes;
import org.apache.calcite.sql.type.OperandTypes;
import org.apache.calcite.sql.type.ReturnTypes;
import org.apache.calcite.sql.type.SqlTypeName;
import org.jspecify.annotations.Nullable;

/** Writes SQL as DuckDB reads it, where Calcite's own dialect for it does not. */
final class DuckDialect extends DuckDBSqlDialect {
    static final DuckDialect INSTANCE = new DuckDialect();

    /** Division of whole numbers to whole numbers; plain {@code /} always makes a double. */
    static final SqlBinaryOperator INTEGER_DIVIDE = new SqlBinaryOperator(
            "//",
            SqlKind.OTHER,
            60,
            true,
            ReturnTypes.LEAST_RESTRICTIVE,
            InferTypes.FIRST_KNOWN,
            OperandTypes.DIVISION_OPERATOR);

    private static final Set<String> STANDARD_WITHIN_GROUP = Set.of("PERCENTILE_CONT", "PERCENTILE_DISC");

    private DuckDialect() {
        super(DuckDBSqlDialect.DEFAULT_CONTEXT
                .withNullCollation(NullCollation.LAST)
                .withDataTypeSystem(SqlTypes.SYSTEM));
    }

    /** The text of a query or an expression. */
    static String text(SqlNode node) {
        return node.toSqlString(config -> config.withDialect(INSTANCE)
                        .withAlwaysUseParentheses(true)
                        .withSelectListItemsOnSeparateLines(false)
                        .withUpdateSetListNewline(false)
                        .withClauseStartsLine(false)
                        .withIndentation(0))
                .getSql();
    }

    static String quoted(String name) {
        return '"' + name.replace("\"", "\"\"") + '"';
    }

    @Override
    public boolean supportsCharSet() {
        return false;
    }

    @Override
    public boolean supportsAliasedValues() {
        return true;
    }

    @Override
    public boolean supportsTimestampPrecision() {
        return false;
    }

    @Override
    public boolean supportsNestedAggregations() {
        return false;
    }

    @Override
    public void quoteStringLiteral(StringBuilder buf, @Nullable String charsetName, String val) {
        // A text for the parser ends where a NUL is.
        String quoted = "'" + val.replace("'", "''").replace("\0", "' || chr(0) || '") + "'";
        buf.append(val.indexOf('\0') < 0 ? quoted : "(" + quoted + ")");
    }

    @Override
    public void unparseOffsetFetch(SqlWriter writer, @Nullable SqlNode offset, @Nullable SqlNode fetch) {
        unparseFetchUsingLimit(writer, offset, fetch);
    }

    /** The name of a type in DuckDB. */
    static String typeName(RelDataType type) {
        return switch (type.getSqlTypeName()) {
            case BOOLEAN -> "BOOLEAN";
            case TINYINT, SMALLINT, INTEGER -> "INTEGER";
            case BIGINT -> "BIGINT";
            case REAL -> "FLOAT";
            case FLOAT, DOUBLE -> "DOUBLE";
            case DECIMAL -> "DECIMAL(" + type.getPrecision() + ", " + Math.max(0, type.getScale()) + ")";
            case TIMESTAMP, TIMESTAMP_WITH_LOCAL_TIME_ZONE, TIMESTAMP_TZ -> "TIMESTAMP";
            case DATE -> "DATE";
            case TIME -> "TIME";
            case BINARY, VARBINARY -> "BLOB";
            case ARRAY -> typeName(SqlTypes.element(type)) + "[]";
            default -> SqlTypeName.INTERVAL_TYPES.contains(type.getSqlTypeName()) ? "INTERVAL" : "VARCHAR";
        };
    }

    @Override
    public SqlNode getCastSpec(RelDataType type) {
        return new SqlDataTypeSpec(
                new SqlAlienSystemTypeNameSpec(typeName(type), type.getSqlTypeName(), SqlParserPos.ZERO),
                SqlParserPos.ZERO);
    }

    @Override
    public void unparseCall(SqlWriter writer, SqlCall call, int leftPrec, int rightPrec) {
        switch (call.getKind()) {
            case SAFE_CAST -> {
                writer.print("TRY_CAST");
                SqlWriter.Frame frame = writer.startList("(", ")");
                call.operand(0).unparse(writer, 0, 0);
                writer.sep("AS");
                call.operand(1).unparse(writer, 0, 0);
                writer.endList(frame);
            }
            case WITHIN_GROUP -> withinGroup(writer, call);
            case SINGLE_VALUE -> {
                writer.print("CASE WHEN COUNT(*) > 1 THEN error('a subquery gave more than one row') ELSE ANY_VALUE(");
                call.operand(0).unparse(writer, 0, 0);
                writer.print(") END");
            }
            case IGNORE_NULLS, RESPECT_NULLS -> nulls(writer, call);
            case LISTAGG -> function(writer, "string_agg", call.getOperandList());
            default -> super.unparseCall(writer, call, leftPrec, rightPrec);
        }
    }

    /** In DuckDB {@code IGNORE NULLS} stands inside the brackets. */
    private static void nulls(SqlWriter writer, SqlCall call) {
        SqlCall function = call.operand(0);
        writer.print(function.getOperator().getName().toLowerCase(Locale.ROOT));
        writer.setNeedWhitespace(false);
        SqlWriter.Frame frame = writer.startList("(", ")");
        arguments(writer, function.getOperandList());
        writer.setNeedWhitespace(true);
        writer.print(call.getKind() == SqlKind.IGNORE_NULLS ? "IGNORE NULLS" : "RESPECT NULLS");
        writer.endList(frame);
    }

    /** DuckDB knows WITHIN GROUP for percentiles; for others the order stands inside the brackets. */
    private void withinGroup(SqlWriter writer, SqlCall call) {
        SqlCall aggregate = call.operand(0);
        String name = aggregate.getOperator().getName();
        if (STANDARD_WITHIN_GROUP.contains(name)) {
            super.unparseCall(writer, call, 0, 0);
            return;
        }
        SqlNodeList order = call.operand(1);
        writer.print(name.equals("LISTAGG") ? "string_agg" : quoted(name.toLowerCase(Locale.ROOT)));
        writer.setNeedWhitespace(false);
        SqlWriter.Frame frame = writer.startList("(", ")");
        if (aggregate.getFunctionQuantifier() != null) {
            aggregate.getFunctionQuantifier().unparse(writer, 0, 0);
        }
        arguments(writer, aggregate.getOperandList());
        writer.setNeedWhitespace(true);
        writer.print("ORDER BY ");
        arguments(writer, order);
        writer.endList(frame);
    }

    private static void function(SqlWriter writer, String name, List<SqlNode> operands) {
        writer.print(name);
        writer.setNeedWhitespace(false);
        SqlWriter.Frame frame = writer.startList("(", ")");
        arguments(writer, operands);
        writer.endList(frame);
    }

    private static void arguments(SqlWriter writer, List<SqlNode> nodes) {
        for (int i = 0; i < nodes.size(); i++) {
            if (i > 0) {
                writer.print(", ");
            }
            nodes.get(i).unparse(writer, 0, 0);
        }
    }
}
