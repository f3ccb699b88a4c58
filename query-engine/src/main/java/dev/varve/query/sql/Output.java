package dev.varve.query.sql;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.apache.arrow.vector.types.DateUnit;
import org.apache.arrow.vector.types.FloatingPointPrecision;
import org.apache.arrow.vector.types.TimeUnit;
import org.apache.arrow.vector.types.pojo.ArrowType;
import org.apache.arrow.vector.types.pojo.Field;
import org.apache.arrow.vector.types.pojo.FieldType;
import org.apache.calcite.rel.type.RelDataType;
import org.apache.calcite.sql.SqlBasicCall;
import org.apache.calcite.sql.SqlCall;
import org.apache.calcite.sql.SqlKind;
import org.apache.calcite.sql.SqlNode;
import org.apache.calcite.sql.SqlOrderBy;
import org.apache.calcite.sql.SqlSelect;
import org.apache.calcite.sql.SqlWith;
import org.apache.calcite.sql.validate.SqlValidatorUtil;
import org.jspecify.annotations.Nullable;

/** Names and types of an answer's columns. */
final class Output {
    private Output() {}

    /** Names as PostgreSQL gives them, later ones of a name with {@code _1}, {@code _2}, … */
    static List<String> names(SqlNode query, List<String> derived) {
        SqlSelect select = firstSelect(query);
        List<String> names = new ArrayList<>();
        Set<String> used = new HashSet<>();
        for (int i = 0; i < derived.size(); i++) {
            String name = derived.get(i);
            if (select != null && select.getSelectList().size() == derived.size()) {
                SqlNode item = select.getSelectList().get(i);
                String alias = SqlValidatorUtil.alias(item);
                name = alias != null ? alias : unnamed(item);
            }
            if (name.startsWith("EXPR$")) {
                name = "column" + (Integer.parseInt(name.substring("EXPR$".length())) + 1);
            }
            String unique = name;
            for (int n = 1; !used.add(unique); n++) {
                unique = name + "_" + n;
            }
            names.add(unique);
        }
        return names;
    }

    private static @Nullable SqlSelect firstSelect(SqlNode query) {
        return switch (query) {
            case SqlSelect select -> select;
            case SqlOrderBy order -> firstSelect(order.query);
            case SqlWith with -> firstSelect(with.body);
            case SqlBasicCall call when SqlKind.SET_QUERY.contains(call.getKind()) -> firstSelect(call.operand(0));
            default -> null;
        };
    }

    private static String unnamed(SqlNode item) {
        if (item instanceof SqlCall call) {
            return switch (call.getKind()) {
                case OVER, FILTER, WITHIN_GROUP, CAST -> unnamed(call.operand(0));
                case CASE -> "case";
                default -> {
                    String name = call.getOperator().getName().toLowerCase(Locale.ROOT);
                    yield name.matches("[a-z][a-z0-9_]*") && !name.equals("scalar_query") ? name : "column";
                }
            };
        }
        String alias = SqlValidatorUtil.alias(item);
        return alias == null ? "column" : alias;
    }

    static Field field(String name, RelDataType type) {
        List<Field> children = type.getSqlTypeName() == org.apache.calcite.sql.type.SqlTypeName.ARRAY
                ? List.of(field("item", SqlTypes.element(type)))
                : List.of();
        return new Field(name, FieldType.nullable(arrow(type)), children);
    }

    private static ArrowType arrow(RelDataType type) {
        return switch (type.getSqlTypeName()) {
            case BOOLEAN -> ArrowType.Bool.INSTANCE;
            case TINYINT, SMALLINT, INTEGER -> new ArrowType.Int(32, true);
            case BIGINT -> new ArrowType.Int(64, true);
            case REAL -> new ArrowType.FloatingPoint(FloatingPointPrecision.SINGLE);
            case FLOAT, DOUBLE, DECIMAL -> new ArrowType.FloatingPoint(FloatingPointPrecision.DOUBLE);
            case TIMESTAMP, TIMESTAMP_WITH_LOCAL_TIME_ZONE, TIMESTAMP_TZ ->
                new ArrowType.Timestamp(TimeUnit.MICROSECOND, "UTC");
            case DATE -> new ArrowType.Date(DateUnit.DAY);
            case BINARY, VARBINARY -> ArrowType.Binary.INSTANCE;
            case ARRAY -> ArrowType.List.INSTANCE;
            default -> ArrowType.Utf8.INSTANCE;
        };
    }
}
