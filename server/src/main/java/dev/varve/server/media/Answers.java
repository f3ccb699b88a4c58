package dev.varve.server.media;

import dev.varve.server.wire.SqlAnswer;
import dev.varve.server.wire.SqlEngine;
import dev.varve.server.wire.SqlRequest;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Consumer;
import org.apache.arrow.vector.BigIntVector;
import org.apache.arrow.vector.BitVector;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.Float8Vector;
import org.apache.arrow.vector.IntVector;
import org.apache.arrow.vector.TimeStampVector;
import org.apache.arrow.vector.VarCharVector;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.jspecify.annotations.Nullable;

/** Asks SQL and gives the answer row by row. */
final class Answers {
    private final SqlEngine sql;

    Answers(SqlEngine sql) {
        this.sql = sql;
    }

    /** A row of an answer, valid while it is given. */
    record Row(VectorSchemaRoot batch, int index) {
        private @Nullable FieldVector at(String column) {
            FieldVector vector = batch.getVector(column);
            return vector == null || vector.isNull(index) ? null : vector;
        }

        @Nullable
        String text(String column) {
            FieldVector vector = at(column);
            return vector == null ? null : new String(((VarCharVector) vector).get(index), StandardCharsets.UTF_8);
        }

        @Nullable
        Long number(String column) {
            return switch (at(column)) {
                case null -> null;
                case BigIntVector longs -> longs.get(index);
                case IntVector ints -> (long) ints.get(index);
                case TimeStampVector times -> times.get(index);
                case FieldVector other -> throw new IllegalStateException(column + " is " + other.getField());
            };
        }

        @Nullable
        Double decimal(String column) {
            return switch (at(column)) {
                case null -> null;
                case Float8Vector doubles -> doubles.get(index);
                case FieldVector other -> throw new IllegalStateException(column + " is " + other.getField());
            };
        }

        boolean isTrue(String column) {
            return at(column) instanceof BitVector bits && bits.get(index) == 1;
        }
    }

    void each(String query, List<@Nullable Object> params, Consumer<Row> sink) {
        SqlRequest request = new SqlRequest(query, params, Map.of(), null, null, Long.MAX_VALUE);
        try (SqlAnswer answer = sql.start(request, "media-" + UUID.randomUUID())) {
            while (answer.next()) {
                VectorSchemaRoot batch = answer.batch();
                for (int i = 0; i < batch.getRowCount(); i++) {
                    sink.accept(new Row(batch, i));
                }
            }
        }
    }
}
