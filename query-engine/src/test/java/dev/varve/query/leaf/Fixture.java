package dev.varve.query.leaf;

import dev.varve.catalog.DataFile;
import dev.varve.catalog.Dataset;
import dev.varve.catalog.ScanPlan;
import dev.varve.model.Column;
import dev.varve.model.ColumnType;
import dev.varve.model.DatasetName;
import dev.varve.model.Schema;
import dev.varve.model.TimeGrain;
import dev.varve.model.predicate.Predicate;
import dev.varve.query.plan.LeafInput;
import dev.varve.query.plan.LeafScan;
import dev.varve.query.plan.PlannedQuery;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.types.FloatingPointPrecision;
import org.apache.arrow.vector.types.TimeUnit;
import org.apache.arrow.vector.types.pojo.ArrowType;
import org.apache.arrow.vector.types.pojo.Field;
import org.jspecify.annotations.Nullable;

/** An engine over a folder of small files, and plans with hand-written SQL. */
final class Fixture implements AutoCloseable {
    static final Duration LONG = Duration.ofMinutes(2);
    static final ArrowType BIGINT = new ArrowType.Int(64, true);
    static final ArrowType DOUBLE = new ArrowType.FloatingPoint(FloatingPointPrecision.DOUBLE);
    static final ArrowType TEXT = ArrowType.Utf8.INSTANCE;
    static final ArrowType TIME = new ArrowType.Timestamp(TimeUnit.MICROSECOND, "UTC");

    final BufferAllocator memory = new RootAllocator();
    final Path folder;
    final LeafEngine engine;

    Fixture(Path folder) {
        this(folder, config(folder));
    }

    Fixture(Path folder, LeafConfig config) {
        this.folder = folder;
        engine = LeafEngine.open(config, memory);
    }

    static LeafConfig config(Path folder) {
        return LeafConfig.defaults(folder.resolve("spill"), List.of(folder));
    }

    @Override
    public void close() {
        engine.close();
        memory.close();
    }

    /** A query without leaves. */
    static PlannedQuery plan(String sql, Field... columns) {
        return plan(List.of(), sql, columns);
    }

    static PlannedQuery plan(List<LeafScan> leaves, String sql, Field... columns) {
        return new PlannedQuery(leaves, sql, new org.apache.arrow.vector.types.pojo.Schema(List.of(columns)), Map.of());
    }

    static Field column(String name, ArrowType type) {
        return Field.nullable(name, type);
    }

    static Dataset dataset(List<String> key, Column... own) {
        return new Dataset(new DatasetName("d"), UUID.randomUUID(), new Schema(List.of(own), key, 9), "d", Map.of());
    }

    static LeafScan leaf(Dataset dataset, List<String> columns, List<String> filterColumns, @Nullable String filter) {
        return new LeafScan("leaf_0", dataset, columns, filterColumns, Predicate.ALL, null, filter, null);
    }

    static DataFile file(String name, long run) {
        return new DataFile(name, 1, 1, run, TimeGrain.NONE, 0, 0, 1, null, Map.of());
    }

    static ScanPlan plain(DataFile... files) {
        return ScanPlan.ofPlain(List.of(files), new ScanPlan.Skipped(0, 0, 0, 0));
    }

    /** Writes the rows of a SELECT, as another DuckDB has them, to a file of the folder. */
    void write(String name, String select) throws SQLException {
        try (Connection connection = DriverManager.getConnection("jdbc:duckdb:");
                Statement statement = connection.createStatement()) {
            statement.execute("COPY (" + select + ") TO '" + folder.resolve(name) + "' (FORMAT parquet)");
        }
    }

    LeafRun start(PlannedQuery query, LeafInput... inputs) {
        return start(query, LeafLimits.within(LONG), inputs);
    }

    LeafRun start(PlannedQuery query, LeafLimits limits, LeafInput... inputs) {
        return engine.start(query, List.of(inputs), folder::resolve, limits);
    }

    /** All rows as text. */
    List<List<String>> rows(PlannedQuery query, LeafInput... inputs) {
        return rows(query, LeafLimits.within(LONG), inputs);
    }

    List<List<String>> rows(PlannedQuery query, LeafLimits limits, LeafInput... inputs) {
        List<List<String>> rows = new ArrayList<>();
        try (LeafRun run = start(query, limits, inputs)) {
            while (run.next()) {
                VectorSchemaRoot batch = run.batch();
                for (int row = 0; row < batch.getRowCount(); row++) {
                    List<String> values = new ArrayList<>();
                    for (FieldVector vector : batch.getFieldVectors()) {
                        values.add(String.valueOf(vector.getObject(row)));
                    }
                    rows.add(values);
                }
            }
        }
        return rows;
    }

    /** The one value of a query without leaves, as text. */
    String value(String expression, ArrowType type) {
        return rows(plan("SELECT (SELECT " + expression + ") AS v", column("v", type)))
                .getFirst()
                .getFirst();
    }

    static Column own(String name, ColumnType type) {
        return new Column(name, type);
    }
}
