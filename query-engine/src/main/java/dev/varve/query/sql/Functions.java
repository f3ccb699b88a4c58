package dev.varve.query.sql;

import static org.apache.calcite.sql.type.SqlTypeFamily.ANY;
import static org.apache.calcite.sql.type.SqlTypeFamily.BINARY;
import static org.apache.calcite.sql.type.SqlTypeFamily.CHARACTER;
import static org.apache.calcite.sql.type.SqlTypeFamily.INTEGER;
import static org.apache.calcite.sql.type.SqlTypeFamily.NUMERIC;
import static org.apache.calcite.sql.type.SqlTypeFamily.TIMESTAMP;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.apache.calcite.sql.SqlAggFunction;
import org.apache.calcite.sql.SqlFunction;
import org.apache.calcite.sql.SqlFunctionCategory;
import org.apache.calcite.sql.SqlIdentifier;
import org.apache.calcite.sql.SqlKind;
import org.apache.calcite.sql.SqlOperator;
import org.apache.calcite.sql.SqlOperatorTable;
import org.apache.calcite.sql.SqlSyntax;
import org.apache.calcite.sql.fun.SqlBasicAggFunction;
import org.apache.calcite.sql.fun.SqlLibraryOperators;
import org.apache.calcite.sql.fun.SqlStdOperatorTable;
import org.apache.calcite.sql.type.OperandTypes;
import org.apache.calcite.sql.type.ReturnTypes;
import org.apache.calcite.sql.type.SqlOperandTypeChecker;
import org.apache.calcite.sql.type.SqlReturnTypeInference;
import org.apache.calcite.sql.type.SqlTypeFamily;
import org.apache.calcite.sql.type.SqlTypeName;
import org.apache.calcite.sql.type.SqlTypeTransforms;
import org.apache.calcite.sql.validate.SqlNameMatcher;
import org.apache.calcite.util.Optionality;
import org.jspecify.annotations.Nullable;

/**
 * The functions that SQL can call: these and no others, so that nothing of the leaf engine's (files, settings, other
 * tables) can be reached.
 */
final class Functions {
    /** Standard functions that the grammar or the leaf engine knows as they are. */
    private static final Set<String> STANDARD = Set.of(
            "CAST",
            "EXTRACT",
            "FLOOR",
            "CEIL",
            "TRIM",
            "SUBSTRING",
            "POSITION",
            "OVERLAY",
            "CHAR_LENGTH",
            "CHARACTER_LENGTH",
            "UPPER",
            "LOWER",
            "REPLACE",
            "ASCII",
            "ABS",
            "POWER",
            "SQRT",
            "CBRT",
            "LN",
            "LOG10",
            "EXP",
            "MOD",
            "SIN",
            "COS",
            "TAN",
            "COT",
            "ASIN",
            "ACOS",
            "ATAN",
            "ATAN2",
            "ROUND",
            "SIGN",
            "PI",
            "RADIANS",
            "DEGREES",
            "COALESCE",
            "NULLIF",
            "CARDINALITY",
            "ITEM",
            "COUNT",
            "SUM",
            "AVG",
            "MIN",
            "MAX",
            "ANY_VALUE",
            "STDDEV",
            "STDDEV_POP",
            "STDDEV_SAMP",
            "VARIANCE",
            "VAR_POP",
            "VAR_SAMP",
            "COVAR_POP",
            "COVAR_SAMP",
            "REGR_COUNT",
            "ARG_MIN",
            "ARG_MAX",
            "MODE",
            "BIT_AND",
            "BIT_OR",
            "BIT_XOR",
            "SINGLE_VALUE",
            "$SUM0",
            "GROUPING",
            "PERCENTILE_CONT",
            "PERCENTILE_DISC",
            "LISTAGG",
            "APPROX_COUNT_DISTINCT",
            "ROW_NUMBER",
            "RANK",
            "DENSE_RANK",
            "PERCENT_RANK",
            "CUME_DIST",
            "NTILE",
            "LAG",
            "LEAD",
            "FIRST_VALUE",
            "LAST_VALUE");

    /** Not functions, but not to be reached either. */
    private static final Set<String> EXCLUDED = Set.of(
            "NEXT_VALUE", "CURRENT_VALUE", "CURSOR", "TABLE", "NEW", "PROCEDURE_CALL", "TABLESAMPLE", "DESCRIPTOR");

