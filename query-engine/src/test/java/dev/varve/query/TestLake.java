package dev.varve.query;

import dev.varve.catalog.DataFile;
import dev.varve.catalog.DataFile.CellBounds;
import dev.varve.catalog.DataFile.ColumnBounds;
import dev.varve.catalog.Dataset;
import dev.varve.catalog.Snapshot;
import dev.varve.model.Column;
import dev.varve.model.ColumnType;
import dev.varve.model.DatasetName;
import dev.varve.model.Schema;
import dev.varve.model.TimeGrain;
import dev.varve.model.space.H3Cells;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.BigIntVector;
import org.apache.arrow.vector.BitVector;
import org.apache.arrow.vector.DateDayVector;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.Float4Vector;
import org.apache.arrow.vector.Float8Vector;
import org.apache.arrow.vector.IntVector;
import org.apache.arrow.vector.TimeStampMicroTZVector;
import org.apache.arrow.vector.TimeStampMicroVector;
import org.apache.arrow.vector.VarBinaryVector;
import org.apache.arrow.vector.VarCharVector;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.types.DateUnit;
import org.apache.arrow.vector.types.FloatingPointPrecision;
import org.apache.arrow.vector.types.TimeUnit;
import org.apache.arrow.vector.types.pojo.ArrowType;
import org.apache.arrow.vector.types.pojo.Field;
import org.jspecify.annotations.NullUnmarked;

/** A small lake of files and live rows built by hand, and the same rows as tables of a plain DuckDB, the oracle. */
@NullUnmarked
final class TestLake implements Tables, AutoCloseable {
    private final Path directory;
    private final Connection oracle;
    private final BufferAllocator memory = new RootAllocator();
    private final Map<String, Snapshot> snapshots = new TreeMap<>();
    private final Map<String, List<VectorSchemaRoot>> live = new HashMap<>();
    private final AtomicInteger openViews = new AtomicInteger();
    private final AtomicInteger ids = new AtomicInteger();
    private final QueryEngine engine;

    TestLake(Path directory) throws SQLException {
        this.directory = directory;
        oracle = DriverManager.getConnection("jdbc:duckdb:");
        engine = QueryEngine.open(QueryConfig.defaults(directory.resolve("spill"), List.of(directory)), this, memory);
    }

    /** Another node's engine; whoever gets it closes it. */
    QueryEngine open(Fragments fragments) {
        return QueryEngine.open(
                QueryConfig.defaults(directory.resolve("spill"), List.of(directory)), this, fragments, memory);
    }

    QueryEngine engine() {
        return engine;
    }

    int openViews() {
        return openViews.get();
    }

    BufferAllocator memory() {
        return memory;
    }

    /** Rows as maps by column without cell and system columns; one group of rows a file, the last group live. */
    void add(String name, Schema schema, List<List<Map<String, Object>>> groups) throws SQLException {
        add(
                name,
                schema,
                groups.subList(0, groups.size() - 1).stream().map(List::of).toList(),
                List.of(groups.getLast()),
                0);
    }

    /**
     * Runs of files and batches of live rows, in the order they came; of two rows of one key the one in the later run or
     * batch holds.
     *
     * @param claimedRows added to each file's number of rows, to have it treated as a big one
     */
    void add(
            String name,
            Schema schema,
            List<List<List<Map<String, Object>>>> runs,
            List<List<Map<String, Object>>> liveBatches,
            long claimedRows)
            throws SQLException {
        Dataset dataset = new Dataset(new DatasetName(name), UUID.randomUUID(), schema, name, Map.of());
        String columns = schema.all().stream()
                .map(column -> '"' + column.name() + "\" " + duck(column.type()))
                .collect(Collectors.joining(", "));
        try (Statement statement = oracle.createStatement()) {
            statement.execute("CREATE TABLE " + name + " (" + columns + ")");
        }
        List<DataFile> files = new ArrayList<>();
        long version = 0;
        for (List<List<Map<String, Object>>> run : runs) {
            version++;
            for (List<Map<String, Object>> group : run) {
                if (!group.isEmpty()) {
                    List<Map<String, Object>> rows = completed(group, schema, version);
                    insert(dataset, name, rows);
                    files.add(file(dataset, rows, (int) version - 1, files.size(), claimedRows));
                }
            }
        }
        List<VectorSchemaRoot> batches = new ArrayList<>();
        for (List<Map<String, Object>> group : liveBatches) {
            if (!group.isEmpty()) {
                List<Map<String, Object>> rows = completed(group, schema, ++version);
                insert(dataset, name, rows);
                batches.add(batch(schema, rows));
            }
        }
        files.sort(Comparator.comparingLong(DataFile::firstMicros));
        snapshots.put(name, new Snapshot(dataset, 1, 1, TimeGrain.NONE, files));
        live.put(name, batches);
        if (schema.isKeyed()) {
            String keys = String.join(", ", schema.key());
            try (Statement statement = oracle.createStatement()) {
                statement.execute("CREATE OR REPLACE TABLE " + name + " AS SELECT * FROM " + name
                        + " QUALIFY row_number() OVER (PARTITION BY time, " + keys + " ORDER BY version DESC) = 1");
            }
        }
    }

