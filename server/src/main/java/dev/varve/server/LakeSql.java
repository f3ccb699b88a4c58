package dev.varve.server;

import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import dev.varve.query.Params;
import dev.varve.query.Query;
import dev.varve.query.QueryEngine;
import dev.varve.query.QueryRequest;
import dev.varve.query.QueryStats;
import dev.varve.server.wire.SqlAnswer;
import dev.varve.server.wire.SqlEngine;
import dev.varve.server.wire.SqlRequest;
import dev.varve.server.wire.Units;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.UUID;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.types.pojo.Schema;

/** The query engine, as the endpoints ask it. */
record LakeSql(QueryEngine engine, NodeConfig.QueryLimits limits, InstantSource clock) implements SqlEngine {
    @Override
    public SqlAnswer start(SqlRequest request, String id) {
        return new LakeAnswer(engine.start(query(request, id)));
    }

    @Override
    public Schema schemaOf(SqlRequest request) {
        return engine.schemaOf(query(request, "schema-" + UUID.randomUUID()));
    }

    @Override
    public long exportParquet(SqlRequest request, String id, Path target) {
        return engine.exportParquet(query(request, id), target);
    }

    @Override
    public List<Running> running() {
        return engine.running().stream()
                .map(query -> new Running(query.id(), query.sql(), Duration.between(query.started(), clock.instant())))
                .toList();
    }

    @Override
    public boolean cancel(String id) {
        return engine.cancel(id);
    }

    private QueryRequest query(SqlRequest request, String id) {
        Duration timeout = request.timeout() == null ? limits.timeout() : request.timeout();
        if (timeout.compareTo(limits.maxTimeout()) > 0) {
            throw new VarveException(
                            ErrorCode.BAD_REQUEST,
                            "timeout is " + Units.text(timeout) + "; at most " + Units.text(limits.maxTimeout())
                                    + " is allowed")
                    .withHint("the setting query.max-timeout raises it");
        }
        return new QueryRequest(request.sql(), params(request), timeout, request.limit(), id);
    }

    @SuppressWarnings("NullAway") // it does not see that the values of params in another module may be null
    private static Params params(SqlRequest request) {
        return request.named().isEmpty()
                ? new Params.Positional(request.positional())
                : new Params.Named(request.named());
    }

    private record LakeAnswer(Query query) implements SqlAnswer {
        @Override
        public Schema schema() {
            return query.schema();
        }

        @Override
        public boolean next() {
            return query.next();
        }

        @Override
        public VectorSchemaRoot batch() {
            return query.batch();
        }

        @Override
        public Stats stats() {
            QueryStats stats = query.stats();
            return new Stats(
                    stats.rows(),
                    stats.planMillis(),
                    stats.runMillis(),
                    stats.filesTotal(),
                    stats.filesRead(),
                    stats.bytesTotal(),
                    stats.bytesRead(),
                    stats.liveRows());
        }

        @Override
        public void close() {
            query.close();
        }
    }
}