    private static final SqlReturnTypeInference BIGINT_TYPE = type(SqlTypeName.BIGINT);
    /** {@code (x & kept) | set}; not to be called by its name. */
    static final DuckFunction MASKED = new DuckFunction(
            "masked", "(({0} & {1}) | {2})", BIGINT_TYPE, OperandTypes.family(INTEGER, INTEGER, INTEGER));

    private static final SqlReturnTypeInference DOUBLE_TYPE = type(SqlTypeName.DOUBLE);
    private static final SqlReturnTypeInference BOOLEAN_TYPE = type(SqlTypeName.BOOLEAN);
    private static final SqlReturnTypeInference TEXT_TYPE = type(SqlTypeName.VARCHAR);
    private static final SqlReturnTypeInference TIME_TYPE = type(SqlTypeName.TIMESTAMP);
    private static final SqlReturnTypeInference DATE_TYPE = type(SqlTypeName.DATE);
    private static final SqlReturnTypeInference GEOMETRY_TYPE = type(SqlTypeName.VARBINARY);
    private static final SqlReturnTypeInference CELLS_TYPE = binding -> binding.getTypeFactory()
            .createTypeWithNullability(
                    binding.getTypeFactory()
                            .createArrayType(
                                    binding.getTypeFactory()
                                            .createTypeWithNullability(
                                                    binding.getTypeFactory().createSqlType(SqlTypeName.BIGINT), true),
                                    -1),
                    true);

    private final List<SqlOperator> operators = new ArrayList<>();
    private final Map<String, SqlOperator> own = new HashMap<>();

    private final SqlOperatorTable table;

    Functions() {
        for (SqlOperator operator : SqlStdOperatorTable.instance().getOperatorList()) {
            boolean function = operator instanceof SqlFunction;
            if (function ? STANDARD.contains(operator.getName()) : !EXCLUDED.contains(operator.getName())) {
                operators.add(operator);
            }
        }
        operators.addAll(List.of(
                SqlLibraryOperators.INFIX_CAST,
                SqlLibraryOperators.TRY_CAST,
                SqlLibraryOperators.SAFE_CAST,
                SqlLibraryOperators.ILIKE,
                SqlLibraryOperators.NOT_ILIKE,
                SqlLibraryOperators.STRING_AGG,
                SqlLibraryOperators.ARRAY_AGG,
                SqlLibraryOperators.BOOL_AND,
                SqlLibraryOperators.BOOL_OR));
        time();
        text();
        numbers();
        space();
        aggregates();
        operators.addAll(own.values());
        table = new Table(operators);
    }

    private void time() {
        add("date_trunc", "date_trunc", TIME_TYPE, CHARACTER, TIMESTAMP);
        add("date_part", "date_part", BIGINT_TYPE, CHARACTER, TIMESTAMP);
        add("date_diff", "date_diff", BIGINT_TYPE, CHARACTER, TIMESTAMP, TIMESTAMP);
        add("datediff", "date_diff", BIGINT_TYPE, CHARACTER, TIMESTAMP, TIMESTAMP);
        add("date_sub", "date_sub", BIGINT_TYPE, CHARACTER, TIMESTAMP, TIMESTAMP);
        for (String part : List.of(
                "year",
                "quarter",
                "month",
                "week",
                "day",
                "hour",
                "minute",
                "second",
                "dayofyear",
                "dayofweek",
                "isodow")) {
            add(part, part, BIGINT_TYPE, TIMESTAMP);
        }
        add("doy", "dayofyear", BIGINT_TYPE, TIMESTAMP);
        add("dayofmonth", "day", BIGINT_TYPE, TIMESTAMP);
        add("epoch", "epoch", DOUBLE_TYPE, TIMESTAMP);
        add("epoch_ms", "epoch_ms", BIGINT_TYPE, TIMESTAMP);
        add("epoch_us", "epoch_us", BIGINT_TYPE, TIMESTAMP);
        add("dayname", "dayname", TEXT_TYPE, TIMESTAMP);
        add("monthname", "monthname", TEXT_TYPE, TIMESTAMP);
        add("last_day", "last_day", DATE_TYPE, TIMESTAMP);
        add("date", "CAST({0} AS DATE)", DATE_TYPE, TIMESTAMP);
        add("make_date", "make_date", DATE_TYPE, INTEGER, INTEGER, INTEGER);
        add("make_timestamp", "make_timestamp", TIME_TYPE, INTEGER, INTEGER, INTEGER, INTEGER, INTEGER, NUMERIC);
        add("to_timestamp", "make_timestamp(CAST(round(CAST({0} AS DOUBLE) * 1000000) AS BIGINT))", TIME_TYPE, NUMERIC);
        add("strftime", "strftime", TEXT_TYPE, TIMESTAMP, CHARACTER);
        addOptional("time_bucket", "time_bucket", TIME_TYPE, 2, ANY, TIMESTAMP, TIMESTAMP);
    }

