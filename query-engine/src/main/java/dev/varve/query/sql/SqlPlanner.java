package dev.varve.query.sql;

import dev.varve.catalog.Dataset;
import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import dev.varve.query.plan.PlannedQuery;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.arrow.vector.types.pojo.Field;
import org.apache.arrow.vector.types.pojo.Schema;
import org.apache.calcite.avatica.util.Casing;
import org.apache.calcite.avatica.util.Quoting;
import org.apache.calcite.plan.Contexts;
import org.apache.calcite.plan.RelOptCluster;
import org.apache.calcite.plan.hep.HepPlanner;
import org.apache.calcite.plan.hep.HepProgram;
import org.apache.calcite.rel.RelFieldCollation;
import org.apache.calcite.rel.RelNode;
import org.apache.calcite.rel.RelRoot;
import org.apache.calcite.rel.core.RelFactories;
import org.apache.calcite.rel.core.Sort;
import org.apache.calcite.rel.type.RelDataType;
import org.apache.calcite.rel.type.RelDataTypeFactory;
import org.apache.calcite.rex.RexNode;
import org.apache.calcite.runtime.CalciteContextException;
import org.apache.calcite.sql.SqlKind;
import org.apache.calcite.sql.SqlNode;
import org.apache.calcite.sql.parser.SqlParseException;
import org.apache.calcite.sql.parser.SqlParser;
import org.apache.calcite.sql.parser.babel.SqlBabelParserImpl;
import org.apache.calcite.sql2rel.SqlToRelConverter;
import org.apache.calcite.sql2rel.StandardConvertletTable;
import org.apache.calcite.tools.RelBuilderFactory;
import org.jspecify.annotations.Nullable;

/** Plans queries: text in, leaves and final SQL out. Thread-safe. */
public final class SqlPlanner {
    /** The rule that leaves out merging where one part computes a leaf; to be disabled where several do. */
    public static final String ONE_PART_RULE = Rules.ONE_PART;

    private static final SqlParser.Config GRAMMAR = SqlParser.config()
            .withParserFactory(SqlBabelParserImpl.FACTORY)
            .withUnquotedCasing(Casing.TO_LOWER)
            .withQuotedCasing(Casing.UNCHANGED)
            .withQuoting(Quoting.DOUBLE_QUOTE)
            .withCaseSensitive(false)
            .withIdentifierMaxLength(256)
            .withConformance(Validation.CONFORMANCE);

    private static final SqlToRelConverter.Config CONVERSION = SqlToRelConverter.config()
            .withExpand(false)
            .withTrimUnusedFields(false)
            .withInSubQueryThreshold(Integer.MAX_VALUE);

    private final Functions functions = new Functions();
    private final RelBuilderFactory builders = RelFactories.LOGICAL_BUILDER;
    private final AtomicLong regionIds = new AtomicLong();

    /**
     * A query and what it may refer to.
     *
     * @param positional values for {@code ?}; String, Long, Integer, Double, Boolean, Instant or null
     * @param named values for {@code :name}
     * @param disabledRules names of rules not to be applied, of {@link #ruleNames()}
     * @param now what {@code now()} is
     */
    public record Statement(
            String sql,
            List<@Nullable Object> positional,
            Map<String, @Nullable Object> named,
            List<Dataset> datasets,
            Set<String> disabledRules,
            Instant now) {}

    /**
     * A plan.
     *
     * @param isExplain whether the plan itself was asked for
     * @param usesNow whether the plan holds for this moment only
     */
    public record Planned(PlannedQuery query, boolean isExplain, boolean usesNow) {}

    /** The rules that can be switched off. */
    public static List<String> ruleNames() {
        return Rules.names();
    }

    /** Plans a statement; needs a deep stack for deep queries. */
    public Planned plan(Statement statement) {
        SqlText text = new SqlText(statement.sql(), functions.quotedNames(), functions.orderedAggregates());
        SqlErrors errors = new SqlErrors(text, statement.datasets(), functions);
        for (String name : statement.disabledRules()) {
            if (!Rules.names().contains(name)) {
                throw new VarveException(ErrorCode.BAD_REQUEST, "there is no rule '" + name + "'")
                        .withHint("the rules are " + String.join(", ", Rules.names()));
            }
        }
        try {
            return planned(statement, text);
        } catch (SqlParseException error) {
            throw errors.of(error);
        } catch (CalciteContextException error) {
            throw errors.of(error);
        } catch (StackOverflowError error) {
            throw new VarveException(ErrorCode.TOO_LARGE, "the query is nested too deeply")
                    .withHint("flatten it, or put long lists into a dataset and join with it");
        } catch (VarveException error) {
            throw error;
        } catch (RuntimeException | AssertionError error) {
            throw errors.ofPlanner(error);
        }
    }

