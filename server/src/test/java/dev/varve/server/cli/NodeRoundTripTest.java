package dev.varve.server.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import dev.varve.sdk.Ack;
import dev.varve.sdk.Column;
import dev.varve.sdk.DatasetSpec;
import dev.varve.sdk.QueryResult;
import dev.varve.sdk.RowError;
import dev.varve.sdk.RowWriter;
import dev.varve.sdk.Varve;
import dev.varve.sdk.VarveClientException;
import dev.varve.server.console.Terminal;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The SDK and the command line against a real node. */
class NodeRoundTripTest {
    @TempDir
    private static Path folder;

    private static NodeLauncher.RunningNode node;
    private static Varve varve;

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    @BeforeAll
    static void start() {
        node = new EmbeddedNodes()
                .start(
                        null,
                        Map.of(),
                        Map.of(
                                "data.dir",
                                folder.resolve("node").toString(),
                                "http.port",
                                "0",
                                "flight.port",
                                "0",
                                "s3.port",
                                "0"));
        varve = Varve.connect(url());
    }

    @AfterAll
    static void stop() {
        varve.close();
        node.close();
    }

    private static String url() {
        return "http://127.0.0.1:" + node.httpPort();
    }

    private int run(String... arguments) {
        List<String> all = new ArrayList<>(List.of(arguments));
        all.addAll(List.of("--url", url()));
        return VarveCommand.run(terminal(), new EmbeddedNodes(), all.toArray(new String[0]));
    }

    private Terminal terminal() {
        return new Terminal(
                InputStream.nullInputStream(),
                new PrintStream(out, false, StandardCharsets.UTF_8),
                new PrintStream(err, false, StandardCharsets.UTF_8),
                false,
                false,
                100,
                Map.of());
    }

    private String out() {
        return out.toString(StandardCharsets.UTF_8);
    }

    private String err() {
        return err.toString(StandardCharsets.UTF_8);
    }

    private static DatasetSpec everyType(String name) {
        return DatasetSpec.named(name)
                .column("s", "string")
                .column("d", "double", "Cel")
                .column("f", "float")
                .column("l", "long")
                .column("i", "int")
                .column("b", "boolean")
                .column("t", "timestamp")
                .column("day", "date")
                .column("raw", "binary");
    }

    @Test
    void everyTypeComesBackAsItWent() {
        varve.createDataset(everyType("types"));
        try (RowWriter w = varve.writer("types")) {
            w.time(Instant.parse("1969-12-31T23:59:59.999999Z"))
                    .at(-33.5, 179.75)
                    .set(w.column("s"), "K\u00e9\u6c34\ud83d\ude00")
                    .set(w.column("d"), 21.5)
                    .set(w.column("f"), 2.5)
                    .set(w.column("l"), 1L << 60)
                    .set(w.column("i"), -7)
                    .set(w.column("b"), true)
                    .set(w.column("t"), 1_000_001)
                    .set(w.column("day"), -1)
                    .set(w.column("raw"), new byte[] {0, -1})
                    .add();
            w.time(0).set(w.column("d"), Double.NaN).add();
        }
        try (QueryResult rows = varve.sql("select time, lat, lon, s, d, f, l, i, b, t, day from types order by time")) {
            assertThat(rows.nextRow()).isTrue();
            assertThat(rows.getInstant(0)).isEqualTo(Instant.parse("1969-12-31T23:59:59.999999Z"));
            assertThat(rows.getDouble(1)).isEqualTo(-33.5);
            assertThat(rows.getDouble(2)).isEqualTo(179.75);
            assertThat(rows.getString(3)).isEqualTo("K\u00e9\u6c34\ud83d\ude00");
            assertThat(rows.getDouble(4)).isEqualTo(21.5);
            assertThat(rows.getDouble(5)).isEqualTo(2.5);
            assertThat(rows.getLong(6)).isEqualTo(1L << 60);
            assertThat(rows.getLong(7)).isEqualTo(-7);
            assertThat(rows.getObject(8)).isEqualTo(true);
            assertThat(rows.getInstant(9)).isEqualTo(Instant.parse("1970-01-01T00:00:01.000001Z"));
            assertThat(rows.getString(10)).isEqualTo("1969-12-31");
            assertThat(rows.nextRow()).isTrue();
            for (int column = 1; column <= 10; column++) {
                assertThat(rows.isNull(column)).isTrue();
            }
            assertThat(rows.nextRow()).isFalse();
        }
    }