    private void text() {
        addOptional("substr", "substr", TEXT_TYPE, 2, CHARACTER, INTEGER, INTEGER);
        add("length", "length", BIGINT_TYPE, CHARACTER);
        addOptional("ltrim", "ltrim", TEXT_TYPE, 1, CHARACTER, CHARACTER);
        addOptional("rtrim", "rtrim", TEXT_TYPE, 1, CHARACTER, CHARACTER);
        add("split_part", "split_part", TEXT_TYPE, CHARACTER, CHARACTER, INTEGER);
        add("regexp_matches", "regexp_matches", BOOLEAN_TYPE, CHARACTER, CHARACTER);
        addOptional("regexp_replace", "regexp_replace", TEXT_TYPE, 3, CHARACTER, CHARACTER, CHARACTER, CHARACTER);
        addOptional("regexp_extract", "regexp_extract", TEXT_TYPE, 2, CHARACTER, CHARACTER, INTEGER);
        add("starts_with", "starts_with", BOOLEAN_TYPE, CHARACTER, CHARACTER);
        add("ends_with", "ends_with", BOOLEAN_TYPE, CHARACTER, CHARACTER);
        add("contains", "contains", BOOLEAN_TYPE, CHARACTER, CHARACTER);
        add("strpos", "strpos", BIGINT_TYPE, CHARACTER, CHARACTER);
        add("left", "\"left\"", TEXT_TYPE, CHARACTER, INTEGER);
        add("right", "\"right\"", TEXT_TYPE, CHARACTER, INTEGER);
        add("lpad", "lpad", TEXT_TYPE, CHARACTER, INTEGER, CHARACTER);
        add("rpad", "rpad", TEXT_TYPE, CHARACTER, INTEGER, CHARACTER);
        add("repeat", "repeat", TEXT_TYPE, CHARACTER, INTEGER);
        add("reverse", "reverse", TEXT_TYPE, CHARACTER);
        add("chr", "chr", TEXT_TYPE, INTEGER);
        add("md5", "md5", TEXT_TYPE, CHARACTER);
        put(new DuckFunction("concat", "concat", TEXT_TYPE, OperandTypes.ONE_OR_MORE));
        put(new DuckFunction(
                "concat_ws",
                "concat_ws",
                TEXT_TYPE,
                OperandTypes.variadic(org.apache.calcite.sql.type.SqlOperandCountRanges.from(2))));
    }

    private void numbers() {
        add("pow", "pow", DOUBLE_TYPE, NUMERIC, NUMERIC);
        add("log", "log10", DOUBLE_TYPE, NUMERIC);
        add("log2", "log2", DOUBLE_TYPE, NUMERIC);
        add("trunc", "trunc", ReturnTypes.ARG0_FORCE_NULLABLE, NUMERIC);
        add("isnan", "isnan", BOOLEAN_TYPE, NUMERIC);
        add("isfinite", "isfinite", BOOLEAN_TYPE, NUMERIC);
        add("sinh", "sinh", DOUBLE_TYPE, NUMERIC);
        add("cosh", "cosh", DOUBLE_TYPE, NUMERIC);
        add("tanh", "tanh", DOUBLE_TYPE, NUMERIC);
        SqlReturnTypeInference common = ReturnTypes.LEAST_RESTRICTIVE.andThen(SqlTypeTransforms.FORCE_NULLABLE);
        put(new DuckFunction("greatest", "greatest", common, OperandTypes.SAME_VARIADIC));
        put(new DuckFunction("least", "least", common, OperandTypes.SAME_VARIADIC));
        put(new DuckFunction("ifnull", "ifnull", common, OperandTypes.SAME_SAME));
    }

