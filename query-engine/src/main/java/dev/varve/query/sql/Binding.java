package dev.varve.query.sql;

import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import java.math.BigDecimal;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.apache.calcite.sql.SqlCall;
import org.apache.calcite.sql.SqlDynamicParam;
import org.apache.calcite.sql.SqlIdentifier;
import org.apache.calcite.sql.SqlLiteral;
import org.apache.calcite.sql.SqlNode;
import org.apache.calcite.sql.parser.SqlParserPos;
import org.apache.calcite.sql.util.SqlShuttle;
import org.apache.calcite.util.DateString;
import org.apache.calcite.util.TimestampString;
import org.jspecify.annotations.Nullable;

/**
 * Puts constants where parameters and the current time stand, so that they prune like literals.
 */
final class Binding extends SqlShuttle {
    private static final Set<String> NOW = Set.of("now", "current_timestamp", "localtimestamp");
    private static final Set<String> TODAY = Set.of("current_date", "today");

    private final List<@Nullable Object> values;
    private final LocalDateTime now;
    private boolean usesNow;

    Binding(List<@Nullable Object> values, Instant now) {
        this.values = values;
        this.now = LocalDateTime.ofInstant(now.truncatedTo(ChronoUnit.MICROS), ZoneOffset.UTC);
    }

    boolean usesNow() {
        return usesNow;
    }

    @Override
    public @Nullable SqlNode visit(SqlDynamicParam parameter) {
        return literal(values.get(parameter.getIndex()), parameter.getParserPosition());
    }

    @Override
    public @Nullable SqlNode visit(SqlIdentifier identifier) {
        SqlNode constant = identifier.isSimple() && !identifier.isComponentQuoted(0)
                ? current(identifier.getSimple(), identifier.getParserPosition())
                : null;
        return constant == null ? identifier : constant;
    }

    @Override
    public @Nullable SqlNode visit(SqlCall call) {
        if (call.operandCount() == 0) {
            SqlNode constant = current(call.getOperator().getName(), call.getParserPosition());
            if (constant != null) {
                return constant;
            }
        }
        return super.visit(call);
    }

    private @Nullable SqlNode current(String name, SqlParserPos at) {
        String word = name.toLowerCase(Locale.ROOT);
        if (NOW.contains(word)) {
            usesNow = true;
            return timestamp(now, at);
        }
        if (TODAY.contains(word)) {
            usesNow = true;
            return SqlLiteral.createDate(new DateString(now.toLocalDate().toString()), at);
        }
        return null;
    }

    private static SqlNode timestamp(LocalDateTime time, SqlParserPos at) {
        return SqlLiteral.createTimestamp(
                org.apache.calcite.sql.type.SqlTypeName.TIMESTAMP, new TimestampString(TimeText.sql(time)), 6, at);
    }

    private static SqlNode literal(@Nullable Object value, SqlParserPos at) {
        return switch (value) {
            case null -> SqlLiteral.createNull(at);
            case String text -> SqlLiteral.createCharString(text, at);
            case Boolean truth -> SqlLiteral.createBoolean(truth, at);
            case Double number
            when Double.isFinite(number) ->
                SqlLiteral.createApproxNumeric(
                        new BigDecimal(number.toString()).toString()
                                + (number.toString().contains("E") ? "" : "E0"),
                        at);
            case Double number ->
                throw new VarveException(ErrorCode.SQL_INVALID, "a parameter is " + number)
                        .withHint("parameters are finite numbers");
            case Long number -> SqlLiteral.createExactNumeric(number.toString(), at);
            case Integer number -> SqlLiteral.createExactNumeric(number.toString(), at);
            case Instant instant ->
                timestamp(LocalDateTime.ofInstant(instant.truncatedTo(ChronoUnit.MICROS), ZoneOffset.UTC), at);
            default ->
                throw new VarveException(
                                ErrorCode.SQL_INVALID,
                                "a parameter is a " + value.getClass().getSimpleName())
                        .withHint("parameters are strings, whole numbers, doubles, booleans, instants or null");
        };
    }
}
