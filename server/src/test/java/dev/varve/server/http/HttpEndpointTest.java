package dev.varve.server.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.github.luben.zstd.ZstdInputStream;
import dev.varve.server.fake.FakeCatalog;
import dev.varve.server.fake.FakeEngine;
import dev.varve.server.fake.FakeRows;
import dev.varve.server.fake.MalformedRequests;
import dev.varve.server.fake.RawHttp;
import dev.varve.server.metrics.Metrics;
import dev.varve.server.wire.Json;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class HttpEndpointTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    private Path scratch;

    private final BufferAllocator memory = new RootAllocator();
    private final FakeEngine engine = new FakeEngine(memory);
    private final FakeCatalog catalog = new FakeCatalog();
    private final AtomicBoolean ready = new AtomicBoolean(true);
    private final HttpClient client = HttpClient.newHttpClient();
    private HttpEndpoint endpoint;

    @BeforeEach
    void start() {
        endpoint = start(HttpConfig.DEFAULT.clientTimeout());
    }

    private HttpEndpoint start(Duration clientTimeout) {
        HttpConfig limits = new HttpConfig(
                "127.0.0.1",
                0,
                4 << 20,
                64 << 10,
                16 << 10,
                2,
                1,
                HttpConfig.DEFAULT.idleTimeout(),
                clientTimeout,
                true);
        return HttpEndpoint.start(
                limits,
                new HttpEndpoint.Parts(
                        engine,
                        new FakeRows(),
                        catalog,
                        new Metrics(),
                        () -> Json.object().put("name", "test"),
                        ready::get,
                        scratch));
    }

    @AfterEach
    void stop() throws InterruptedException, IOException {
        assertThat(endpoint.awaitIdle(Duration.ofSeconds(20))).isTrue();
        endpoint.close();
        client.close();
        memory.close();
        try (var files = Files.list(scratch)) {
            assertThat(files).isEmpty();
        }
    }

    @Test
    void tellsWhetherItLivesAndIsReady() throws Exception {
        assertThat(get("/livez").statusCode()).isEqualTo(200);
        assertThat(get("/readyz").statusCode()).isEqualTo(200);
        ready.set(false);
        assertThat(get("/livez").statusCode()).isEqualTo(200);
        assertThat(get("/readyz").statusCode()).isEqualTo(503);
        HttpResponse<String> refused = sql("rows 1");
        assertThat(refused.statusCode()).isEqualTo(503);
        assertThat(refused.headers().firstValue("Retry-After")).isPresent();
        assertThat(code(refused)).isEqualTo("NOT_READY");
    }

    @Test
    void streamsARowPerBatchAndMore() throws Exception {
        JsonNode answer = JSON.readTree(sql("rows 2500").body());
        assertThat(answer.path("rows")).hasSize(2500);
        assertThat(answer.path("rows").path(2499).path(1).asText()).isEqualTo("row 2499");
        assertThat(answer.path("stats").path("rows").asLong()).isEqualTo(2500);
        assertThat(answer.path("columns").path(0).path("type").asText()).isEqualTo("long");
    }

    @ParameterizedTest
    @CsvSource({
        "json,application/json",
        "ndjson,application/x-ndjson",
        "csv,text/csv;charset=utf-8",
        "arrow,application/vnd.apache.arrow.stream",
        "parquet,application/vnd.apache.parquet",
        "pretty,text/plain;charset=utf-8"
    })
    void everyFormatIsChosenByNameAndByAccept(String format, String contentType) throws Exception {
        HttpResponse<String> byName = send(HttpRequest.newBuilder(uri("/api/v1/sql?q=rows+1&format=" + format)));
        HttpResponse<String> byAccept = send(HttpRequest.newBuilder(uri("/api/v1/sql?q=rows+1"))
                .header("Accept", contentType + ";q=0.9, text/html"));
        for (HttpResponse<String> answer : List.of(byName, byAccept)) {
            assertThat(answer.statusCode()).isEqualTo(200);
            assertThat(answer.headers().firstValue("Content-Type").orElseThrow().replace(" ", ""))
                    .isEqualTo(contentType);
            assertThat(answer.headers().firstValue("X-Query-Id")).isPresent();
            assertThat(answer.headers().firstValue("Server-Timing")).isPresent();
            assertThat(answer.body()).isNotEmpty();
        }
    }

    @Test
    void compressesAsAsked() throws Exception {
        HttpResponse<byte[]> gzip = sqlBytes("rows 5000", "gzip");
        assertThat(gzip.headers().firstValue("Content-Encoding")).hasValue("gzip");
        String plain = sql("rows 5000").body();
        try (GZIPInputStream in = new GZIPInputStream(new ByteArrayInputStream(gzip.body()))) {
            assertThat(new String(in.readAllBytes(), StandardCharsets.UTF_8)).isEqualTo(plain);
        }
        HttpResponse<byte[]> zstd = sqlBytes("rows 5000", "gzip;q=0.5, zstd");
        assertThat(zstd.headers().firstValue("Content-Encoding")).hasValue("zstd");
        try (ZstdInputStream in = new ZstdInputStream(new ByteArrayInputStream(zstd.body()))) {
            assertThat(new String(in.readAllBytes(), StandardCharsets.UTF_8)).isEqualTo(plain);
        }
    }

    @Test
    void anEarlyErrorHasItsStatusPositionHintAndQuery() throws Exception {
        HttpResponse<String> answer = send(HttpRequest.newBuilder(uri("/api/v1/sql"))
                .header("Content-Type", "application/json")
                .header("X-Query-Id", "mine")
                .POST(BodyPublishers.ofString("{\"sql\": \"nonsense\"}")));
        assertThat(answer.statusCode()).isEqualTo(400);
        assertThat(answer.headers().firstValue("Content-Type")).hasValue("application/problem+json");
        assertThat(answer.headers().firstValue("X-Query-Id")).hasValue("mine");
        assertThat(JSON.readTree(answer.body())).isEqualTo(JSON.readTree("""
                        {"type": "about:blank", "title": "SQL_INVALID", "status": 400, "code": "SQL_INVALID",
                         "detail": "unknown word nonsense", "position": {"line": 1, "column": 1},
                         "hint": "did you mean 'rows'?", "queryId": "mine"}"""));
    }

    @Test
    void aBugLeaksNothingButAnId() throws Exception {
        HttpResponse<String> answer = sql("break");
        assertThat(answer.statusCode()).isEqualTo(500);
        assertThat(code(answer)).isEqualTo("INTERNAL");
        assertThat(answer.body()).doesNotContain("secret").doesNotContain("Exception");
    }

    @ParameterizedTest
    @CsvSource({"json,\"error\":", "ndjson,$error", "csv,row 999", "geojson,"})
    void aLateErrorCutsTheConnection(String format, String expected) throws Exception {
        try (RawHttp raw = RawHttp.connect(endpoint.port())) {
            String answer = raw.send(RawHttp.post("/api/v1/sql?format=" + format, "text/plain", "rows 1000 then fail"))
                    .readAll();
            if (format.equals("geojson")) {
                assertThat(answer).startsWith("HTTP/1.1 400");
                return;
            }
            assertThat(answer).startsWith("HTTP/1.1 200").contains("chunked").contains(expected);
            assertThat(answer).doesNotEndWith("0\r\n\r\n");
        }
        try (RawHttp raw = RawHttp.connect(endpoint.port())) {
            String whole = raw.send(RawHttp.post("/api/v1/sql?format=csv", "text/plain", "rows 1000"))
                    .readAll();
            assertThat(whole).endsWith("0\r\n\r\n");
        }
    }

    @Test
    void aRunningQueryIsListedAndCancelled() throws Exception {
        CompletableFuture<HttpResponse<String>> waiting = client.sendAsync(
                HttpRequest.newBuilder(uri("/api/v1/sql?q=wait"))
                        .header("X-Query-Id", "q1")
                        .build(),
                BodyHandlers.ofString());
        awaitRunning(1);
        assertThat(get("/api/v1/queries").body()).contains("q1");
        assertThat(send(HttpRequest.newBuilder(uri("/api/v1/queries/q1")).DELETE())
                        .statusCode())
                .isEqualTo(204);
        HttpResponse<String> answer = waiting.get(20, TimeUnit.SECONDS);
        assertThat(answer.statusCode()).isEqualTo(499);
        assertThat(code(answer)).isEqualTo("CANCELLED");
        assertThat(send(HttpRequest.newBuilder(uri("/api/v1/queries/q1")).DELETE())
                        .statusCode())
                .isEqualTo(404);
    }

    @Test
    void aClientThatGoesCancelsItsQuery() throws Exception {
        try (RawHttp raw = RawHttp.connect(endpoint.port())) {
            raw.send(RawHttp.post("/api/v1/sql", "text/plain", "wait"));
            awaitRunning(1);
        }
        awaitRunning(0);
    }

    @Test
    void aPipelinedRequestIsAnsweredAfterTheFirst() throws Exception {
        try (RawHttp raw = RawHttp.connect(endpoint.port())) {
            String first = RawHttp.post("/api/v1/sql", "text/plain", "wait").replace("Connection: close\r\n", "");
            raw.send(first);
            awaitRunning(1);
            raw.send("GET /livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
            Thread.sleep(200);
            engine.running().forEach(running -> engine.cancel(running.id()));
            assertThat(raw.readAll()).contains("499").contains("alive");
        }
    }

    @Test
    void moreThanTheLimitWaitAndTheRestAreRefused() throws Exception {
        RawHttp[] sockets = new RawHttp[3];
        try {
            for (int i = 0; i < 2; i++) {
                sockets[i] = RawHttp.connect(endpoint.port());
                sockets[i].send(RawHttp.post("/api/v1/sql", "text/plain", "wait"));
                awaitRunning(i + 1);
            }
            sockets[2] = RawHttp.connect(endpoint.port());
            sockets[2].send(RawHttp.post("/api/v1/sql", "text/plain", "rows 1"));
            Thread.sleep(200);
            HttpResponse<String> refused = sql("rows 1");
            assertThat(refused.statusCode()).isEqualTo(503);
            assertThat(code(refused)).isEqualTo("OVERLOADED");
            assertThat(get("/livez").statusCode()).isEqualTo(200);
            engine.running().forEach(running -> engine.cancel(running.id()));
            assertThat(sockets[2].readAll()).startsWith("HTTP/1.1 200");
        } finally {
            for (RawHttp socket : sockets) {
                socket.close();
            }
        }
    }

    @ParameterizedTest
    @CsvSource({
        "GET,/nothing,404,NOT_FOUND",
        "GET,/api/v1/dataset,404,NOT_FOUND",
        "POST,/livez,405,BAD_REQUEST",
        "PUT,/api/v1/sql,405,BAD_REQUEST",
        "POST,/api/v1/sql,415,BAD_REQUEST",
        "POST,/api/v1/datasets/x/rows,415,BAD_REQUEST",
        "GET,/api/v1/sql,400,BAD_REQUEST",
        "GET,/api/v1/sql?q=rows+1&formt=csv,400,BAD_REQUEST",
        "GET,/api/v1/sql?q=rows+1&format=cvs,400,BAD_REQUEST",
        "GET,/api/v1/sql?q=rows+1&timeout=3,400,BAD_REQUEST",
        "GET,/api/v1/sql?q=rows+1&limit=x,400,BAD_REQUEST",
        "GET,/api/v1/datasets/none,404,DATASET_NOT_FOUND",
    })
    void mistakesAreNamed(String method, String path, int status, String code) throws Exception {
        HttpResponse<String> answer = send(HttpRequest.newBuilder(uri(path)).method(method, BodyPublishers.noBody()));
        assertThat(answer.statusCode()).isEqualTo(status);
        assertThat(code(answer)).isEqualTo(code);
        assertThat(JSON.readTree(answer.body()).path("hint").asText()).isNotEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{|not valid JSON",
                "[]|must be an object",
                "{\"sql\": 1}|must be a string",
                "{\"sq\": \"x\"}|has no 'sql'",
                "{\"sql\": \"rows 1\", \"parms\": []}|'parms' in the request is unknown",
                "{\"sql\": \"rows 1\", \"params\": 3}|an array for ? or an object",
                "{\"sql\": \"rows 1\", \"params\": [[1]]}|param 1 is an array",
                "{\"sql\": \"rows 1\", \"params\": [99999999999999999999]}|64 bits",
                "{\"sql\": \"rows 1\", \"limit\": -1}|limit is -1",
                "{\"sql\": \"rows 1\", \"timeout\": \"3 apples\"}|not a duration",
                "{\"sql\": \"rows 1\", \"sql\": \"rows 2\"}|Duplicate",
                "{\"sql\": \" \"}|empty",
            })
    void brokenJsonIsExplained(String body, String part) throws Exception {
        HttpResponse<String> answer = send(HttpRequest.newBuilder(uri("/api/v1/sql"))
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.ofString(body)));
        assertThat(answer.statusCode()).isEqualTo(400);
        assertThat(JSON.readTree(answer.body()).path("detail").asText()).contains(part);
    }

    @Test
    void limitsAreKept() throws Exception {
        HttpResponse<String> deep = send(HttpRequest.newBuilder(uri("/api/v1/sql"))
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.ofString("[".repeat(10_000))));
        assertThat(deep.statusCode()).isEqualTo(413);
        HttpResponse<String> large = send(HttpRequest.newBuilder(uri("/api/v1/sql"))
                .header("Content-Type", "text/plain")
                .POST(BodyPublishers.ofString("x".repeat(100_000))));
        assertThat(large.statusCode()).isEqualTo(413);
        try (RawHttp raw = RawHttp.connect(endpoint.port())) {
            String chunked = "POST /api/v1/sql HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\n"
                    + "Transfer-Encoding: chunked\r\n\r\n" + "10000\r\n" + "x".repeat(0x10000) + "\r\n10000\r\n"
                    + "x".repeat(0x10000) + "\r\n0\r\n\r\n";
            assertThat(raw.send(chunked).readSome(4096)).startsWith("HTTP/1.1 413");
        }
        try (RawHttp raw = RawHttp.connect(endpoint.port())) {
            String answer = raw.send("GET /livez HTTP/1.1\r\nHost: x\r\nX: " + "y".repeat(20_000) + "\r\n\r\n")
                    .readAll();
            assertThat(answer).matches(text -> text.isEmpty() || text.startsWith("HTTP/1.1 4"));
        }
    }

    @Test
    void datasetsAreMadeListedWidenedAndDropped() throws Exception {
        HttpResponse<String> made = postJson("/api/v1/datasets", """
                {"name": "air", "columns": [{"name": "station", "type": "string"},
                 {"name": "pm25", "type": "double", "unit": "ug/m3"}], "key": ["station"], "h3Resolution": 7}""");
        assertThat(made.statusCode()).isEqualTo(201);
        JsonNode description = JSON.readTree(made.body());
        assertThat(description.path("columns")).hasSize(8);
        assertThat(description.path("columns").path(5).path("unit").asText()).isEqualTo("ug/m3");
        assertThat(description.path("columns").path(5).path("role").asText()).isEqualTo("own");
        assertThat(description.path("h3Resolution").asInt()).isEqualTo(7);
        assertThat(description.path("timeMax").asText()).isEqualTo("1970-01-01T00:00:01Z");
        assertThat(code(postJson("/api/v1/datasets", "{\"name\": \"air\"}"))).isEqualTo("DATASET_EXISTS");
        HttpResponse<String> wider =
                postJson("/api/v1/datasets/air/columns", "{\"columns\": [{\"name\": \"pm10\", \"type\": \"float\"}]}");
        assertThat(JSON.readTree(wider.body()).path("columns")).hasSize(9);
        assertThat(get("/api/v1/datasets/ari").body()).contains("did you mean 'air'?");
        assertThat(get("/api/v1/datasets").body()).contains("\"name\":\"air\"");
        assertThat(send(HttpRequest.newBuilder(uri("/api/v1/datasets/air")).DELETE())
                        .statusCode())
                .isEqualTo(204);
        assertThat(get("/api/v1/datasets/air").statusCode()).isEqualTo(404);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{\"name\": \"Bad Name\"}|400|use lower-case",
                "{\"name\": \"a\", \"colums\": []}|400|did you mean 'columns'?",
                "{\"name\": \"a\", \"columns\": [{\"name\": \"x\", \"type\": \"dubble\"}]}|422|did you mean 'double'?",
                "{\"name\": \"a\", \"key\": [\"x\"]}|422|",
                "{\"name\": \"a\", \"h3Resolution\": 4294967300}|422|",
                "{\"name\": \"a\", \"partition\": \"hour\"}|400|known: auto",
            })
    void definitionsAreChecked(String body, int status, String hint) throws Exception {
        HttpResponse<String> answer = postJson("/api/v1/datasets", body);
        assertThat(answer.statusCode()).isEqualTo(status);
        assertThat(answer.body()).contains(hint == null ? "" : hint);
    }

    @Test
    void rowsAreLoadedRefusedAndCreated() throws Exception {
        assertThat(code(rows("air", "", "1\n"))).isEqualTo("DATASET_NOT_FOUND");
        HttpResponse<String> created = rows("air", "?create=true&key=x&h3Resolution=5", "1\nbad\n");
        assertThat(created.statusCode()).as(created.body()).isEqualTo(422);
        created = rows("air", "?create=true&h3Resolution=5", "1\nbad\n");
        assertThat(created.statusCode()).as(created.body()).isEqualTo(200);
        assertThat(JSON.readTree(created.body())
                        .path("errors")
                        .path(0)
                        .path("reason")
                        .asText())
                .isEqualTo("not a number");
        assertThat(get("/api/v1/datasets/air").body()).contains("\"h3Resolution\":5");
        HttpResponse<String> refused = rows("air", "?onError=reject-batch", "1\nbad\n");
        assertThat(refused.statusCode()).isEqualTo(422);
        assertThat(code(refused)).isEqualTo("ROWS_REJECTED");
        assertThat(JSON.readTree(refused.body()).path("errors")).hasSize(1);
        assertThat(rows("air", "?dryRun=true", "1\n").body()).contains("\"source\":\"X\"");
        assertThat(rows("air", "?tme=x", "1\n").statusCode()).isEqualTo(400);
        assertThat(rows("air", "?key=x", "1\n").statusCode()).isEqualTo(400);
    }

    @Test
    void gzipBodiesAreUnpackedWithinLimits() throws Exception {
        rows("air", "?create=true", "1\n");
        assertThat(gzipRows(gzip("1\n2\n".getBytes(StandardCharsets.UTF_8))).body())
                .contains("\"accepted\":2");
        assertThat(gzipRows("not gzip".getBytes(StandardCharsets.UTF_8)).statusCode())
                .isEqualTo(400);
        byte[] whole = gzip("1\n2\n".getBytes(StandardCharsets.UTF_8));
        assertThat(gzipRows(Arrays.copyOf(whole, 15)).statusCode()).isEqualTo(400);
        assertThat(gzipRows(gzip(new byte[64 << 20])).statusCode()).isEqualTo(413);
    }

    @Test
    void aBodyIsSentOnlyAfterContinue() throws Exception {
        rows("air", "?create=true", "1\n");
        try (RawHttp raw = RawHttp.connect(endpoint.port())) {
            String head = RawHttp.post("/api/v1/datasets/air/rows", "text/csv", "1\n2\n")
                    .replace("\r\n\r\n1\n2\n", "\r\nExpect: 100-continue\r\n\r\n");
            assertThat(raw.send(head).readSome(100)).startsWith("HTTP/1.1 100");
            assertThat(raw.send("1\n2\n").readAll()).contains("\"accepted\":2");
        }
    }

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {11, 12})
    void malformedRequestsAreTheCallersFault(long seed) throws Exception {
        rows("air", "?create=true", "1\n");
        MalformedRequests requests = new MalformedRequests(Long.getLong("varve.seed", seed));
        for (int i = 0; i < 500; i++) {
            byte[] request = requests.next();
            try (RawHttp raw = RawHttp.connect(endpoint.port())) {
                String answer = raw.exchange(request);
                assertThat(answer)
                        .as("request %d: %s", i, new String(request, StandardCharsets.UTF_8))
                        .matches(text -> text.isEmpty() || text.matches("(?s)HTTP/1\\.1 [124].*"));
            }
        }
        assertThat(engine.running()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "GET /livez HT",
                "POST /api/v1/sql HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nContent-Length: 100\r\n\r\nSELECT",
                "POST /api/v1/sql HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\nff\r\n"
            })
    void aClientThatStallsInTheMiddleIsCutOff(String start) throws Exception {
        try (HttpEndpoint impatient = start(Duration.ofMillis(300));
                RawHttp raw = RawHttp.connect(impatient.port())) {
            assertThat(raw.send(start).readAll()).matches(text -> text.isEmpty() || text.startsWith("HTTP/1.1 4"));
            assertThat(impatient.awaitIdle(Duration.ofSeconds(20))).isTrue();
        }
    }

    @Test
    void aClientThatTakesNothingIsCutOff() throws Exception {
        try (HttpEndpoint impatient = start(Duration.ofMillis(300));
                RawHttp raw = RawHttp.connect(impatient.port())) {
            raw.send(RawHttp.post("/api/v1/sql", "text/plain", "rows 1000000000"));
            awaitRunning(1);
            awaitRunning(0);
            assertThat(impatient.awaitIdle(Duration.ofSeconds(20))).isTrue();
        }
    }

    @Test
    void aQueryMayTakeLongerThanAClientMayStall() throws Exception {
        try (HttpEndpoint impatient = start(Duration.ofMillis(300));
                RawHttp raw = RawHttp.connect(impatient.port())) {
            raw.send(RawHttp.post("/api/v1/sql", "text/plain", "wait"));
            awaitRunning(1);
            Thread.sleep(1_000);
            assertThat(engine.running()).hasSize(1);
            engine.running().forEach(running -> engine.cancel(running.id()));
            assertThat(raw.readAll()).startsWith("HTTP/1.1 499");
        }
    }

    @Test
    void headAnswersWithoutABody() throws Exception {
        HttpResponse<String> head =
                send(HttpRequest.newBuilder(uri("/api/v1/sql?q=rows+1")).method("HEAD", BodyPublishers.noBody()));
        assertThat(head.statusCode()).isEqualTo(200);
        assertThat(head.headers().firstValue("Content-Type")).hasValue("application/json");
        assertThat(head.body()).isEmpty();
    }

    @Test
    void countsWhatItDoes() throws Exception {
        sql("rows 3");
        assertThat(get("/metrics").body())
                .contains("varve_http_requests_total{route=\"/api/v1/sql\",status=\"200\"} 1")
                .contains("varve_query_rows_total 3")
                .endsWith("# EOF\n");
    }

    private void awaitRunning(int count) throws InterruptedException {
        while (engine.running().size() != count) {
            Thread.sleep(5);
        }
    }

    private URI uri(String path) {
        return URI.create("http://127.0.0.1:" + endpoint.port() + path);
    }

    private HttpResponse<String> send(HttpRequest.Builder request) throws IOException, InterruptedException {
        return client.send(request.build(), BodyHandlers.ofString());
    }

    private HttpResponse<String> get(String path) throws IOException, InterruptedException {
        return send(HttpRequest.newBuilder(uri(path)));
    }

    private HttpResponse<String> sql(String sql) throws IOException, InterruptedException {
        return send(HttpRequest.newBuilder(uri("/api/v1/sql"))
                .header("Content-Type", "text/plain")
                .POST(BodyPublishers.ofString(sql)));
    }

    private HttpResponse<byte[]> sqlBytes(String sql, String acceptEncoding) throws IOException, InterruptedException {
        return client.send(
                HttpRequest.newBuilder(uri("/api/v1/sql"))
                        .header("Content-Type", "application/sql")
                        .header("Accept-Encoding", acceptEncoding)
                        .POST(BodyPublishers.ofString(sql))
                        .build(),
                BodyHandlers.ofByteArray());
    }

    private HttpResponse<String> postJson(String path, String json) throws IOException, InterruptedException {
        return send(HttpRequest.newBuilder(uri(path))
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.ofString(json)));
    }

    private HttpResponse<String> rows(String dataset, String query, String body)
            throws IOException, InterruptedException {
        return send(HttpRequest.newBuilder(uri("/api/v1/datasets/" + dataset + "/rows" + query))
                .header("Content-Type", "text/csv")
                .POST(BodyPublishers.ofString(body)));
    }

    private HttpResponse<String> gzipRows(byte[] body) throws IOException, InterruptedException {
        return send(HttpRequest.newBuilder(uri("/api/v1/datasets/air/rows"))
                .header("Content-Type", "text/csv")
                .header("Content-Encoding", "gzip")
                .POST(BodyPublishers.ofByteArray(body)));
    }

    private static byte[] gzip(byte[] plain) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (GZIPOutputStream out = new GZIPOutputStream(bytes)) {
            out.write(plain);
        }
        return bytes.toByteArray();
    }

    private static String code(HttpResponse<String> answer) throws IOException {
        return JSON.readTree(answer.body()).path("code").asText();
    }
}