    private static List<Map<String, Object>> completed(List<Map<String, Object>> group, Schema schema, long version) {
        List<Map<String, Object>> rows = new ArrayList<>();
        for (Map<String, Object> given : group) {
            Map<String, Object> row = new LinkedHashMap<>(given);
            Double lat = (Double) row.get("lat");
            Double lon = (Double) row.get("lon");
            row.put("cell", lat == null || lon == null ? null : H3Cells.of(lat, lon, schema.h3Resolution()));
            row.put("recorded_at", LocalDateTime.of(2030, 1, 1, 0, 0));
            row.put("version", version);
            rows.add(row);
        }
        return rows;
    }

    private void insert(Dataset dataset, String table, List<Map<String, Object>> rows) throws SQLException {
        List<Column> all = dataset.schema().all();
        try (Statement statement = oracle.createStatement()) {
            for (int first = 0; first < rows.size(); first += 1_000) {
                String values = rows.subList(first, Math.min(rows.size(), first + 1_000)).stream()
                        .map(row -> all.stream()
                                .map(column -> literal(row.get(column.name())))
                                .collect(Collectors.joining(", ", "(", ")")))
                        .collect(Collectors.joining(", "));
                statement.execute("INSERT INTO " + table + " VALUES " + values);
            }
        }
    }

    private static String literal(Object value) {
        return switch (value) {
            case null -> "NULL";
            case Double number -> "DOUBLE '" + number + "'";
            case Float number -> "FLOAT '" + number + "'";
            case Number number -> number.toString();
            case Boolean truth -> truth.toString();
            default -> "'" + value.toString().replace("'", "''") + "'";
        };
    }

    private DataFile file(Dataset dataset, List<Map<String, Object>> rows, int run, int number, long claimedRows)
            throws SQLException {
        String blob = dataset.name() + "-" + number + ".parquet";
        Path path = directory.resolve(blob);
        String scratch = "scratch_" + dataset.name() + number;
        try (Statement statement = oracle.createStatement()) {
            statement.execute("CREATE TABLE " + scratch + " AS SELECT * FROM " + dataset.name() + " LIMIT 0");
            insert(dataset, scratch, rows);
            statement.execute("COPY (SELECT * FROM " + scratch + " ORDER BY cell, time) TO '" + path
                    + "' (FORMAT parquet, ROW_GROUP_SIZE 2048)");
            statement.execute("DROP TABLE " + scratch);
        }
        long first = Long.MAX_VALUE;
        long last = Long.MIN_VALUE;
        CellBounds cells = null;
        for (Map<String, Object> row : rows) {
            long micros = micros((LocalDateTime) row.get("time"));
            first = Math.min(first, micros);
            last = Math.max(last, micros);
            if (row.get("cell") instanceof Long cell) {
                cells = cells == null
                        ? new CellBounds(cell, cell)
                        : new CellBounds(Math.min(cells.first(), cell), Math.max(cells.last(), cell));
            }
        }
        Map<String, ColumnBounds> bounds = new HashMap<>();
        for (Column column : dataset.schema().columns()) {
            bounds.put(column.name(), bounds(column, rows));
        }
        return new DataFile(
                blob,
                rows.size() + claimedRows,
                path.toFile().length(),
                run,
                TimeGrain.NONE,
                0,
                first,
                last,
                cells,
                bounds);
    }

