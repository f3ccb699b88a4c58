package dev.varve.query.leaf;

import dev.varve.query.plan.LeafInput;
import dev.varve.query.plan.PlannedQuery;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.apache.arrow.memory.BufferAllocator;
import org.duckdb.DuckDBChunkedResult;
import org.duckdb.DuckDBConnection;
import org.duckdb.DuckDBPreparedStatement;

/**
 * One embedded DuckDB for all queries of a node, with its settings locked and the file system closed but for the configured
 * directories.
 *
 * <p>Thread-safe. Every query has its own connection; a bounded number run at once, the others wait in order.
 */
public final class LeafEngine implements AutoCloseable {
    private static final Duration LONGEST = Duration.ofDays(365);

    private final LeafConfig config;
    private final BufferAllocator memory;
    private final DuckDBConnection root;
    private final Slots slots;
    private final ScheduledExecutorService timer;
    private final ExecutorService natives = Executors.newCachedThreadPool(
            Thread.ofPlatform().daemon().name("leaf-query-", 0).factory());
    private final OpenRegions regions = new OpenRegions();
    private final FileColumns fileColumns = new FileColumns();

    private LeafEngine(LeafConfig config, BufferAllocator memory, DuckDBConnection root) {
        this.config = config;
        this.memory = memory;
        this.root = root;
        slots = new Slots(config.maxConcurrent());
        ScheduledThreadPoolExecutor executor = new ScheduledThreadPoolExecutor(
                1, Thread.ofPlatform().daemon().name("leaf-timer").factory());
        executor.setRemoveOnCancelPolicy(true);
        timer = executor;
    }

    /** Live rows given to queries must have their memory from the same root as {@code memory}. */
    public static LeafEngine open(LeafConfig config, BufferAllocator memory) {
        try {
            Files.createDirectories(config.spillDirectory());
        } catch (IOException e) {
            throw new UncheckedIOException("cannot create " + config.spillDirectory(), e);
        }
        Properties properties = new Properties();
        properties.setProperty("jdbc_stream_results", "true");
        properties.setProperty("threads", Integer.toString(config.threads()));
        properties.setProperty("memory_limit", config.memoryBytes() + "B");
        properties.setProperty(
                "temp_directory", config.spillDirectory().toAbsolutePath().toString());
        try {
            DuckDBConnection root = (DuckDBConnection) DriverManager.getConnection("jdbc:duckdb:", properties);
            LeafEngine engine = new LeafEngine(config, memory, root);
            try {
                engine.prepare();
                return engine;
            } catch (SQLException | RuntimeException e) {
                engine.close();
                throw e;
            }
        } catch (SQLException e) {
            throw new IllegalStateException("the leaf engine does not start", e);
        }
    }

    private void prepare() throws SQLException {
        ScalarFunctions functions = new ScalarFunctions(root);
        new RegionFunctions(regions).register(functions);
        new GeometryFunctions().register(functions);
        CellFunctions.register(functions);
        String allowed = config.directories().stream()
                .map(directory ->
                        LeafSql.literal(directory.toAbsolutePath().normalize().toString()))
                .collect(Collectors.joining(", ", "[", "]"));
        try (Statement statement = root.createStatement()) {
            for (String setting : List.of(
                    "LOAD parquet",
                    "LOAD icu",
                    "LOAD json",
                    "LOAD core_functions",
                    "SET GLOBAL parquet_metadata_cache = true",
                    // As a property of the connection it is shown but not kept to.
                    "SET GLOBAL max_temp_directory_size = '" + config.spillBytes() + "B'",
                    "SET GLOBAL TimeZone = 'UTC'",
                    "SET GLOBAL autoinstall_known_extensions = false",
                    "SET GLOBAL autoload_known_extensions = false",
                    "SET GLOBAL allow_community_extensions = false",
                    "SET GLOBAL allowed_directories = " + allowed,
                    "SET GLOBAL enable_external_access = false",
                    "SET GLOBAL lock_configuration = true")) {
                statement.execute(setting);
            }
        }
    }

    /**
     * Starts a query; returns when its first rows are computed.
     *
     * @param inputs what each leaf reads; its live rows must stay until the run is closed
     * @param files where a blob's file is
     */
    public LeafRun start(PlannedQuery query, List<LeafInput> inputs, Function<String, Path> files, LeafLimits limits) {
        LeafSession session = open(query, inputs, files, limits);
        try {
            return offVirtual(() -> new LeafRun(session, config.batchRows()));
        } catch (RuntimeException | Error e) {
            session.close();
            throw e;
        }
    }

    /**
     * Writes the answer to a Parquet file (zstd), in bounded memory.
     *
     * @param target in one of the configured directories; overwritten; incomplete after an error
     * @return number of rows
     */
    public long exportParquet(
            PlannedQuery query, List<LeafInput> inputs, Function<String, Path> files, LeafLimits limits, Path target) {
        try (LeafSession session = open(query, inputs, files, limits)) {
            return offVirtual(() -> copy(session, target));
        }
    }

    private static long copy(LeafSession session, Path target) {
        try (DuckDBPreparedStatement statement = session.connection().prepare(session.copy(target))) {
            session.checkStopped();
            try (DuckDBChunkedResult result = statement.query()) {
                return result.nextChunk() ? result.chunk().vector(0).getLong(0) : 0;
            }
        } catch (SQLException | RuntimeException e) {
            throw session.failure(e);
        }
    }

    /**
     * Does native work on a platform thread when called on a virtual one, which would otherwise block one of the few
     * threads that carry all virtual ones.
     */
    <T> T offVirtual(Supplier<T> work) {
        if (!Thread.currentThread().isVirtual()) {
            return work.get();
        }
        Future<T> future = natives.submit(work::get);
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    return future.get();
                } catch (InterruptedException e) {
                    interrupted = true;
                } catch (ExecutionException e) {
                    switch (e.getCause()) {
                        case RuntimeException failure -> throw failure;
                        case Error failure -> throw failure;
                        case null, default -> throw new IllegalStateException(e);
                    }
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private LeafSession open(
            PlannedQuery query, List<LeafInput> inputs, Function<String, Path> files, LeafLimits limits) {
        long begin = System.nanoTime();
        long timeoutNanos = saturatedNanos(limits.timeout());
        slots.take(Math.min(timeoutNanos, saturatedNanos(config.maxWait())), limits.stop());
        try {
            return new LeafSession(
                    this, query, inputs, files, limits, Math.max(1, timeoutNanos - (System.nanoTime() - begin)));
        } catch (SQLException e) {
            slots.release();
            throw Failures.translate(e, isAlone());
        } catch (RuntimeException | Error e) {
            slots.release();
            throw e;
        }
    }

    private static long saturatedNanos(Duration duration) {
        return duration.compareTo(LONGEST) > 0 ? LONGEST.toNanos() : duration.toNanos();
    }

    DuckDBConnection connect() throws SQLException {
        return root.duplicate();
    }

    BufferAllocator memory() {
        return memory;
    }

    OpenRegions regions() {
        return regions;
    }

    ScheduledExecutorService timer() {
        return timer;
    }

    FileColumns fileColumns() {
        return fileColumns;
    }

    boolean isAlone() {
        return slots.isAlone();
    }

    void release() {
        slots.release();
    }

    /** Queries must have been closed before. */
    @Override
    public void close() {
        timer.shutdownNow();
        natives.shutdown();
        try {
            root.close();
        } catch (SQLException e) {
            throw new IllegalStateException("the leaf engine does not stop", e);
        }
    }
}