    @Test
    void aWriterThatComesAgainUnderItsIdDoublesNothing() {
        varve.createDataset(everyType("again"));
        for (int run = 0; run < 2; run++) {
            try (Varve fixed = Varve.connect(url() + "?batchRows=100&linger=60s");
                    RowWriter w = fixed.writer("again", "again-1")) {
                Column l = w.column("l");
                for (int i = 0; i < 1_050; i++) {
                    w.time(i).at(1, 2).set(l, i).add();
                }
                Ack ack = w.flushAndWait();
                assertThat(ack.accepted()).isEqualTo(1_050);
                assertThat(ack.repeated()).isEqualTo(run == 0 ? 0 : 1_050);
            }
        }
        try (QueryResult rows = varve.sql("select count(*), sum(l) from again where l < ?", 2_000)) {
            assertThat(rows.nextRow()).isTrue();
            assertThat(rows.getLong(0)).isEqualTo(1_050);
            assertThat(rows.getDouble(1)).isEqualTo(1_050 * 1_049 / 2.0);
        }
    }

    @Test
    void refusedRowsAreNamedAndTheOthersStored() {
        varve.createDataset(everyType("refused"));
        List<RowError> refused = Collections.synchronizedList(new ArrayList<>());
        try (Varve small = Varve.connect(url() + "?batchRows=10&linger=60s");
                RowWriter w = small.writer("refused").onRejected(refused::add)) {
            for (int i = 1; i <= 25; i++) {
                w.time(i).at(i == 17 ? 91 : 1, 2).add();
            }
            Ack ack = w.flushAndWait();
            assertThat(ack.accepted()).isEqualTo(24);
            assertThat(ack.rejected()).isEqualTo(1);
        }
        assertThat(refused).extracting(RowError::row, RowError::column).containsExactly(tuple(17L, "lat"));
    }

    @Test
    void theLastVersionOfARowStays() {
        varve.createDataset(everyType("versions").key("s"));
        try (Varve small = Varve.connect(url() + "?batchRows=1&linger=60s");
                RowWriter w = small.writer("versions")) {
            for (int i = 0; i <= 50; i++) {
                w.time(0).set(w.column("s"), "x").set(w.column("i"), i).add();
            }
        }
        try (QueryResult rows = varve.sql("select i, count(*) over () from versions")) {
            assertThat(rows.nextRow()).isTrue();
            assertThat(rows.getLong(0)).isEqualTo(50);
            assertThat(rows.getLong(1)).isEqualTo(1);
            assertThat(rows.nextRow()).isFalse();
        }
    }