    @SuppressWarnings({"unchecked", "rawtypes"})
    private static ColumnBounds bounds(Column column, List<Map<String, Object>> rows) {
        Comparable low = null;
        Comparable high = null;
        long nulls = 0;
        for (Map<String, Object> row : rows) {
            Object value = row.get(column.name());
            if (value == null) {
                nulls++;
                continue;
            }
            Comparable comparable = switch (value) {
                case Boolean truth -> truth ? 1L : 0L;
                case Integer number -> number.longValue();
                case Float number -> number.doubleValue();
                case LocalDate date -> date.toEpochDay();
                case LocalDateTime time -> micros(time);
                default -> (Comparable) value;
            };
            low = low == null || comparable.compareTo(low) < 0 ? comparable : low;
            high = high == null || comparable.compareTo(high) > 0 ? comparable : high;
        }
        return new ColumnBounds(low, high, nulls);
    }

    static long micros(LocalDateTime time) {
        return ChronoUnit.MICROS.between(LocalDate.EPOCH.atStartOfDay(), time);
    }

    private static String duck(ColumnType type) {
        return switch (type) {
            case BOOLEAN -> "BOOLEAN";
            case INT -> "INTEGER";
            case LONG -> "BIGINT";
            case FLOAT -> "FLOAT";
            case DOUBLE -> "DOUBLE";
            case STRING -> "VARCHAR";
            case TIMESTAMP -> "TIMESTAMP";
            case DATE -> "DATE";
            case BINARY -> "BLOB";
        };
    }

    private VectorSchemaRoot batch(Schema schema, List<Map<String, Object>> rows) {
        List<Field> fields = new ArrayList<>();
        for (Column column : schema.all()) {
            ArrowType type = switch (column.type()) {
                case BOOLEAN -> ArrowType.Bool.INSTANCE;
                case INT -> new ArrowType.Int(32, true);
                case LONG -> new ArrowType.Int(64, true);
                case FLOAT -> new ArrowType.FloatingPoint(FloatingPointPrecision.SINGLE);
                case DOUBLE -> new ArrowType.FloatingPoint(FloatingPointPrecision.DOUBLE);
                case STRING -> ArrowType.Utf8.INSTANCE;
                case TIMESTAMP -> new ArrowType.Timestamp(TimeUnit.MICROSECOND, null);
                case DATE -> new ArrowType.Date(DateUnit.DAY);
                case BINARY -> ArrowType.Binary.INSTANCE;
            };
            fields.add(Field.nullable(column.name(), type));
        }
        VectorSchemaRoot root = VectorSchemaRoot.create(new org.apache.arrow.vector.types.pojo.Schema(fields), memory);
        root.allocateNew();
        for (int row = 0; row < rows.size(); row++) {
            for (FieldVector vector : root.getFieldVectors()) {
                set(vector, row, rows.get(row).get(vector.getName()));
            }
        }
        root.setRowCount(rows.size());
        return root;
    }

    private static void set(FieldVector vector, int row, Object value) {
        if (value == null) {
            vector.setNull(row);
            return;
        }
        switch (vector) {
            case BitVector bits -> bits.setSafe(row, (Boolean) value ? 1 : 0);
            case IntVector ints -> ints.setSafe(row, (Integer) value);
            case BigIntVector longs -> longs.setSafe(row, (Long) value);
            case Float4Vector floats -> floats.setSafe(row, (Float) value);
            case Float8Vector doubles -> doubles.setSafe(row, (Double) value);
            case VarCharVector texts -> texts.setSafe(row, ((String) value).getBytes(StandardCharsets.UTF_8));
            case TimeStampMicroVector times -> times.setSafe(row, micros((LocalDateTime) value));
            case DateDayVector days -> days.setSafe(row, (int) ((LocalDate) value).toEpochDay());
            case VarBinaryVector bytes -> bytes.setSafe(row, (byte[]) value);
            default -> throw new IllegalArgumentException(vector.getField().toString());
        }
    }

    @Override
    public List<Dataset> datasets() {
        return snapshots.values().stream().map(Snapshot::dataset).toList();
    }

    @Override
    public View open(Dataset dataset) {
        openViews.incrementAndGet();
        return new View() {
            @Override
            public Snapshot snapshot() {
                return snapshots.get(dataset.name().value());
            }

            @Override
            public List<VectorSchemaRoot> live() {
                return live.get(dataset.name().value());
            }

            @Override
            public void close() {
                openViews.decrementAndGet();
            }
        };
    }

