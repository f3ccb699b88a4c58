package dev.varve.query.leaf;

import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import java.sql.SQLException;
import java.sql.Statement;
import org.duckdb.DuckDBColumnType;
import org.duckdb.DuckDBConnection;
import org.duckdb.DuckDBDataChunkReader;
import org.duckdb.DuckDBFunctions;
import org.duckdb.DuckDBReadableVector;
import org.duckdb.DuckDBScalarFunction;
import org.duckdb.DuckDBScalarFunctionBuilder;
import org.duckdb.DuckDBWritableVector;
import org.jspecify.annotations.Nullable;

/**
 * Registers Java functions and SQL macros with DuckDB.
 *
 * <p>Whatever a function throws ends the query with an error of a known code. DuckDB calls functions from its own threads,
 * several at once. Java functions take no BLOB and give no list, so macros around them carry those as text.
 */
final class ScalarFunctions {
    /** A function of whole rows; called only if no argument is null; null is a null answer. */
    interface RowFunction {
        @Nullable
        Object apply(Object[] arguments) throws Exception;
    }

    /** What went wrong, as text that survives native code; without a stack trace, for the driver would print it. */
    private static final class Reported extends RuntimeException {
        private static final long serialVersionUID = 1L;

        Reported(String message) {
            super(message, null, false, false);
        }
    }

    private final DuckDBConnection connection;

    ScalarFunctions(DuckDBConnection connection) {
        this.connection = connection;
    }

    /** A function over columns, which sees nulls and must answer every row. */
    void columns(String name, DuckDBScalarFunction function, DuckDBColumnType result, DuckDBColumnType... parameters)
            throws SQLException {
        try (DuckDBScalarFunctionBuilder builder = DuckDBFunctions.scalarFunction()) {
            builder.withName(name)
                    .withParameters(parameters)
                    .withReturnType(result)
                    .withVectorizedFunction((in, out) -> guarded(function, in, out))
                    .register(connection);
        }
    }

    void rows(String name, RowFunction function, DuckDBColumnType result, DuckDBColumnType... parameters)
            throws SQLException {
        columns(
                name,
                (in, out) -> {
                    Object[] arguments = new Object[parameters.length];
                    long count = in.rowCount();
                    for (long row = 0; row < count; row++) {
                        write(
                                out,
                                row,
                                result,
                                read(in, row, parameters, arguments) ? function.apply(arguments) : null);
                    }
                },
                result,
                parameters);
    }

    void macro(String definition) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute("CREATE MACRO " + definition);
        }
    }

    private static void guarded(DuckDBScalarFunction function, DuckDBDataChunkReader in, DuckDBWritableVector out) {
        try {
            function.apply(in, out);
        } catch (VarveException e) {
            String hint = e.hint();
            throw new Reported(Failures.report(e.code(), String.valueOf(e.getMessage()), hint == null ? "" : hint));
        } catch (StackOverflowError e) {
            throw new Reported(Failures.report(ErrorCode.SQL_RUNTIME, "a geometry is nested too deeply", ""));
        } catch (OutOfMemoryError e) {
            throw new Reported(Failures.report(ErrorCode.OVERLOADED, "a function ran out of memory", ""));
        } catch (IllegalArgumentException | ArithmeticException e) {
            throw new Reported(Failures.report(ErrorCode.SQL_RUNTIME, String.valueOf(e.getMessage()), ""));
        } catch (Throwable e) {
            throw new Reported(Failures.report(ErrorCode.INTERNAL, "a function failed: " + e, ""));
        }
    }

    /** False if an argument is null. */
    private static boolean read(DuckDBDataChunkReader in, long row, DuckDBColumnType[] parameters, Object[] arguments) {
        for (int i = 0; i < parameters.length; i++) {
            DuckDBReadableVector vector = in.vector(i);
            if (vector.isNull(row)) {
                return false;
            }
            arguments[i] = switch (parameters[i]) {
                case BIGINT -> vector.getLong(row);
                case INTEGER -> vector.getInt(row);
                case DOUBLE -> vector.getDouble(row);
                case VARCHAR -> vector.getString(row);
                default -> throw new IllegalStateException("parameters of type " + parameters[i]);
            };
        }
        return true;
    }

    private static void write(DuckDBWritableVector out, long row, DuckDBColumnType type, @Nullable Object value) {
        if (value == null) {
            out.setNull(row);
            return;
        }
        switch (type) {
            case BOOLEAN -> out.setBoolean(row, (Boolean) value);
            case BIGINT -> out.setLong(row, (Long) value);
            case INTEGER -> out.setInt(row, (Integer) value);
            case DOUBLE -> out.setDouble(row, (Double) value);
            case VARCHAR -> out.setString(row, (String) value);
            default -> throw new IllegalStateException("answers of type " + type);
        }
    }
}
