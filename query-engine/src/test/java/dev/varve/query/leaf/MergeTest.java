package dev.varve.query.leaf;

import static dev.varve.query.leaf.Fixture.column;
import static dev.varve.query.leaf.Fixture.own;
import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.catalog.DataFile;
import dev.varve.catalog.Dataset;
import dev.varve.catalog.ScanPlan;
import dev.varve.catalog.Snapshot;
import dev.varve.catalog.Snapshot.ClosedTimeRange;
import dev.varve.model.ColumnType;
import dev.varve.model.TimeGrain;
import dev.varve.model.predicate.Predicate;
import dev.varve.query.plan.LeafInput;
import dev.varve.query.plan.LeafScan;
import dev.varve.query.plan.PlannedQuery;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import org.apache.arrow.vector.BigIntVector;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.TimeStampMicroVector;
import org.apache.arrow.vector.VarCharVector;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.types.pojo.Schema;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Random runs, versions and live rows; the answer is that of a map from key and time to the last value. */
class MergeTest {
    private static final Dataset KEYED =
            Fixture.dataset(List.of("station"), own("station", ColumnType.STRING), own("value", ColumnType.LONG));
    private static final Dataset PLAIN =
            Fixture.dataset(List.of(), own("station", ColumnType.STRING), own("value", ColumnType.LONG));

    @TempDir
    Path folder;

    private Fixture fixture;

    record Row(long time, @Nullable String station, long value) {}

    record Key(long time, @Nullable String station) {}

    static LongStream seeds() {
        Long one = Long.getLong("varve.seed");
        return one == null ? LongStream.range(0, 60) : LongStream.of(one);
    }

    @BeforeEach
    void open() {
        fixture = new Fixture(folder);
    }

    @AfterEach
    void everythingIsReleased() {
        fixture.close();
    }

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("seeds")
    void theLastVersionHolds(long seed) throws SQLException {
        Random random = new Random(seed);
        boolean keyed = random.nextInt(4) > 0;
        Map<Key, Row> last = new LinkedHashMap<>();
        List<Row> all = new ArrayList<>();
        List<DataFile> files = new ArrayList<>();
        int runs = random.nextInt(6);
        int span = 1 + random.nextInt(40);
        for (int run = 0; run < runs; run++) {
            List<Row> rows = rows(random, random.nextInt(span), random.nextInt(60) + 1, keyed);
            rows.forEach(row -> last.put(new Key(row.time, row.station), row));
            all.addAll(rows);
            int cut = random.nextInt(rows.size());
            files.add(file("r" + run + "b", run + 5L, rows.subList(cut, rows.size()), random));
            if (cut > 0) {
                files.add(file("r" + run + "a", run + 5L, rows.subList(0, cut), random));
            }
        }
        Collections.shuffle(files, random);
        List<VectorSchemaRoot> live = new ArrayList<>();
        List<ClosedTimeRange> liveTimes = new ArrayList<>();
        for (int batch = random.nextInt(4); batch > 0; batch--) {
            List<Row> rows = rows(random, random.nextInt(span), 1 + random.nextInt(80), false);
            rows.forEach(row -> last.put(new Key(row.time, row.station), row));
            all.addAll(rows);
            live.add(batch(rows));
            liveTimes.add(times(rows));
        }
        Dataset dataset = keyed ? KEYED : PLAIN;
        ScanPlan plan = new Snapshot(dataset, 1, 1, TimeGrain.NONE, files).plan(Predicate.ALL, liveTimes);
        long least = random.nextInt(200);
        long mostTime = random.nextInt(50);
        boolean filtered = random.nextBoolean();
        String keyFilter = "epoch_us(\"time\") <= " + mostTime;
        LeafScan leaf = new LeafScan(
                "leaf_0",
                dataset,
                List.of("time", "station", "value"),
                List.of("time", "value"),
                Predicate.ALL,
                filtered && random.nextBoolean() ? keyFilter : null,
                filtered ? keyFilter + " AND \"value\" >= " + least : null,
                null);
        try {
            PlannedQuery query = Fixture.plan(
                    List.of(leaf),
                    "SELECT epoch_us(\"time\") AS t, station, value FROM leaf_0",
                    column("t", Fixture.BIGINT),
                    column("station", Fixture.TEXT),
                    column("value", Fixture.BIGINT));
            LeafInput input = new LeafInput(leaf, plan, live);
            List<Row> expected = (keyed ? last.values() : all)
                    .stream()
                            .filter(row -> !filtered || (row.time <= mostTime && row.value >= least))
                            .toList();
            assertThat(fixture.rows(query, input))
                    .containsExactlyInAnyOrderElementsOf(expected.stream()
                            .map(row -> List.of(
                                    Long.toString(row.time), String.valueOf(row.station), Long.toString(row.value)))
                            .toList());
            LeafScan counting = new LeafScan(
                    "leaf_0",
                    leaf.dataset(),
                    List.of(),
                    leaf.filterColumns(),
                    Predicate.ALL,
                    leaf.keyFilter(),
                    leaf.filter(),
                    "SELECT count(*) AS n FROM rows_0");
            assertThat(fixture.rows(
                            Fixture.plan(
                                    List.of(counting), "SELECT sum(n) AS n FROM leaf_0", column("n", Fixture.BIGINT)),
                            new LeafInput(counting, input.files(), live)))
                    .containsExactly(List.of(Integer.toString(expected.size())));
        } finally {
            live.forEach(VectorSchemaRoot::close);
        }
    }