    private Planned planned(Statement statement, SqlText text) throws SqlParseException {
        Binding binding = new Binding(Parameters.values(text, statement), statement.now());
        SqlNode parsed = SqlParser.create(text.text(), GRAMMAR).parseStmt();
        if (!parsed.isA(SqlKind.QUERY)) {
            throw new VarveException(ErrorCode.SQL_READ_ONLY, "SQL is for reading; this is a " + parsed.getKind());
        }
        SqlNode bound = parsed.accept(binding);
        RelDataTypeFactory types = SqlTypes.factory();
        Validation validation = Validation.of(functions, statement.datasets(), text, types);
        SqlNode valid = validation.validate(bound == null ? parsed : bound);
        RelOptCluster cluster = RelOptCluster.create(
                new HepPlanner(HepProgram.builder().build(), Contexts.empty()), new RoundingRexBuilder(types));
        SqlToRelConverter converter = new SqlToRelConverter(
                (type, query, path, view) -> {
                    throw new IllegalStateException("there are no views");
                },
                validation,
                validation.catalog(),
                cluster,
                StandardConvertletTable.INSTANCE,
                CONVERSION);
        RelRoot root = converter.convertQuery(valid, false, true);
        Sort sort = root.rel instanceof Sort top ? top : null;
        RelNode body = sort == null ? root.rel : sort.getInput();

        Rules rules = new Rules(statement.disabledRules(), builders);
        Regions regions = new Regions(cluster.getRexBuilder(), regionIds);
        RelNode plan = rules.optimized(Constants.computedIn(body, text));
        LeafCutter cutter = new LeafCutter(rules, new Pruning(cluster.getRexBuilder(), rules, regions), regions);
        RelNode rest = cutter.cut(regions.foundIn(plan));

        List<String> names = Output.names(
                valid, root.fields.stream().map(field -> field.getValue()).toList());
        List<Integer> picked = root.fields.stream().map(field -> field.getKey()).toList();
        List<Field> fields = new ArrayList<>();
        for (int i = 0; i < names.size(); i++) {
            RelDataType type =
                    body.getRowType().getFieldList().get(picked.get(i)).getType();
            fields.add(Output.field(names.get(i), type));
        }
        String sql = outermost(regions.spelledOut(rest), picked, names, sort);
        PlannedQuery query = new PlannedQuery(cutter.leaves(), sql, new Schema(fields), regions.all());
        return new Planned(query, text.isExplain(), binding.usesNow());
    }

    /** The body in brackets, and around it names, order and limit, which so are the outermost. */
    private static String outermost(RelNode rest, List<Integer> picked, List<String> names, @Nullable Sort sort) {
        StringBuilder sql = new StringBuilder("SELECT ");
        for (int i = 0; i < picked.size(); i++) {
            sql.append(i == 0 ? "" : ", ")
                    .append('f')
                    .append(picked.get(i))
                    .append(" AS ")
                    .append(DuckDialect.quoted(names.get(i)));
        }
        sql.append(" FROM (").append(RelText.query(rest)).append(") AS body(");
        for (int i = 0; i < rest.getRowType().getFieldCount(); i++) {
            sql.append(i == 0 ? "f" : ", f").append(i);
        }
        sql.append(')');
        if (sort != null) {
            String separator = " ORDER BY ";
            for (RelFieldCollation key : sort.getCollation().getFieldCollations()) {
                sql.append(separator)
                        .append("body.f")
                        .append(key.getFieldIndex())
                        .append(key.getDirection().isDescending() ? " DESC" : "")
                        .append(
                                key.nullDirection == RelFieldCollation.NullDirection.FIRST
                                        ? " NULLS FIRST"
                                        : " NULLS LAST");
                separator = ", ";
            }
            clause(sql, " LIMIT ", sort.fetch);
            clause(sql, " OFFSET ", sort.offset);
        }
        return sql.toString();
    }

    private static void clause(StringBuilder sql, String word, @Nullable RexNode value) {
        if (value != null) {
            sql.append(word).append(RelText.expression(value, List.of()));
        }
    }
}