    @Test
    void errorsKeepCodePlaceAndHint() {
        assertThatThrownBy(() -> varve.describe("typse"))
                .isInstanceOfSatisfying(
                        VarveClientException.class, e -> assertThat(e.code()).isEqualTo("DATASET_NOT_FOUND"));
        assertThatThrownBy(() -> varve.sql("select\n  from")).isInstanceOfSatisfying(VarveClientException.class, e -> {
            assertThat(e.code()).isEqualTo("SQL_PARSE");
            assertThat(e.position()).isNotNull();
        });
        assertThatThrownBy(() -> varve.sql("drop table typse"))
                .isInstanceOfSatisfying(
                        VarveClientException.class, e -> assertThat(e.code()).isEqualTo("SQL_READ_ONLY"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"csv", "ndjson", "parquet", "arrow"})
    void whatIsExportedCanBeLoadedAgain(String format) throws Exception {
        Path source = folder.resolve(format + "-source.csv");
        StringBuilder csv = new StringBuilder("station,ts,lat,lon,temp,note\n");
        for (int i = 0; i < 3_000; i++) {
            csv.append("S")
                    .append(i % 7)
                    .append(",2024-01-")
                    .append(10 + i % 20)
                    .append(" 00:00:")
                    .append(10 + i % 50);
            csv.append(",48.1,11.5,")
                    .append(i % 11 == 0 ? "-99" : i / 10.0)
                    .append(",\"x\ny, ")
                    .append(i)
                    .append("\"\n");
        }
        Files.writeString(source, csv);
        String first = "first_" + format;
        assertThat(run(
                        "ingest",
                        "csv",
                        source.toString(),
                        "--dataset",
                        first,
                        "--time",
                        "ts",
                        "--missing",
                        "temp=-99",
                        "--create"))
                .as(err())
                .isZero();
        Path file = folder.resolve("copy." + format);
        assertThat(run("export", "select * from " + first, "-o", file.toString()))
                .as(err())
                .isZero();
        String second = "second_" + format;
        assertThat(run("ingest", format, file.toString(), "--dataset", second, "--create", "--ignore", "cell"))
                .as(err())
                .isZero();
        String sums = "select count(*) as n, count(temp) as t, sum(temp) as s, max(note) as m, min(time) as a from ";
        out.reset();
        assertThat(run("sql", sums + first)).isZero();
        String expected = out();
        assertThat(expected).startsWith("{\"n\":3000,\"t\":2727,");
        out.reset();
        assertThat(run("sql", sums + second)).isZero();
        assertThat(out()).isEqualTo(expected);
    }

    @Test
    void rejectBatchLoadsNothingAndDryRunSaysWhy() throws Exception {
        Path file = folder.resolve("bad.csv");
        Files.writeString(file, "time,lat,lon,v\n2024-01-01,1,2,3\n2024-01-01,99,2,3\n");
        assertThat(run("ingest", "csv", file.toString(), "--dataset", "bad", "--create", "--dry-run"))
                .isEqualTo(ExitCodes.FAILED);
        assertThat(out()).contains("source").contains("v");
        assertThat(err()).contains("row 2, column lat");
        assertThat(run("ingest", "csv", file.toString(), "--dataset", "bad", "--create", "--on-error", "reject-batch"))
                .isEqualTo(ExitCodes.FAILED);
        assertThat(run("ingest", "csv", file.toString(), "--dataset", "bad", "--create"))
                .isEqualTo(ExitCodes.FAILED);
        out.reset();
        assertThat(run("sql", "select count(*) as n from bad")).isZero();
        assertThat(out()).isEqualTo("{\"n\":1}\n");
    }

    @Test
    void aRecipeLoadedTwiceIsThereOnce() throws Exception {
        Path file = folder.resolve("q.csv");
        Files.writeString(file, """
                time,latitude,longitude,depth,mag,id
                2021-07-10T20:32:43.470Z,38.8,-122.8,2.1,0.8,nc1
                2021-07-10T20:33:43.470Z,38.8,-122.8,2.1,,nc2
                """);
        for (int i = 0; i < 2; i++) {
            assertThat(run("ingest", "usgs-quakes", file.toString())).as(err()).isZero();
        }
        assertThat(err()).contains("2 of them were there already");
        assertThat(run("ingest", "usgs-quakes", file.toString(), "--resume-key", "none"))
                .isZero();
        assertThat(run("sql", "select count(*) as n, count(mag) as m from quakes"))
                .isZero();
        assertThat(out()).isEqualTo("{\"n\":2,\"m\":1}\n");
    }

    @Test
    void theRehearsalForTheStartCacheRuns() {
        assertThat(VarveCommand.run(
                        terminal(),
                        new EmbeddedNodes(),
                        "rehearse",
                        "--rounds",
                        "8",
                        "--data",
                        folder.resolve("rehearsal").toString()))
                .as(err())
                .isZero();
        assertThat(out()).isEmpty();
    }
}
