package dev.varve.query;

import dev.varve.catalog.DataFile;
import dev.varve.catalog.Dataset;
import dev.varve.catalog.ScanPlan;
import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import dev.varve.query.leaf.LeafConfig;
import dev.varve.query.leaf.LeafEngine;
import dev.varve.query.leaf.LeafLimits;
import dev.varve.query.leaf.LeafRun;
import dev.varve.query.plan.LeafInput;
import dev.varve.query.plan.LeafScan;
import dev.varve.query.plan.PlannedQuery;
import dev.varve.query.sql.SqlPlanner;
import dev.varve.query.sql.SqlPlanner.Planned;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.vector.ipc.ArrowStreamWriter;
import org.apache.arrow.vector.types.pojo.ArrowType;
import org.apache.arrow.vector.types.pojo.Field;
import org.apache.arrow.vector.types.pojo.Schema;
import org.jspecify.annotations.Nullable;

/**
 * Answers SQL over the datasets of {@link Tables}: plans, prunes files, runs leaves and final SQL.
 *
 * <p>Thread-safe. On one node leaves and final SQL are one statement of the embedded engine; {@link Spread} says when other
 * nodes compute parts.
 */
public final class QueryEngine implements AutoCloseable {
    /** The largest part of a query that another node computes. */
    public static final int MOST_PART_BYTES = 8 << 20;

    private final InstantSource clock = InstantSource.system();
    private final Tables tables;
    private final Fragments fragments;
    private final SqlPlanner planner = new SqlPlanner();
    private final PlanningPool planning = new PlanningPool();
    private final PlanCache cache;
    private final LeafEngine leaf;
    private final Map<String, Query> running = new ConcurrentHashMap<>();
    private final AtomicBoolean isClosed = new AtomicBoolean();

    private QueryEngine(QueryConfig config, Tables tables, Fragments fragments, LeafEngine leaf) {
        this.tables = tables;
        this.fragments = fragments;
        this.leaf = leaf;
        cache = new PlanCache(config.cachedPlans());
    }

    /** Live rows in {@code tables} must have their memory from the same root as {@code memory}. */
    public static QueryEngine open(QueryConfig config, Tables tables, BufferAllocator memory) {
        return open(config, tables, Fragments.NONE, memory);
    }

    /** The same for a node that lets others compute parts of its queries. */
    public static QueryEngine open(QueryConfig config, Tables tables, Fragments fragments, BufferAllocator memory) {
        LeafConfig leaf = new LeafConfig(
                config.threads(),
                config.memoryBytes(),
                config.spillDirectory(),
                config.spillBytes(),
                config.directories(),
                config.maxConcurrent(),
                config.maxWait(),
                LeafConfig.DEFAULT_BATCH_ROWS);
        return new QueryEngine(config, tables, fragments, LeafEngine.open(leaf, memory));
    }

    /** Plans a query and starts it; whoever gets it closes it. */
    public Query start(QueryRequest request) {
        Query query = enter(request);
        try {
            Instant now = clock.instant();
            Planned planned = plan(request, now);
            query.planned();
            OpenLeaves leaves = OpenLeaves.open(tables, planned.query().leaves());
            query.reads(leaves);
            Spread spread = Spread.of(leaves.leaves(), fragments);
            if (planned.isExplain()) {
                query.runs(leaf.start(
                        Explanation.of(planned.query(), leaves.leaves()),
                        List.of(),
                        tables::localPath,
                        limits(request, query)));
            } else if (spread.isEmpty() || !runs(spread, request, now, query)) {
                query.runs(leaf.start(planned.query(), leaves.inputs(), tables::localPath, limits(request, query)));
            }
            return query;
        } catch (RuntimeException | Error e) {
            query.close();
            throw e;
        }
    }

