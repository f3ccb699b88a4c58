package dev.varve.query;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@NullUnmarked
class SqlErrorsTest {
    @TempDir
    private static Path directory;

    private static TestLake lake;

    @BeforeAll
    static void fill() throws SQLException {
        lake = SampleLake.in(directory);
    }

    @AfterAll
    static void close() {
        assertThat(lake.openViews()).isZero();
        lake.close();
    }

    private static VarveException error(String sql, Object... params) {
        return catchThrowableOfType(VarveException.class, () -> lake.ask(sql, params));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "select tmx from weather | SQL_INVALID | 1 | 8 | column 'tmx' not found in any table | did you mean 'tmax'?",
                "select time, date, weather.tmx from weather | SQL_INVALID | 1 | 28 | column 'tmx' not found in 'weather' | did you mean 'tmax'?",
                "select * from wether | DATASET_NOT_FOUND | 1 | 15 | dataset 'wether' not found | did you mean 'weather'?",
                "select dat_trunc('day', time) from weather | SQL_INVALID | 1 | 8 | there is no function dat_trunc(character, timestamp) | did you mean 'date_trunc'?",
                "select count(* from weather | SQL_PARSE | 1 | 16 | 'from' is not expected here | ",
                "select a from | SQL_PARSE | 1 | 14 | the query ends too early | ",
                "select 'abc | SQL_PARSE | 1 | 8 | a string is not closed | it starts here and needs '",
                "select 7 // 2 | SQL_PARSE | 1 | 10 | '//' is not an operator here | '/' divides whole numbers to whole numbers",
                "select 1; select 2 | SQL_UNSUPPORTED | 1 | 9 | there are several statements | send one statement at a time",
                "select time from weather where time > 'yesterday' | SQL_INVALID | 1 | 39 | 'yesterday' is not a time | write it like '2021-07-10', '2021-07-10 20:32:43.47' or '2021-07-10T20:32:43Z'",
                "select timestamp '2021-13-01' | SQL_INVALID | 1 | 18 | '2021-13-01' is not a time | write it like '2021-07-10', '2021-07-10 20:32:43.47' or '2021-07-10T20:32:43Z'",
                "with recursive t(n) as (select 1 union all select n + 1 from t) select n from t | SQL_UNSUPPORTED | 1 | 6 | WITH RECURSIVE is not available | leave out RECURSIVE if nothing in it refers to itself; else repeat the query at the client",
                "select time - timestamp '2012-01-01' from weather | SQL_UNSUPPORTED | 1 | 8 | a time minus a time is not available | epoch(a) - epoch(b) gives seconds; date_diff('day', b, a) counts the days begun",
                "select date - date '2012-01-01' from weather | SQL_UNSUPPORTED | 1 | 8 | a time minus a time is not available | epoch(a) - epoch(b) gives seconds; date_diff('day', b, a) counts the days begun",
                "select time from weather w join st s using (station) | SQL_INVALID | 1 | 8 | column 'time' is ambiguous | say of which dataset, such as st.time",
            })
    void saysWhatWhereAndWhatWasMeant(String sql, ErrorCode code, int line, int column, String message, String hint) {
        VarveException error = error(sql);
        assertThat(error).hasMessage(message);
        assertThat(error.code()).isEqualTo(code);
        assertThat(error.position()).isEqualTo(new VarveException.Position(line, column));
        if (hint != null) {
            assertThat(error.hint()).isEqualTo(hint);
        }
    }

    @Test
    void positionsCountLinesOfTheTextAsSent() {
        VarveException error = error("select time, -- the time\n  date /* two\nlines */, tmx\nfrom weather");
        assertThat(error.position()).isEqualTo(new VarveException.Position(3, 11));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "insert into weather values (1)",
                "update weather set tmax = 1",
                "delete from weather",
                "drop table weather",
                "create table x (a int)",
                "create table x as select 1",
                "alter table weather add column x int",
                "truncate table weather",
                "copy weather to '/tmp/x.csv'",
                "set memory_limit = '1GB'",
                "attach 'x.db'",
                "pragma version",
                "call pragma_version()",
                "install httpfs",
                "load httpfs",
                "merge into weather using st on true when matched then delete",
                "explain insert into weather values (1)",
                "grant all on weather to me",
                "begin",
                "export database 'x'"
            })
    void refusesToWrite(String sql) {
        VarveException error = error(sql);
        assertThat(error.code()).isEqualTo(ErrorCode.SQL_READ_ONLY);
        assertThat(error.hint()).isNotEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "select * from read_csv('/etc/passwd')",
                "select * from read_parquet('x.parquet')",
                "select * from table(read_parquet('x.parquet'))",
                "select * from 'weather-0.parquet'",
                "select * from \"weather-0.parquet\"",
                "select * from duckdb_settings()",
                "select * from glob('*')",
                "select * from information_schema.tables",
                "select * from duckdb_tables",
                "select * from leaf_0",
                "select * from rows_0",
                "select * from sqlite_master",
                "select getenv('HOME') as x",
                "select current_setting('memory_limit') as x",
                "select read_text('/etc/passwd') as x",
                "select varve_in_region(1, 2, 3) as x",
                "select in_region(1, 2, 3) as x",
                "select current_user as x",
                "select user as x",
                "select version() as x",
                "select query('select 1') as x",
                "select * from query_table('weather')",
                "select nextval('x') as x"
            })
    void reachesNothingButDatasetsAndListedFunctions(String sql) {
        VarveException error = error(sql);
        assertThat(error).isNotNull();
        assertThat(error.code())
                .isIn(
                        ErrorCode.SQL_INVALID,
                        ErrorCode.SQL_PARSE,
                        ErrorCode.DATASET_NOT_FOUND,
                        ErrorCode.SQL_UNSUPPORTED);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "   ",
                "-- nothing",
                ";",
                "hello",
                "select",
                "select from weather",
                "select * from",
                "select * weather",
                "select (1",
                "select 1)",
                "select 1 +",
                "select * from weather where",
                "select * from weather group by",
                "select station, tmax from weather group by station",
                "select sum(station) from weather",
                "select tmax + station from weather where ok + 1",
                "select * from weather where tmax",
                "select max(max(tmax)) from weather",
                "select tmax from weather where sum(tmax) > 1",
                "select \u0000 from weather",
                "select 'a' \\ 'b'",
                "select 💥",
                "select * from weather limit -1",
                "select * from weather limit 'x'",
                "select * from weather order by 99",
                "select * from weather w, weather w",
                "with a as (select 1) select * from b",
                "select * from weather tablesample bernoulli(10)",
                "select distinct on (station) station, time from weather",
                "select 1 as x union select 1, 2",
                "select st_within(1, 2)",
                "select interval '1 fortnight'",
                "select cast(1 as nonsense)",
                "select * from weather for system_time as of timestamp '2020-01-01'",
                "select :a",
                "select ?",
                "select row(1, 2) as r",
                "select * from st_point(1, 2)",
                "select * from weather match_recognize (pattern (a) define a as a.tmax > 1)",
                "select 999999999999999999999999999999999999999999999999",
                "select 1e999 as x",
                "select count(distinct) from weather",
                "select case end",
                "values",
                "table",
                "explain",
                "select * from (select 1",
                "select date '2021-02-30'",
                "select x'zz'",
                "select \"\" from weather",
                "select * from weather where time between '2020-01-01'",
                "select ST_GeomFromText('POLYGON((0 0') as g",
                "select count(*) from quakes where ST_Within(ST_Point(lon, lat), ST_GeomFromText('POLYGON((0 0'))",
                "select count(*) from quakes where ST_DWithin(ST_Point(lon, lat), ST_Point(0, 0), -5)"
            })
    void isTheCallersMistakeAndSaysSo(String sql) {
        VarveException error = error(sql);
        assertThat(error).as(sql).isNotNull();
        assertThat(error.code().kind()).isEqualTo(dev.varve.model.ErrorKind.USER);
        assertThat(error.getMessage()).isNotBlank().hasSizeLessThan(600);
    }

    @Test
    void absurdTextsAreRefusedOrAnswered() {
        for (String sql : new String[] {
            "select " + "(".repeat(10_000) + "1" + ")".repeat(10_000),
            "select " + "(".repeat(10_000),
            "select " + "x".repeat(2 << 20),
            "select 1 " + "/* */".repeat(300_000),
            "select " + "1,".repeat(40_000) + "1",
            "select " + "not ".repeat(20_000) + "true",
            "select " + "- ".repeat(20_000) + "1",
            "select " + "case when true then ".repeat(5_000) + "1" + " end".repeat(5_000),
            "select * from " + "(select * from ".repeat(5_000) + "weather" + ")".repeat(5_000),
            "select 1" + " union all select 1".repeat(15_000),
        }) {
            VarveException error = error(sql);
            if (error != null) {
                assertThat(error.code().kind()).isEqualTo(dev.varve.model.ErrorKind.USER);
            }
        }
    }

    @Test
    void longListsAndSumsAreAnswered() {
        StringBuilder in = new StringBuilder("1000000");
        for (int i = 0; i < 5_000; i++) {
            in.append(", ").append(i * 3);
        }
        assertThat(lake.ask("select count(*) as n from weather where seq in (" + in + ")")
                        .lines())
                .containsExactly("1122");
        assertThat(lake.ask("select " + "1 + ".repeat(200) + "1 as x").lines()).containsExactly("201");
    }

    @Test
    void parametersAreTypedByWhereTheyStand() {
        assertThat(lake.ask("select count(*) as n from weather where time >= ? and station = ?", "2012-12-30", "S1")
                        .lines())
                .isEqualTo(lake.ask("select count(*) as n from weather where time >= '2012-12-30' and station = 'S1'")
                        .lines());
        assertThat(lake.ask(
                                "select count(*) as n from weather where time >= ? and obs > ? and tmax < ? and ok = ?",
                                Instant.parse("2012-06-01T00:00:00Z"),
                                10L,
                                20.5,
                                true)
                        .lines())
                .isEqualTo(lake.ask("select count(*) as n from weather where time >= '2012-06-01' and obs > 10"
                                + " and tmax < 20.5 and ok = true")
                        .lines());
        assertThat(lake.ask("select ? as a, ? as b, '?' as c, 1::int as d", 1L, "x")
                        .lines())
                .containsExactly("1|x|?|1");
        assertThat(lake.ask("select count(*) as n from weather where station = ?", (Object) null)
                        .lines())
                .containsExactly("0");
        assertThat(lake.ask("select station from st order by 1 limit ?", 2L).lines())
                .hasSize(2);
    }

    @Test
    void parametersPrune() {
        TestLake.Answer answer = lake.ask("select count(*) as n from weather where time < ?", "2012-02-01T00:00:00Z");
        assertThat(answer.stats().filesRead()).isEqualTo(1);
    }

    @Test
    void namedParametersMustAllBeThere() {
        Map<String, Object> values = new HashMap<>();
        values.put("from", "2012-12-30");
        values.put("s", null);
        String sql = "select count(*) as n from weather where time >= :from and (station = :s or :s is null) -- :x";
        QueryRequest request = new QueryRequest(
                sql, new Params.Named(values), Duration.ofSeconds(60), Long.MAX_VALUE, "named", Set.of());
        assertThat(lake.ask(request).lines())
                .isEqualTo(lake.ask("select count(*) as n from weather where time >= '2012-12-30'")
                        .lines());
        QueryRequest missing = new QueryRequest(
                sql, new Params.Named(Collections.singletonMap("from", 1L)), Duration.ofSeconds(60), 9, "n2", Set.of());
        VarveException error = catchThrowableOfType(VarveException.class, () -> lake.ask(missing));
        assertThat(error).hasMessageContaining(":s");
    }

    @Test
    void everyRuleCanBeSwitchedOff() {
        String sql = "select w.station, count(*) as n, avg(tmax) as a from weather w join st s on w.station = s.station"
                + " where w.time < '2012-03-01' and w.lat > 40.5 and w.lon < -88 and s.state <> 'IA' group by 1 order by 1";
        TestLake.Answer all = lake.ask(sql);
        for (String rule : dev.varve.query.sql.SqlPlanner.ruleNames()) {
            QueryRequest request = new QueryRequest(
                    sql, Params.NONE, Duration.ofSeconds(60), Long.MAX_VALUE, "rule " + rule, Set.of(rule));
            assertThat(lake.ask(request).lines()).as(rule).isEqualTo(all.lines());
        }
        QueryRequest unknown =
                new QueryRequest(sql, Params.NONE, Duration.ofSeconds(60), Long.MAX_VALUE, "rule", Set.of("magic"));
        assertThat(catchThrowableOfType(VarveException.class, () -> lake.ask(unknown)))
                .hasMessageContaining("magic");
    }
}