    @Override
    public Path localPath(String blob) {
        return directory.resolve(blob);
    }

    /** An answer: names of columns and rows of texts. */
    record Answer(List<String> columns, List<List<String>> rows, QueryStats stats) {
        List<String> lines() {
            return rows.stream().map(row -> String.join("|", row)).toList();
        }
    }

    QueryRequest request(String sql, Object... params) {
        return new QueryRequest(
                sql,
                new Params.Positional(java.util.Arrays.asList(params)),
                Duration.ofSeconds(60),
                Long.MAX_VALUE,
                "q" + ids.incrementAndGet());
    }

    Answer ask(String sql, Object... params) {
        return ask(request(sql, params));
    }

    Answer ask(QueryRequest request) {
        return ask(engine, request);
    }

    /** Asks another engine over this lake. */
    Answer ask(QueryEngine engine, QueryRequest request) {
        try (Query query = engine.start(request)) {
            List<List<String>> rows = new ArrayList<>();
            while (query.next()) {
                VectorSchemaRoot batch = query.batch();
                for (int row = 0; row < batch.getRowCount(); row++) {
                    List<String> values = new ArrayList<>();
                    for (FieldVector vector : batch.getFieldVectors()) {
                        values.add(text(vector, row));
                    }
                    rows.add(values);
                }
            }
            List<String> names =
                    query.schema().getFields().stream().map(Field::getName).toList();
            return new Answer(names, rows, query.stats());
        }
    }

    private static String text(FieldVector vector, int row) {
        if (vector.isNull(row)) {
            return "null";
        }
        return switch (vector) {
            case TimeStampMicroTZVector times -> {
                long micros = times.get(row);
                yield time(LocalDateTime.ofEpochSecond(
                        Math.floorDiv(micros, 1_000_000L),
                        (int) Math.floorMod(micros, 1_000_000L) * 1_000,
                        ZoneOffset.UTC));
            }
            case DateDayVector days -> LocalDate.ofEpochDay(days.get(row)).toString();
            case VarBinaryVector bytes -> java.util.HexFormat.of().formatHex(bytes.get(row));
            case BitVector bits -> bits.get(row) == 1 ? "true" : "false";
            case Float8Vector doubles -> number(doubles.get(row));
            case Float4Vector floats -> number(floats.get(row));
            default -> String.valueOf(vector.getObject(row));
        };
    }

    /** Twelve digits: sums may be added in another order. */
    private static String number(double value) {
        if (value == Math.rint(value) && Math.abs(value) < 1e15) {
            return Long.toString((long) value);
        }
        return new java.math.BigDecimal(value)
                .round(new java.math.MathContext(10))
                .stripTrailingZeros()
                .toPlainString();
    }

    private static String time(LocalDateTime time) {
        return time.toString().replace('T', ' ');
    }

    /** What a plain DuckDB answers over the same rows. */
    Answer oracle(String sql) throws SQLException {
        try (Statement statement = oracle.createStatement();
                ResultSet result = statement.executeQuery(sql)) {
            ResultSetMetaData meta = result.getMetaData();
            List<String> names = new ArrayList<>();
            for (int i = 1; i <= meta.getColumnCount(); i++) {
                names.add(meta.getColumnName(i));
            }
            List<List<String>> rows = new ArrayList<>();
            while (result.next()) {
                List<String> values = new ArrayList<>();
                for (int i = 1; i <= names.size(); i++) {
                    values.add(text(result.getObject(i)));
                }
                rows.add(values);
            }
            return new Answer(names, rows, new QueryStats(rows.size(), 0, 0, 0, 0, 0, 0, 0));
        }
    }

    private static String text(Object value) {
        return switch (value) {
            case null -> "null";
            case java.sql.Timestamp time -> time(time.toLocalDateTime());
            case LocalDateTime time -> time(time);
            case java.time.OffsetDateTime time ->
                time(time.withOffsetSameInstant(ZoneOffset.UTC).toLocalDateTime());
            case Double number -> number(number);
            case Float number -> number(number);
            case java.math.BigDecimal number -> number(number.doubleValue());
            default -> value.toString();
        };
    }

    @Override
    public void close() {
        engine.close();
        live.values().forEach(batches -> batches.forEach(VectorSchemaRoot::close));
        memory.close();
        try {
            oracle.close();
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }
}