    /** Lets other nodes compute parts; false if there is too much to merge, so that it has to be computed here. */
    private boolean runs(Spread spread, QueryRequest request, Instant now, Query query) {
        Set<String> rules = new HashSet<>(request.disabledRules());
        rules.add(SqlPlanner.ONE_PART_RULE);
        QueryRequest ofParts = new QueryRequest(
                request.sql(), request.params(), request.timeout(), request.limit(), request.id(), rules);
        PlannedQuery merging = plan(ofParts, now).query();
        List<LeafInput> inputs;
        try {
            inputs = spread.inputs(
                    merging.leaves(),
                    (scan, input) -> compute(merging, input, limits(request, query)),
                    (node, number, scan, blobs) -> fragments.ask(
                            node,
                            new Fragment(
                                    request.sql(),
                                    request.params(),
                                    rules,
                                    now,
                                    number,
                                    scan.dataset().name(),
                                    blobs,
                                    limits(request, query).timeout())));
        } catch (VarveException e) {
            if (e.code() != ErrorCode.TOO_LARGE) {
                throw e;
            }
            return false;
        }
        query.runs(leaf.start(merging, inputs, tables::localPath, limits(request, query)));
        return true;
    }

    /**
     * A part of another node's query: an Arrow stream of at most {@link #MOST_PART_BYTES}. Fails with {@code CONFLICT} if a
     * file is not in the newest snapshot here, and with {@code TOO_LARGE} if the answer is.
     */
    public ByteBuffer compute(Fragment fragment) {
        QueryRequest request = new QueryRequest(
                fragment.sql(),
                fragment.params(),
                fragment.timeout(),
                Long.MAX_VALUE,
                "part-" + UUID.randomUUID(),
                fragment.disabledRules());
        try (Query query = enter(request)) {
            PlannedQuery plan = plan(request, fragment.now()).query();
            LeafScan scan = plan.leaves().get(fragment.leaf());
            if (!scan.dataset().name().equals(fragment.dataset())) {
                throw new VarveException(
                        ErrorCode.CONFLICT,
                        "leaf " + fragment.leaf() + " reads " + scan.dataset().name());
            }
            try (Tables.View view = tables.open(scan.dataset())) {
                Map<String, DataFile> files =
                        view.snapshot().files().stream().collect(Collectors.toMap(DataFile::blob, file -> file));
                List<DataFile> wanted = new ArrayList<>();
                for (String blob : fragment.blobs()) {
                    DataFile file = files.get(blob);
                    if (file == null) {
                        throw new VarveException(ErrorCode.CONFLICT, blob + " is not in the newest snapshot here");
                    }
                    wanted.add(file);
                }
                ScanPlan read = ScanPlan.ofPlain(wanted, new ScanPlan.Skipped(0, 0, 0, 0));
                return compute(plan, new LeafInput(scan, read, List.of()), limits(request, query));
            }
        }
    }

    /** What a leaf of a plan makes of an input, as an Arrow stream. */
    private ByteBuffer compute(PlannedQuery plan, LeafInput input, LeafLimits limits) {
        PlannedQuery part = new PlannedQuery(
                List.of(input.leaf()), "SELECT * FROM " + input.leaf().name(), new Schema(List.of()), plan.regions());
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (LeafRun run = leaf.start(part, List.of(input), tables::localPath, limits);
                ArrowStreamWriter writer = new ArrowStreamWriter(run.batch(), null, Channels.newChannel(bytes))) {
            writer.start();
            while (run.next()) {
                writer.writeBatch();
                if (bytes.size() > MOST_PART_BYTES) {
                    throw new VarveException(
                            ErrorCode.TOO_LARGE, "the groups of a part have more than " + MOST_PART_BYTES + " bytes");
                }
            }
            writer.end();
        } catch (IOException e) {
            throw new IllegalStateException("nothing is written but memory", e);
        }
        return ByteBuffer.wrap(bytes.toByteArray());
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
        return plan(request, clock.instant());
    }

    private Planned plan(QueryRequest request, Instant now) {
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
        SqlPlanner.Statement statement =
                new SqlPlanner.Statement(request.sql(), positional, named, datasets, request.disabledRules(), now);
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
