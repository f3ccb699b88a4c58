package dev.varve.query;

import dev.varve.catalog.Dataset;
import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import dev.varve.query.leaf.LeafConfig;
import dev.varve.query.leaf.LeafEngine;
import dev.varve.query.leaf.LeafLimits;
import dev.varve.query.plan.PlannedQuery;
import dev.varve.query.sql.SqlPlanner;
import dev.varve.query.sql.SqlPlanner.Planned;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.vector.types.pojo.ArrowType;
import org.apache.arrow.vector.types.pojo.Field;
import org.apache.arrow.vector.types.pojo.Schema;
import org.jspecify.annotations.Nullable;

/**
 * Answers SQL over the datasets of {@link Tables}: plans, prunes files, runs leaves and final SQL.
 *
 * <p>Thread-safe. On one node leaves and final SQL are one statement of the embedded engine.
 */
public final class QueryEngine implements AutoCloseable {
    private final InstantSource clock = InstantSource.system();
    private final Tables tables;
    private final SqlPlanner planner = new SqlPlanner();
    private final PlanningPool planning = new PlanningPool();
    private final PlanCache cache;
    private final LeafEngine leaf;
    private final Map<String, Query> running = new ConcurrentHashMap<>();
    private final AtomicBoolean isClosed = new AtomicBoolean();

    private QueryEngine(QueryConfig config, Tables tables, LeafEngine leaf) {
        this.tables = tables;
        this.leaf = leaf;
        cache = new PlanCache(config.cachedPlans());
    }

    /** Live rows in {@code tables} must have their memory from the same root as {@code memory}. */
    public static QueryEngine open(QueryConfig config, Tables tables, BufferAllocator memory) {
        LeafConfig leaf = new LeafConfig(
                config.threads(),
                config.memoryBytes(),
                config.spillDirectory(),
                config.spillBytes(),
                config.directories(),
                config.maxConcurrent(),
                config.maxWait(),
                LeafConfig.DEFAULT_BATCH_ROWS);
        return new QueryEngine(config, tables, LeafEngine.open(leaf, memory));
    }

    /** Plans a query and starts it; whoever gets it closes it. */
    public Query start(QueryRequest request) {
        Query query = enter(request);
        try {
            Planned planned = plan(request);
            query.planned();
            OpenLeaves leaves = OpenLeaves.open(tables, planned.query().leaves());
            query.reads(leaves);
            query.runs(
                    planned.isExplain()
                            ? leaf.start(
                                    Explanation.of(planned.query(), leaves.leaves()),
                                    List.of(),
                                    tables::localPath,
                                    limits(request, query))
                            : leaf.start(planned.query(), leaves.inputs(), tables::localPath, limits(request, query)));
            return query;
        } catch (RuntimeException | Error e) {
            query.close();
            throw e;
        }
    }

    private Query enter(QueryRequest request) {
        Query query = new Query(this, new RunningQuery(request.id(), request.sql(), clock.instant()));
        if (running.putIfAbsent(request.id(), query) != null) {
            throw new VarveException(ErrorCode.CONFLICT, "query id '" + request.id() + "' is running already")
                    .withHint("send another id, or none");
        }
        // Asked after it can be seen: either this refuses, or close ends it.
        if (isClosed.get()) {
            ended(query);
            throw new VarveException(ErrorCode.NOT_READY, "the node is stopping")
                    .withHint("ask another node, or later");
        }
        return query;
    }

    private static LeafLimits limits(QueryRequest request, Query query) {
        Duration left = request.timeout().minusNanos(query.elapsedNanos());
        return new LeafLimits(request.limit(), left.isNegative() ? Duration.ZERO : left, query.cancellation());
    }

    private Planned plan(QueryRequest request) {
        List<Dataset> datasets = tables.datasets();
        PlanCache.Key key = new PlanCache.Key(request.sql(), request.params(), request.disabledRules());
        Planned cached = cache.get(key, datasets);
        if (cached != null) {
            return cached;
        }
        List<@Nullable Object> positional =
                request.params() instanceof Params.Positional(List<@Nullable Object> values) ? values : List.of();
        Map<String, @Nullable Object> named =
                request.params() instanceof Params.Named(Map<String, @Nullable Object> values) ? values : Map.of();
        SqlPlanner.Statement statement = new SqlPlanner.Statement(
                request.sql(), positional, named, datasets, request.disabledRules(), clock.instant());
        Planned planned = planning.call(() -> planner.plan(statement), request.timeout());
        cache.put(key, planned);
        return planned;
    }

    /** The columns of the answer; nothing is run. */
    public Schema schemaOf(QueryRequest request) {
        Planned planned = plan(request);
        return planned.isExplain()
                ? new Schema(List.of(Field.nullable("plan", ArrowType.Utf8.INSTANCE)))
                : planned.query().columns();
    }

    /** Writes the whole answer to a Parquet file in one of the configured directories; returns its rows. */
    public long exportParquet(QueryRequest request, Path target) {
        try (Query query = enter(request)) {
            Planned planned = plan(request);
            query.planned();
            OpenLeaves leaves = OpenLeaves.open(tables, planned.query().leaves());
            query.reads(leaves);
            PlannedQuery answer =
                    planned.isExplain() ? Explanation.of(planned.query(), leaves.leaves()) : planned.query();
            return leaf.exportParquet(
                    answer,
                    planned.isExplain() ? List.of() : leaves.inputs(),
                    tables::localPath,
                    limits(request, query),
                    target);
        }
    }

    /** Queries that have not ended, oldest first. */
    public List<RunningQuery> running() {
        return running.values().stream()
                .map(Query::description)
                .sorted(Comparator.comparing(RunningQuery::started))
                .toList();
    }

    /** Ends a running query with {@code CANCELLED}; false if there is none of that id. */
    public boolean cancel(String id) {
        Query query = running.get(id);
        if (query == null) {
            return false;
        }
        query.cancellation().cancel();
        return true;
    }

    void ended(Query query) {
        running.remove(query.id(), query);
    }

    /**
     * Plans and runs small queries until the code they need is loaded and compiled, for a second or two, so that the first
     * real ones do not pay for it. Reads no file of a time after 1700.
     */
    public void warmUp() {
        new WarmUp(this, tables).run(isClosed::get);
    }

    /** Cancels what runs. */
    @Override
    public void close() {
        isClosed.set(true);
        running.values().forEach(query -> query.cancellation().cancel());
        running.values().forEach(Query::close);
        planning.close();
        leaf.close();
    }
}
