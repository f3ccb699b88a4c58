package dev.varve.query.leaf;

import static dev.varve.query.leaf.Fixture.BIGINT;
import static dev.varve.query.leaf.Fixture.DOUBLE;
import static dev.varve.query.leaf.Fixture.TEXT;
import static dev.varve.query.leaf.Fixture.TIME;
import static dev.varve.query.leaf.Fixture.column;
import static dev.varve.query.leaf.Fixture.plan;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import dev.varve.model.space.Region;
import dev.varve.query.plan.PlannedQuery;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.apache.arrow.vector.types.pojo.ArrowType;
import org.apache.arrow.vector.types.pojo.Field;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LeafEngineTest {
    private static final String ENDLESS = "SELECT i AS v FROM range(100000000000) t(i)";
    private static final String ENDLESS_SILENT = ENDLESS + " WHERE hash(i) = 5";

    @TempDir
    Path folder;

    private Fixture fixture;

    @BeforeEach
    void open() {
        fixture = new Fixture(folder);
    }

    @AfterEach
    void everythingIsReleased() {
        fixture.close();
    }

    @Test
    void timestampsLeaveAsInstants() {
        try (LeafRun run = fixture.start(plan("SELECT TIMESTAMP '2021-07-10 20:32:43.47' AS t", column("t", TIME)))) {
            assertThat(run.schema().findField("t").getType()).isEqualTo(TIME);
            assertThat(run.next()).isTrue();
            assertThat(run.batch().getVector("t").getObject(0)).isEqualTo(1_625_949_163_470_000L);
            assertThat(run.next()).isFalse();
            assertThat(run.next()).isFalse();
            assertThat(run.rows()).isEqualTo(1);
        }
    }

    @Test
    void resultsHaveTheirDeclaredTypes() {
        Field ids = new Field(
                "l",
                org.apache.arrow.vector.types.pojo.FieldType.nullable(ArrowType.List.INSTANCE),
                List.of(column("element", BIGINT)));
        PlannedQuery query = plan(
                "SELECT sum(i) AS s, sum(i::DECIMAL(10, 2)) AS d, INTERVAL 1 DAY AS i, [1::HUGEINT] AS l, NULL AS n"
                        + " FROM range(4) t(i)",
                column("s", BIGINT),
                column("d", DOUBLE),
                column("i", TEXT),
                ids,
                column("n", TIME));
        try (LeafRun run = fixture.start(query)) {
            assertThat(run.schema().getFields().stream().map(Field::getType))
                    .containsExactly(BIGINT, DOUBLE, TEXT, ArrowType.List.INSTANCE, TIME);
        }
        assertThat(fixture.rows(query)).containsExactly(List.of("6", "6.0", "1 day", "[1]", "null"));
    }

    @Test
    void orderSurvivesTheCasts() {
        List<List<String>> rows = fixture.rows(
                plan("SELECT i AS v FROM range(200000) t(i) ORDER BY hash(i)", column("v", BIGINT)),
                new LeafLimits(150_000, Fixture.LONG, new Cancellation()));
        assertThat(rows).hasSize(150_000);
        assertThat(rows)
                .isEqualTo(fixture.rows(
                                plan("SELECT i AS v FROM range(200000) t(i) ORDER BY hash(i)", column("v", BIGINT)))
                        .subList(0, 150_000));
    }

    @ParameterizedTest(name = "{0} is {1}")
    @CsvSource(
            delimiter = '|',
            value = {
                "10 // (random() * 0)::BIGINT | SQL_RUNTIME | Division by zero",
                "10 // 0 | SQL_RUNTIME | Division by zero",
                "CAST('x' AS BIGINT) | SQL_RUNTIME | Could not convert string",
                "9223372036854775807::BIGINT + 1::BIGINT | SQL_RUNTIME | Overflow",
                "170141183460469231731687303715884105727::HUGEINT | SQL_RUNTIME | out of range",
                "error('a reason') | SQL_RUNTIME | a reason",
                "nosuch(1) | INTERNAL | nosuch",
                "ln('a'::DATE) | SQL_UNSUPPORTED | No function matches",
                "(SELECT count(*) FROM read_parquet('/nowhere/x.parquet')) | INTERNAL | Cannot access",
                "(SELECT count(*) FROM read_text('/etc/passwd')) | INTERNAL | Cannot access",
                "varve_h3_string_to_cell('zebra') | SQL_RUNTIME | 'zebra' is not an H3 cell",
                "octet_length(varve_st_geomfromtext('POLYGON ((0 0, 1')) | SQL_RUNTIME | not WKT",
                "varve_st_x(varve_st_makeenvelope(0, 0, 1, 1)) | SQL_RUNTIME | coordinate of a Polygon",
                "varve_st_x('ab'::BLOB) | SQL_RUNTIME | not a geometry",
            })
    void errorsHaveCodes(String expression, ErrorCode code, String part) {
        VarveException error = catchThrowableOfType(VarveException.class, () -> fixture.value(expression, BIGINT));
        assertThat(error).isNotNull();
        assertThat(error.code()).as(error.getMessage()).isEqualTo(code);
        assertThat(error.getMessage()).contains(part).doesNotContain("\n").doesNotContain("LINE");
        assertThat(fixture.value("1", BIGINT)).isEqualTo("1");
    }

    @Test
    void lateErrorsComeWithTheBatch() {
        try (LeafRun run =
                fixture.start(plan("SELECT i // (i - 10000000) AS v FROM range(20000000) t(i)", column("v", BIGINT)))) {
            assertThat(run.next()).isTrue();
            assertThatThrownBy(() -> {
                        while (run.next()) {
                            assertThat(run.batch().getRowCount()).isPositive();
                        }
                    })
                    .isInstanceOfSatisfying(
                            VarveException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.SQL_RUNTIME))
                    .hasMessageContaining("Division by zero");
        }
    }

    @Test
    void slowQueriesTimeOut() {
        for (String sql : List.of(ENDLESS, ENDLESS_SILENT, "SELECT sum(v)::BIGINT AS v FROM (" + ENDLESS + ")")) {
            LeafLimits limits = LeafLimits.within(Duration.ofMillis(300));
            assertThatThrownBy(() -> drain(fixture.start(plan(sql, column("v", BIGINT)), limits)))
                    .isInstanceOfSatisfying(
                            VarveException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.TIMEOUT));
        }
    }

    @Test
    void anotherThreadCancels() throws Exception {
        for (String sql : List.of(ENDLESS, ENDLESS_SILENT)) {
            Cancellation stop = new Cancellation();
            try (ExecutorService other = Executors.newSingleThreadExecutor()) {
                Future<?> cancelled = other.submit(() -> {
                    Thread.sleep(200);
                    stop.cancel();
                    return null;
                });
                assertThatThrownBy(() -> drain(fixture.start(
                                plan(sql, column("v", BIGINT)), new LeafLimits(Long.MAX_VALUE, Fixture.LONG, stop))))
                        .isInstanceOfSatisfying(
                                VarveException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.CANCELLED));
                cancelled.get();
            }
        }
    }

    @Test
    void aQueryCancelledBeforeItStartsDoesNotRun() {
        Cancellation stop = new Cancellation();
        stop.cancel();
        assertThatThrownBy(() -> fixture.start(
                        plan(ENDLESS, column("v", BIGINT)), new LeafLimits(Long.MAX_VALUE, Fixture.LONG, stop)))
                .isInstanceOfSatisfying(
                        VarveException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.CANCELLED));
    }

    @Test
    void aRunMayBeClosedAtAnyTimeFromAnyThread() throws Exception {
        try (ExecutorService other = Executors.newSingleThreadExecutor()) {
            for (int round = 0; round < 20; round++) {
                LeafRun run = fixture.start(plan(ENDLESS, column("v", BIGINT)));
                int delay = round;
                Future<?> closed = other.submit(() -> {
                    Thread.sleep(delay);
                    run.close();
                    return null;
                });
                assertThatThrownBy(() -> drain(run)).isInstanceOf(VarveException.class);
                closed.get();
            }
        }
    }

    @Test
    void manyQueriesRunSideBySide() throws Exception {
        try (ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<String>> answers = new ArrayList<>();
            for (int i = 0; i < 200; i++) {
                String number = Integer.toString(i);
                answers.add(clients.submit(() -> fixture.value(number, BIGINT)));
            }
            for (int i = 0; i < 200; i++) {
                assertThat(answers.get(i).get()).isEqualTo(Integer.toString(i));
            }
        }
    }

    @Test
    void queriesDoNotHoldUpOtherVirtualThreads() throws Exception {
        int queries = 2 * Runtime.getRuntime().availableProcessors();
        List<Cancellation> stops = new ArrayList<>();
        try (ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<?>> running = new ArrayList<>();
            for (int i = 0; i < queries; i++) {
                Cancellation stop = new Cancellation();
                stops.add(stop);
                running.add(clients.submit(() -> drain(fixture.start(
                        plan(ENDLESS_SILENT, column("v", BIGINT)),
                        new LeafLimits(Long.MAX_VALUE, Fixture.LONG, stop)))));
            }
            for (int i = 0; i < 20; i++) {
                assertThat(clients.submit(() -> {
                                    Thread.sleep(10);
                                    return "done";
                                })
                                .get(20, TimeUnit.SECONDS))
                        .isEqualTo("done");
            }
            assertThat(running).noneMatch(Future::isDone);
            stops.forEach(Cancellation::cancel);
        }
    }

    @Test
    @Timeout(60)
    void aQueryThatWaitsItsTurnIsCancelledAtOnce() throws Exception {
        try (Fixture narrow = new Fixture(
                        folder.resolve("patient"), Fixture.config(folder).withMaxConcurrent(1, Duration.ofHours(1)));
                ExecutorService other = Executors.newSingleThreadExecutor()) {
            Cancellation stop = new Cancellation();
            Future<?> waiting;
            Future<String> next;
            try (LeafRun running = narrow.start(plan(ENDLESS, column("v", BIGINT)))) {
                assertThat(running.next()).isTrue();
                waiting = other.submit(() -> narrow.start(
                        plan("SELECT 1 AS v", column("v", BIGINT)),
                        new LeafLimits(Long.MAX_VALUE, Fixture.LONG, stop)));
                Thread.sleep(100);
                stop.cancel();
                assertThatThrownBy(waiting::get)
                        .cause()
                        .isInstanceOfSatisfying(
                                VarveException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.CANCELLED));
                next = other.submit(() -> narrow.value("1", BIGINT));
            }
            assertThat(next.get()).isEqualTo("1");
        }
    }

    @Test
    void tooManyQueriesAreRefused() {
        try (Fixture narrow = new Fixture(
                folder.resolve("narrow"), Fixture.config(folder).withMaxConcurrent(1, Duration.ofMillis(50)))) {
            try (LeafRun running = narrow.start(plan(ENDLESS, column("v", BIGINT)))) {
                assertThat(running.next()).isTrue();
                assertThatThrownBy(() -> narrow.value("1", BIGINT))
                        .isInstanceOfSatisfying(
                                VarveException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.OVERLOADED));
            }
            assertThat(narrow.value("1", BIGINT)).isEqualTo("1");
        }
    }

    @Test
    void whatDoesNotFitIsTooLarge() {
        try (Fixture small = new Fixture(
                folder.resolve("small"),
                Fixture.config(folder).withMemoryBytes(64L << 20).withSpillBytes(1 << 20))) {
            assertThatThrownBy(() -> drain(small.start(
                            plan("SELECT i AS v FROM range(20000000) t(i) ORDER BY hash(i)", column("v", BIGINT)))))
                    .isInstanceOfSatisfying(
                            VarveException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.TOO_LARGE));
            assertThat(small.value("1", BIGINT)).isEqualTo("1");
        }
    }

    @Test
    void aLargeAnswerStreamsThroughLittleMemory() {
        try (Fixture small =
                new Fixture(folder.resolve("small"), Fixture.config(folder).withMemoryBytes(64L << 20))) {
            long rows = 0;
            try (LeafRun run = small.start(plan(
                    "SELECT i AS v, i * 0.5::DOUBLE AS d, 'station ' || (i % 1000) AS s, make_timestamp(i) AS t"
                            + " FROM range(10000000) t(i)",
                    column("v", BIGINT), column("d", DOUBLE), column("s", TEXT), column("t", TIME)))) {
                while (run.next()) {
                    rows += run.batch().getRowCount();
                    assertThat(small.memory.getAllocatedMemory()).isLessThan(64L << 20);
                }
            }
            assertThat(rows).isEqualTo(10_000_000);
        }
    }

    @Test
    void regionsAreKnownWhileTheirQueryRuns() {
        PlannedQuery query = new PlannedQuery(
                List.of(),
                "SELECT count(*) AS v FROM range(100000) t(i) WHERE varve_in_region(0, i / 1000.0, 7)",
                new org.apache.arrow.vector.types.pojo.Schema(List.of(column("v", BIGINT))),
                Map.of(
                        7L,
                        Region.touching(dev.varve.model.space.GeometryText.ofWkt(
                                "POLYGON((10 -1, 20 -1, 20 1, 10 1, 10 -1))"))));
        assertThat(fixture.rows(query)).containsExactly(List.of("10001"));
        assertThat(fixture.engine.regions().isEmpty()).isTrue();
    }

    @Test
    void exportsWriteInstants() throws Exception {
        Path target = folder.resolve("out.parquet");
        long rows = fixture.engine.exportParquet(
                plan(
                        "SELECT make_timestamp(i * 1000000) AS t, i AS v FROM range(100000) t(i)",
                        column("t", TIME),
                        column("v", BIGINT)),
                List.of(),
                folder::resolve,
                LeafLimits.within(Fixture.LONG),
                target);
        assertThat(rows).isEqualTo(100_000);
        try (Connection connection = DriverManager.getConnection("jdbc:duckdb:");
                Statement statement = connection.createStatement();
                ResultSet result = statement.executeQuery(
                        "SELECT typeof(t), epoch(t)::BIGINT, v FROM '" + target + "' ORDER BY v DESC LIMIT 1")) {
            assertThat(result.next()).isTrue();
            assertThat(result.getString(1)).isEqualTo("TIMESTAMP WITH TIME ZONE");
            assertThat(result.getLong(2)).isEqualTo(99_999);
        }
        assertThat(Files.size(target)).isPositive();
    }

    @Test
    void nothingIsWrittenOutsideTheConfiguredFolders() {
        assertThatThrownBy(() -> fixture.engine.exportParquet(
                        plan("SELECT 1 AS v", column("v", BIGINT)),
                        List.of(),
                        folder::resolve,
                        LeafLimits.within(Fixture.LONG),
                        folder.resolveSibling("outside.parquet")))
                .isInstanceOf(VarveException.class)
                .hasMessageContaining("Cannot access");
    }

    private static void drain(LeafRun run) {
        try (run) {
            while (run.next()) {
                assertThat(run.batch().getRowCount()).isPositive();
            }
        }
    }
}