    private void space() {
        add("st_point", "varve_st_point", GEOMETRY_TYPE, NUMERIC, NUMERIC);
        add("st_makepoint", "varve_st_point", GEOMETRY_TYPE, NUMERIC, NUMERIC);
        add("st_makeenvelope", "varve_st_makeenvelope", GEOMETRY_TYPE, NUMERIC, NUMERIC, NUMERIC, NUMERIC);
        add("st_geomfromtext", "varve_st_geomfromtext", GEOMETRY_TYPE, CHARACTER);
        add("st_geomfromgeojson", "varve_st_geomfromgeojson", GEOMETRY_TYPE, CHARACTER);
        add("st_within", "varve_st_within", BOOLEAN_TYPE, BINARY, BINARY);
        add("st_contains", "varve_st_contains", BOOLEAN_TYPE, BINARY, BINARY);
        add("st_intersects", "varve_st_intersects", BOOLEAN_TYPE, BINARY, BINARY);
        add("st_dwithin", "varve_st_dwithin", BOOLEAN_TYPE, BINARY, BINARY, NUMERIC);
        add("st_distance", "varve_st_distance", DOUBLE_TYPE, BINARY, BINARY);
        add("st_x", "varve_st_x", DOUBLE_TYPE, BINARY);
        add("st_y", "varve_st_y", DOUBLE_TYPE, BINARY);
        add("st_astext", "varve_st_astext", TEXT_TYPE, BINARY);
        add("st_asgeojson", "varve_st_asgeojson", TEXT_TYPE, BINARY);
        add(
                "h3_latlng_to_cell",
                "varve_h3_latlng_to_cell({0}, {1}, CAST({2} AS INTEGER))",
                BIGINT_TYPE,
                NUMERIC,
                NUMERIC,
                INTEGER);
        add("h3_cell_to_parent", "varve_h3_cell_to_parent({0}, CAST({1} AS INTEGER))", BIGINT_TYPE, INTEGER, INTEGER);
        add("h3_get_resolution", "varve_h3_get_resolution", type(SqlTypeName.INTEGER), INTEGER);
        add("h3_is_valid_cell", "varve_h3_is_valid_cell", BOOLEAN_TYPE, INTEGER);
        add("h3_cell_to_lat", "varve_h3_cell_to_lat", DOUBLE_TYPE, INTEGER);
        add("h3_cell_to_lng", "varve_h3_cell_to_lng", DOUBLE_TYPE, INTEGER);
        add("h3_cell_to_boundary_wkt", "varve_h3_cell_to_boundary_wkt", TEXT_TYPE, INTEGER);
        add("h3_cell_to_string", "varve_h3_cell_to_string", TEXT_TYPE, INTEGER);
        add("h3_h3_to_string", "varve_h3_cell_to_string", TEXT_TYPE, INTEGER);
        add("h3_string_to_h3", "varve_h3_string_to_cell", BIGINT_TYPE, CHARACTER);
        add("h3_string_to_cell", "varve_h3_string_to_cell", BIGINT_TYPE, CHARACTER);
        add("h3_polygon_to_cells", "varve_h3_polygon_to_cells({0}, CAST({1} AS INTEGER))", CELLS_TYPE, BINARY, INTEGER);
        add("h3_grid_disk", "varve_h3_grid_disk({0}, CAST({1} AS INTEGER))", CELLS_TYPE, INTEGER, INTEGER);
    }