    /** Rows of one run; without repeated keys if asked. */
    private static List<Row> rows(Random random, long firstTime, int count, boolean distinct) {
        Map<Key, Row> byKey = new TreeMap<>(Comparator.comparingLong(Key::time)
                .thenComparing(Key::station, Comparator.nullsFirst(Comparator.naturalOrder())));
        List<Row> rows = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            int station = random.nextInt(6);
            Row row = new Row(firstTime + random.nextInt(12), station == 0 ? null : "s" + station, random.nextInt(400));
            byKey.put(new Key(row.time, row.station), row);
            rows.add(row);
        }
        return distinct ? new ArrayList<>(byKey.values()) : rows;
    }

    private static ClosedTimeRange times(List<Row> rows) {
        return new ClosedTimeRange(
                rows.stream().mapToLong(Row::time).min().orElseThrow(),
                rows.stream().mapToLong(Row::time).max().orElseThrow());
    }

    /** Some files claim many rows, so that only those at contested times are looked up. */
    private DataFile file(String name, long run, List<Row> rows, Random random) throws SQLException {
        String values = rows.stream()
                .map(row -> "(make_timestamp(" + row.time + "), "
                        + (row.station == null ? "NULL" : "'" + row.station + "'") + ", " + row.value + ")")
                .collect(Collectors.joining(", "));
        fixture.write(
                name,
                "SELECT c0::TIMESTAMP AS time, c1::VARCHAR AS station, c2::BIGINT AS value FROM (VALUES " + values
                        + ") AS t(c0, c1, c2)");
        ClosedTimeRange times = times(rows);
        return new DataFile(
                name,
                random.nextBoolean() ? rows.size() : 1_000_000,
                1,
                run,
                TimeGrain.NONE,
                0,
                times.firstMicros(),
                times.lastMicros(),
                null,
                Map.of());
    }

    private VectorSchemaRoot batch(List<Row> rows) {
        VectorSchemaRoot root = VectorSchemaRoot.create(
                new Schema(KEYED.schema().all().stream().map(ColumnTypes::field).toList()), fixture.memory);
        root.getFieldVectors().forEach(FieldVector::allocateNew);
        for (int i = 0; i < rows.size(); i++) {
            Row row = rows.get(i);
            ((TimeStampMicroVector) root.getVector("time")).setSafe(i, row.time);
            if (row.station != null) {
                ((VarCharVector) root.getVector("station")).setSafe(i, row.station.getBytes(StandardCharsets.UTF_8));
            }
            ((BigIntVector) root.getVector("value")).setSafe(i, row.value);
        }
        root.setRowCount(rows.size());
        return root;
    }
}
