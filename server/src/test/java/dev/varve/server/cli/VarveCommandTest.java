package dev.varve.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.sdk.VarveClientException;
import dev.varve.server.console.Terminal;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class VarveCommandTest {
    private static final String ROWS = "/api/v1/datasets/air/rows";
    private static final String AIR = """
            {"name": "air", "rows": 7, "unflushedRows": 3, "files": 2, "bytes": 2048, "timeMin": "2021-01-01T00:00:00Z",
             "timeMax": null, "key": ["station"], "h3Resolution": 9, "partition": "day", "columns": [
             {"name": "time", "type": "timestamp", "role": "leading"},
             {"name": "station", "type": "string", "role": "own"},
             {"name": "temp", "type": "double", "unit": "Cel", "role": "own"}]}""";

    @TempDir
    private Path folder;

    private FakeApi api;
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();
    private String input = "";

    @BeforeEach
    void start() throws Exception {
        api = new FakeApi();
    }

    @AfterEach
    void stop() {
        api.close();
    }

    private int run(String... arguments) {
        return run(false, arguments);
    }

    private int run(boolean onTerminal, String... arguments) {
        Terminal terminal = new Terminal(
                new ByteArrayInputStream(input.getBytes(StandardCharsets.UTF_8)),
                new PrintStream(out, false, StandardCharsets.UTF_8),
                new PrintStream(err, false, StandardCharsets.UTF_8),
                onTerminal,
                false,
                100,
                Map.of());
        return VarveCommand.run(
                terminal,
                (config, environment, settings) -> {
                    throw new AssertionError("no node is to be started");
                },
                arguments);
    }

    private String out() {
        return out.toString(StandardCharsets.UTF_8);
    }

    private String err() {
        return err.toString(StandardCharsets.UTF_8);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "sqll",
                "sql",
                "sql x --format xml",
                "sql x -f y",
                "sql x --timeout 5",
                "sql x --param 1 --param a=2",
                "export x -o file.xyz",
                "export x",
                "ingest",
                "ingest csv",
                "ingest csv x",
                "ingest ndjson x --dataset d --delimiter ;",
                "ingest csv x --dataset d --key a",
                "ingest ghcn-daily d",
                "describe",
                "datasets --url ftp://x",
                "server"
            })
    void wrongUsageIsExplainedAndGivesTwo(String line) {
        assertThat(run(line.isEmpty() ? new String[0] : line.split(" ", -1))).isEqualTo(ExitCodes.USAGE);
        assertThat(err()).startsWith("error");
        assertThat(out()).isEmpty();
    }

    @Test
    void helpGoesToStandardOutputForEveryCommand() {
        for (String command : List.of(
                "",
                "sql",
                "export",
                "datasets",
                "describe",
                "demo",
                "server",
                "completion",
                "ingest",
                "ingest csv",
                "ingest parquet",
                "ingest ghcn-daily",
                "ingest hurdat2",
                "ingest usgs-quakes")) {
            out.reset();
            String line = (command + " --help").strip();
            assertThat(run(line.split(" ", -1))).as(line).isEqualTo(ExitCodes.OK);
            assertThat(out()).as(line).contains("Usage: varve").doesNotContain("Cel}");
        }
        assertThat(err()).isEmpty();
    }

    @Test
    void anUnreachableNodeGivesThree() {
        api.close();
        assertThat(run("datasets", "--url", api.url())).isEqualTo(ExitCodes.CANNOT_CONNECT);
        assertThat(err()).contains("UNREACHABLE").contains("hint:");
    }

    @Test
    void completionScriptsNameTheCommands() {
        assertThat(run("completion")).isZero();
        assertThat(out()).contains("ghcn-daily").contains("--dataset");
    }

    @Test
    void aPipeGetsOneObjectALine() {
        api.answer("POST /api/v1/sql", 200, "{\"a\":1}\n{\"a\":null}\n");
        assertThat(run("sql", "select 1", "--param", "x=5", "--param", "y='5'", "--url", api.url()))
                .isZero();
        assertThat(out()).isEqualTo("{\"a\":1}\n{\"a\":null}\n");
        assertThat(err()).isEmpty();
        assertThat(api.seen.getFirst().body())
                .contains("\"format\":\"ndjson\"")
                .contains("\"params\":{\"x\":5,\"y\":\"5\"}");
    }

    @Test
    void aLateErrorIsNotData() {
        api.answers.put(
                "POST /api/v1/sql",
                new FakeApi.Answer(
                        200, "{\"a\":1}\n{\"$error\": {\"code\": \"SQL_RUNTIME\", \"detail\": \"bad cast\"}}\n", 71));
        assertThat(run("sql", "select 1", "--url", api.url())).isEqualTo(ExitCodes.FAILED);
        assertThat(out()).isEqualTo("{\"a\":1}\n");
        assertThat(err()).contains("SQL_RUNTIME").contains("bad cast");
    }

    @ParameterizedTest
    @ValueSource(strings = {"csv", "json", "ndjson", "table"})
    void aCutResultFails(String format) {
        api.answers.put("POST /api/v1/sql", new FakeApi.Answer(200, "{\"columns\":[]", 5));
        assertThat(run("sql", "select 1", "--format", format, "--url", api.url()))
                .isEqualTo(ExitCodes.FAILED);
        assertThat(err()).contains("broken off");
    }

    @Test
    void aTerminalGetsATableOfAtMostAHundredRows() {
        StringBuilder rows = new StringBuilder();
        for (int i = 0; i <= 100; i++) {
            rows.append(i == 0 ? "" : ",").append("[").append(i).append(", null]");
        }
        api.answer(
                "POST /api/v1/sql",
                200,
                "{\"columns\": [{\"name\": \"n\", \"type\": \"long\"}, {\"name\": \"x\", \"type\": \"string\"}],"
                        + " \"rows\": [" + rows + "], \"stats\": {\"rows\": 101}}");
        assertThat(run(true, "sql", "select 1", "--url", api.url())).isZero();
        assertThat(out().lines()).hasSize(102);
        assertThat(out().lines().skip(2).findFirst()).contains(" 0  ∅");
        assertThat(err()).isEqualTo("first 100 rows (use --all)\n");
        assertThat(api.seen.getFirst().body()).contains("\"limit\":101");

        out.reset();
        assertThat(run(true, "sql", "select 1", "--all", "--url", api.url())).isZero();
        assertThat(out().lines()).hasSize(103);
    }

    @Test
    void anErrorShowsItsPlaceUnderTheSql() {
        api.answer(
                "POST /api/v1/sql",
                400,
                "{\"code\": \"SQL_INVALID\", \"detail\": \"column 'tmx' not found\","
                        + " \"position\": {\"line\": 2, \"column\": 5}, \"hint\": \"did you mean 'tmax'?\"}");
        assertThat(run("sql", "select\n a, tmx\nfrom t", "--url", api.url())).isEqualTo(ExitCodes.FAILED);
        assertThat(err()).isEqualTo("""
                        error SQL_INVALID at line 2, column 5: column 'tmx' not found
                           a, tmx
                              ^
                        hint: did you mean 'tmax'?
                        """);
    }

    @Test
    void theCaretStaysUnderItsPlaceInALongLine() {
        String sql = "x".repeat(300) + "HERE" + "y".repeat(300);
        String[] lines =
                Failures.caret(sql, new VarveClientException.Position(1, 301)).split("\n", -1);
        assertThat(lines[0]).hasSize(102);
        assertThat(lines[0].substring(lines[1].indexOf('^'))).startsWith("HERE");
        assertThat(Failures.caret("a", new VarveClientException.Position(9, 1))).isEmpty();
    }

    @Test
    void aQueryComesFromAFileOrStandardInput() throws Exception {
        api.answer("POST /api/v1/sql", 200, "");
        Path file = Files.writeString(folder.resolve("q.sql"), "select 2");
        assertThat(run("sql", "-f", file.toString(), "--url", api.url())).isZero();
        input = "select 3";
        assertThat(run("sql", "-f", "-", "--url", api.url())).isZero();
        assertThat(api.seen.get(0).body()).contains("select 2");
        assertThat(api.seen.get(1).body()).contains("select 3");
        assertThat(run("sql", "-f", "missing.sql", "--url", api.url())).isEqualTo(ExitCodes.FAILED);
        assertThat(err()).contains("no such file: missing.sql");
    }

    @Test
    void valuesOfParametersHaveTypes() {
        assertThat(SqlText.value("5")).isEqualTo(5L);
        assertThat(SqlText.value("-5.5e3")).isEqualTo(-5500.0);
        assertThat(SqlText.value("'it''s'")).isEqualTo("it's");
        assertThat(SqlText.value("null")).isNull();
        assertThat(SqlText.value("true")).isEqualTo(true);
        assertThat(SqlText.value("2021-01-01")).isEqualTo("2021-01-01");
    }

    @Test
    void anExportAppearsWhenItIsWhole() throws Exception {
        Path file = folder.resolve("x.csv");
        api.answers.put("POST /api/v1/sql", new FakeApi.Answer(200, "a,b\n1,2\n", 4));
        assertThat(run("export", "select 1", "-o", file.toString(), "--url", api.url()))
                .isEqualTo(ExitCodes.FAILED);
        assertThat(folder).isEmptyDirectory();

        api.answer("POST /api/v1/sql", 200, "a,b\n1,2\n");
        assertThat(run("export", "select 1", "-o", file.toString(), "--url", api.url()))
                .isZero();
        assertThat(file).hasContent("a,b\n1,2\n");
        assertThat(out()).isEmpty();
        assertThat(api.seen.getLast().body()).contains("\"format\":\"csv\"");
    }

    @Test
    void datasetsAndDescriptionsAreTablesOrObjects() {
        api.answer("GET /api/v1/datasets", 200, "{\"datasets\": [" + AIR + "]}");
        api.answer("GET /api/v1/datasets/air", 200, AIR);
        assertThat(run("datasets", "--url", api.url())).isZero();
        assertThat(out()).startsWith("{\"name\":\"air\",\"rows\":7,");
        out.reset();
        assertThat(run(true, "describe", "air", "--url", api.url())).isZero();
        assertThat(out()).contains("station  string").contains("key").contains("7 rows (3 not yet in files)");
        out.reset();
        assertThat(run("describe", "air", "--url", api.url())).isZero();
        assertThat(out()).contains("\"h3Resolution\":9");
    }

    @Test
    void aCsvFileTravelsWithItsMappingAndTheSameKeyAgain() throws Exception {
        api.answer("GET /api/v1/datasets/air", 200, AIR);
        api.answer("POST " + ROWS, 200, report(2, 0, ""));
        Path file = Files.writeString(folder.resolve("a.csv"), "t,x\n1,a\n2,\"b\nc\"\n");
        String[] line = {
            "ingest",
            "csv",
            file.toString(),
            "--dataset",
            "air",
            "--time",
            "t",
            "--missing",
            "-99,NA",
            "--missing",
            "x=MM",
            "--map",
            "temp:x",
            "--scale",
            "x=0.1",
            "--url",
            api.url()
        };
        assertThat(run(line)).isZero();
        assertThat(run(line)).isZero();
        List<FakeApi.Seen> posts =
                api.seen.stream().filter(seen -> seen.method().equals("POST")).toList();
        assertThat(posts).hasSize(2);
        assertThat(posts.get(0).query())
                .isEqualTo("onError=reject-row&time=t&map=temp:x&missing=-99,NA&missing.x=MM&scale.x=0.1");
        assertThat(posts.get(0).contentType()).isEqualTo("text/csv");
        assertThat(posts.get(0).body()).isEqualTo("t,x\n1,a\n2,\"b\nc\"\n");
        assertThat(posts.get(0).key())
                .isEqualTo(posts.get(1).key())
                .endsWith("-0")
                .hasSize(34);
        assertThat(err()).contains("air: 2 rows accepted, 0 rejected");
        assertThat(out()).isEmpty();
    }

    private static String report(long accepted, long rejected, String errors) {
        return "{\"accepted\": " + accepted + ", \"rejected\": " + rejected
                + ", \"position\": 1, \"duplicate\": false, \"errors\": [" + errors + "]}";
    }

    @Test
    void badRowsAreShownCountedAndWritten() throws Exception {
        api.answer("GET /api/v1/datasets/air", 200, AIR);
        api.answer(
                "POST " + ROWS,
                200,
                report(1, 3, "{\"row\": 2, \"column\": \"x\", \"value\": \"n/a\", \"reason\": \"not a number\"}"));
        Path file = Files.writeString(folder.resolve("a.csv"), "t,x\n1,a\n");
        Path errors = folder.resolve("errors.ndjson");
        assertThat(run(
                        "ingest",
                        "csv",
                        file.toString(),
                        "--dataset",
                        "air",
                        "--errors",
                        errors.toString(),
                        "--url",
                        api.url()))
                .isEqualTo(ExitCodes.FAILED);
        assertThat(err())
                .contains(file + " row 2, column x: 'n/a' not a number")
                .contains("3 rejected");
        assertThat(Files.readString(errors)).contains("\"reason\":\"not a number\"");
    }

    @Test
    void aRecipeThatFindsBadRowsWritesNothingIfSoAsked() throws Exception {
        Path file = Files.writeString(folder.resolve("q.csv"), "time,latitude,longitude,id\nx,1,2,a\n");
        assertThat(run("ingest", "usgs-quakes", file.toString(), "--on-error", "reject-batch", "--url", api.url()))
                .isEqualTo(ExitCodes.FAILED);
        assertThat(run("ingest", "usgs-quakes", file.toString(), "--dry-run", "--url", api.url()))
                .isEqualTo(ExitCodes.FAILED);
        assertThat(api.seen).isEmpty();
        assertThat(err()).contains("row 1, column time: 'x'").contains("nothing was loaded");
    }
}