    private void aggregates() {
        SqlReturnTypeInference first = ReturnTypes.ARG0_NULLABLE.andThen(SqlTypeTransforms.FORCE_NULLABLE);
        aggregate("median", DOUBLE_TYPE, OperandTypes.NUMERIC);
        aggregate("quantile_cont", DOUBLE_TYPE, OperandTypes.NUMERIC_NUMERIC);
        aggregate("quantile_disc", first, OperandTypes.family(ANY, NUMERIC));
        aggregate("approx_quantile", DOUBLE_TYPE, OperandTypes.NUMERIC_NUMERIC);
        aggregate("corr", DOUBLE_TYPE, OperandTypes.NUMERIC_NUMERIC);
        for (String name : List.of("slope", "intercept", "r2", "avgx", "avgy", "sxx", "sxy", "syy")) {
            aggregate("regr_" + name, DOUBLE_TYPE, OperandTypes.NUMERIC_NUMERIC);
        }
        aggregate("skewness", DOUBLE_TYPE, OperandTypes.NUMERIC);
        aggregate("kurtosis", DOUBLE_TYPE, OperandTypes.NUMERIC);
        aggregate("product", DOUBLE_TYPE, OperandTypes.NUMERIC);
        aggregate("first", first, OperandTypes.ANY);
        aggregate("last", first, OperandTypes.ANY);
        aggregate("max_by", first, OperandTypes.ANY_ANY);
        aggregate("min_by", first, OperandTypes.ANY_ANY);
        aggregate("group_concat", TEXT_TYPE, OperandTypes.STRING.or(OperandTypes.STRING_STRING));
    }

    private void add(String name, String template, SqlReturnTypeInference type, SqlTypeFamily... operands) {
        put(new DuckFunction(name, template, type, OperandTypes.family(operands)));
    }

    private void addOptional(
            String name, String template, SqlReturnTypeInference type, int required, SqlTypeFamily... operands) {
        put(new DuckFunction(
                name, template, type, OperandTypes.family(Arrays.asList(operands), operand -> operand >= required)));
    }

    private void aggregate(String name, SqlReturnTypeInference type, SqlOperandTypeChecker operands) {
        put(SqlBasicAggFunction.create(name, SqlKind.OTHER_FUNCTION, type, operands)
                .withGroupOrder(Optionality.OPTIONAL));
    }

    private void put(SqlOperator operator) {
        own.put(operator.getName(), operator);
    }

    private static SqlReturnTypeInference type(SqlTypeName name) {
        return ReturnTypes.explicit(name).andThen(SqlTypeTransforms.FORCE_NULLABLE);
    }

    /** Finds operators by name, whatever their case; unlike Calcite's lists also {@code count(*)} as {@code count(x)}. */
    private record Table(List<SqlOperator> all, Map<String, List<SqlOperator>> byName) implements SqlOperatorTable {
        private static final Set<SqlSyntax> CALLS =
                Set.of(SqlSyntax.FUNCTION, SqlSyntax.FUNCTION_STAR, SqlSyntax.FUNCTION_ID, SqlSyntax.ORDERED_FUNCTION);

        Table(List<SqlOperator> operators) {
            this(List.copyOf(operators), new HashMap<>());
            for (SqlOperator operator : operators) {
                byName.computeIfAbsent(operator.getName().toLowerCase(Locale.ROOT), name -> new ArrayList<>())
                        .add(operator);
            }
        }

        @Override
        public void lookupOperatorOverloads(
                SqlIdentifier name,
                @Nullable SqlFunctionCategory category,
                SqlSyntax syntax,
                List<SqlOperator> found,
                SqlNameMatcher matcher) {
            if (name.isSimple()) {
                for (SqlOperator operator : byName.getOrDefault(name.getSimple().toLowerCase(Locale.ROOT), List.of())) {
                    if (operator.getSyntax().family == syntax.family
                            || (CALLS.contains(operator.getSyntax()) && CALLS.contains(syntax))) {
                        found.add(operator);
                    }
                }
            }
        }

        @Override
        public List<SqlOperator> getOperatorList() {
            return all;
        }
    }

    SqlOperatorTable table() {
        return table;
    }

    /** Names that the grammar must take for ordinary functions. */
    Set<String> quotedNames() {
        return own.keySet();
    }

    /** Own aggregates that may name an order inside their brackets. */
    Set<String> orderedAggregates() {
        Set<String> names = new HashSet<>();
        own.forEach((name, operator) -> {
            if (operator instanceof SqlAggFunction) {
                names.add(name);
            }
        });
        return names;
    }

    /** All names that can be called, in lower case. */
    Set<String> names() {
        Set<String> names = new TreeSet<>(own.keySet());
        for (SqlOperator operator : operators) {
            if (operator instanceof SqlFunction
                    && Character.isLetter(operator.getName().charAt(0))) {
                names.add(operator.getName().toLowerCase(Locale.ROOT));
            }
        }
        names.addAll(new HashSet<>(List.of("now", "current_timestamp", "current_date", "try_cast", "string_agg")));
        return names;
    }
}
