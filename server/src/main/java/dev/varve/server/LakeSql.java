package dev.varve.server;

import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import dev.varve.query.Params;
import dev.varve.query.Query;
import dev.varve.query.QueryEngine;
import dev.varve.query.QueryRequest;
import dev.varve.query.QueryStats;
import dev.varve.server.metrics.Metrics;
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
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The query engine, as the endpoints ask it; counts queries, and logs those that are slow. Thread-safe. */
final class LakeSql implements SqlEngine {
    private static final Logger LOG = LoggerFactory.getLogger(LakeSql.class);
    private static final int LOGGED_SQL = 500;

    private final QueryEngine engine;
    private final NodeConfig.QueryLimits limits;
    private final InstantSource clock;
    private final Metrics.Histogram seconds;

    LakeSql(QueryEngine engine, NodeConfig.QueryLimits limits, InstantSource clock, Metrics metrics) {
        this.engine = engine;
        this.limits = limits;
        this.clock = clock;
        this.seconds = metrics.histogram("varve_query_seconds", "Time until a query had ended, by outcome.");
    }

    /** From its start to its end; one thread. */
    private final class Measured implements AutoCloseable {
        private final long startNanos = System.nanoTime();
        private final QueryRequest request;
        private String outcome = "stopped";

        Measured(QueryRequest request) {
            this.request = request;
        }

        void failed(VarveException failure) {
            outcome = failure.code().name();
        }

        void ended() {
            outcome = "ok";
        }

        @Override
        public void close() {
            long nanos = System.nanoTime() - startNanos;
            seconds.record(nanos, "outcome", outcome);
            if (nanos > limits.slowAfter().toNanos()) {
                String sql = request.sql().replaceAll("\\s+", " ");
                LOG.info(
                        "slow query id={} millis={} outcome={} sql=\"{}\"",
                        request.id(),
                        nanos / 1_000_000,
                        outcome,
                        sql.substring(0, Math.min(sql.length(), LOGGED_SQL)));
            }
        }
    }

    @Override
    public SqlAnswer start(SqlRequest request, String id) {
        QueryRequest query = query(request, id);
        Measured measured = new Measured(query);
        try {
            return new LakeAnswer(engine.start(query), measured);
        } catch (VarveException e) {
            measured.failed(e);
            measured.close();
            throw e;
        }
    }

    @Override
    public Schema schemaOf(SqlRequest request) {
        return engine.schemaOf(query(request, "schema-" + UUID.randomUUID()));
    }

    @Override
    public long exportParquet(SqlRequest request, String id, Path target) {
        QueryRequest query = query(request, id);
        try (Measured measured = new Measured(query)) {
            try {
                long rows = engine.exportParquet(query, target);
                measured.ended();
                return rows;
            } catch (VarveException e) {
                measured.failed(e);
                throw e;
            }
        }
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

    private record LakeAnswer(Query query, Measured measured) implements SqlAnswer {
        @Override
        public Schema schema() {
            return query.schema();
        }

        @Override
        public boolean next() {
            try {
                boolean more = query.next();
                if (!more) {
                    measured.ended();
                }
                return more;
            } catch (VarveException e) {
                measured.failed(e);
                throw e;
            }
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
            try (measured) {
                query.close();
            }
        }
    }
}
