package dev.varve.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.varve.model.VarveException;
import dev.varve.server.fake.MalformedRequests;
import dev.varve.server.fake.RawHttp;
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
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.arrow.flight.FlightClient;
import org.apache.arrow.flight.FlightDescriptor;
import org.apache.arrow.flight.FlightRuntimeException;
import org.apache.arrow.flight.FlightStream;
import org.apache.arrow.flight.Location;
import org.apache.arrow.flight.PutResult;
import org.apache.arrow.flight.SyncPutListener;
import org.apache.arrow.flight.Ticket;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.BigIntVector;
import org.apache.arrow.vector.Float8Vector;
import org.apache.arrow.vector.TimeStampMicroVector;
import org.apache.arrow.vector.VarCharVector;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.ipc.ArrowStreamReader;
import org.apache.arrow.vector.ipc.ArrowStreamWriter;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A whole node in this process, with everything real. */
@Timeout(120)
@SuppressWarnings("try") // FlightStream.close may be interrupted, which the test runner handles
class NodeTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String AIR = """
            {"name": "air", "columns": [{"name": "station", "type": "string"}, {"name": "pm25", "type": "double"}]}""";
    private static final String ROWS = """
            time,lat,lon,station,pm25
            2021-07-10T20:32:43.470Z,25.5,-80.25,miami,3.5
            2021-07-10T20:32:43Z,52.5,13.4,berlin,
            2021-07-10T20:32:44Z,52.5,13.4,berlin,n/a
            """;

    @TempDir
    private Path directory;

    private final HttpClient client = HttpClient.newHttpClient();
    private Node node;
    private @Nullable TestCluster cluster;

    @BeforeEach
    void start() {
        node = open();
    }

    private Node open() {
        Map<String, String> settings = Map.of(
                "data.dir", directory.resolve("lake").toString(),
                "http.port", "0",
                "flight.port", "0",
                "s3.port", "0",
                "query.memory-limit", "256MiB",
                "shutdown.drain", "10s");
        if (TestCluster.isWanted()) {
            cluster = TestCluster.start(directory.resolve("lake"), settings, keys -> {});
            return cluster.node();
        }
        return Node.start(NodeConfig.load(null, Map.of(), settings));
    }

    private void close() {
        node.close();
        if (cluster != null) {
            cluster.close();
        }
    }

    @AfterEach
    void stop() {
        close();
        client.close();
    }

    @Test
    void rowsAreVisibleAtOnceAfterAFlushAndAfterARestart() throws Exception {
        fill();
        String question = "SELECT station, pm25, time FROM air ORDER BY station";
        String expected = "station,pm25,time\r\nberlin,,2021-07-10T20:32:43Z\r\nmiami,3.5,2021-07-10T20:32:43.470Z\r\n";
        assertThat(sql(question, "csv").body()).isEqualTo(expected);
        JsonNode description = JSON.readTree(
                post("/api/v1/datasets/air/flush", "application/json", "").body());
        assertThat(description.path("files").asInt()).isEqualTo(1);
        assertThat(description.path("unflushedRows").asInt()).isZero();
        assertThat(description.path("rows").asInt()).isEqualTo(2);
        assertThat(description.path("timeMin").asText()).isEqualTo("2021-07-10T20:32:43Z");
        assertThat(sql(question, "csv").body()).isEqualTo(expected);
        assertThat(rows("text/csv", "?time=time", bytes("time,station\n2021-07-11,oslo\n"))
                        .statusCode())
                .isEqualTo(200);
        close();
        node = open();
        assertThat(sql("SELECT count(*) FROM air", "csv").body()).endsWith("\r\n3\r\n");
    }

    @Test
    void badRowsAreReportedAndARetryIsADuplicate() throws Exception {
        post("/api/v1/datasets", "application/json", AIR);
        for (boolean duplicate : new boolean[] {false, true}) {
            HttpResponse<String> loaded = send(HttpRequest.newBuilder(uri("/api/v1/datasets/air/rows"))
                    .header("Content-Type", "text/csv")
                    .header("Idempotency-Key", "once")
                    .POST(BodyPublishers.ofString(ROWS)));
            JsonNode report = JSON.readTree(loaded.body());
            assertThat(report.path("rejected").asInt()).as(loaded.body()).isEqualTo(1);
            assertThat(report.path("duplicate").asBoolean()).isEqualTo(duplicate);
        }
        assertThat(sql("SELECT count(*) FROM air", "csv").body()).endsWith("\r\n2\r\n");
        HttpResponse<String> refused = rows("text/csv", "?onError=reject-batch", bytes(ROWS));
        assertThat(refused.statusCode()).isEqualTo(422);
        assertThat(JSON.readTree(refused.body())
                        .path("errors")
                        .path(0)
                        .path("value")
                        .asText())
                .isEqualTo("n/a");
    }

    @Test
    void aDatasetIsInferredOnFirstLoadAlsoByTwoAtOnce() throws Exception {
        HttpResponse<String> dry = rows("text/csv", "?dryRun=true&missing=n/a", bytes(ROWS));
        assertThat(dry.statusCode()).as(dry.body()).isEqualTo(200);
        assertThat(dry.body()).contains("\"target\":\"pm25\"");
        assertThat(get("/api/v1/datasets/air").statusCode()).isEqualTo(404);
        try (ExecutorService loaders = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<HttpResponse<String>>> loads = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                loads.add(loaders.submit(() -> rows("text/csv", "?create=true&missing=n/a", bytes(ROWS))));
            }
            for (Future<HttpResponse<String>> load : loads) {
                assertThat(load.get().statusCode()).as(load.get().body()).isEqualTo(200);
            }
        }
        assertThat(sql("SELECT count(*) FROM air", "csv").body()).endsWith("\r\n12\r\n");
    }

    @Test
    void everyFormatHasTheSameRows() throws Exception {
        fill();
        String question = "SELECT time, lat, lon, station, pm25 FROM air ORDER BY station DESC";
        assertThat(JSON.readTree(sql(question, "json").body()).path("rows").toString())
                .isEqualTo("[[\"2021-07-10T20:32:43.470Z\",25.5,-80.25,\"miami\",3.5],"
                        + "[\"2021-07-10T20:32:43Z\",52.5,13.4,\"berlin\",null]]");
        assertThat(sql(question, "ndjson").body().lines()).hasSize(2);
        assertThat(JSON.readTree(sql(question, "geojson").body())
                        .path("features")
                        .path(0)
                        .path("geometry")
                        .toString())
                .isEqualTo("{\"type\":\"Point\",\"coordinates\":[-80.25,25.5]}");
        assertThat(sql(question, "pretty").body()).contains("(2 rows)");
        assertThat(sql(question, "parquet").body()).startsWith("PAR1").endsWith("PAR1");
        byte[] arrow = client.send(
                        HttpRequest.newBuilder(uri("/api/v1/sql?format=arrow"))
                                .header("Content-Type", "text/plain")
                                .POST(BodyPublishers.ofString(question))
                                .build(),
                        BodyHandlers.ofByteArray())
                .body();
        try (BufferAllocator memory = new RootAllocator();
                ArrowStreamReader reader = new ArrowStreamReader(new ByteArrayInputStream(arrow), memory)) {
            assertThat(reader.loadNextBatch()).isTrue();
            assertThat(reader.getVectorSchemaRoot()
                            .getSchema()
                            .findField("time")
                            .getType()
                            .toString())
                    .isEqualTo("Timestamp(MICROSECOND, UTC)");
            assertThat(reader.getVectorSchemaRoot().getRowCount()).isEqualTo(2);
        }
    }

    @Test
    void everyBodyFormatIsTaken() throws Exception {
        post("/api/v1/datasets", "application/json", AIR);
        assertThat(rows("application/x-ndjson", "", bytes("{\"time\": \"2021-01-01T00:00:00Z\", \"pm25\": 1}\n"))
                        .body())
                .contains("\"accepted\":1");
        HttpResponse<String> arrow = rows("application/vnd.apache.arrow.stream", "", arrowRows(1_000));
        assertThat(arrow.body()).contains("\"accepted\":1000");
        byte[] parquet = client.send(
                        HttpRequest.newBuilder(uri("/api/v1/sql?format=parquet"))
                                .header("Content-Type", "text/plain")
                                .POST(BodyPublishers.ofString("SELECT time, station, pm25 FROM air"))
                                .build(),
                        BodyHandlers.ofByteArray())
                .body();
        HttpResponse<String> again = rows("application/vnd.apache.parquet", "", parquet);
        assertThat(again.body()).contains("\"accepted\":1001");
        assertThat(sql("SELECT count(*) FROM air", "csv").body()).endsWith("\r\n2002\r\n");
    }

    @Test
    void paramsAndErrorsOfSqlComeThrough() throws Exception {
        fill();
        HttpResponse<String> positional = post(
                "/api/v1/sql",
                "application/json",
                "{\"sql\": \"SELECT station FROM air WHERE pm25 > ?\", \"params\": [1], \"format\": \"csv\"}");
        assertThat(positional.body()).isEqualTo("station\r\nmiami\r\n");
        HttpResponse<String> named = post(
                "/api/v1/sql",
                "application/json",
                "{\"sql\": \"SELECT station FROM air WHERE station = :s\", \"params\": {\"s\": \"berlin\"}, \"format\": \"csv\"}");
        assertThat(named.body()).isEqualTo("station\r\nberlin\r\n");
        HttpResponse<String> unknown = sql("SELECT pm26 FROM air", "json");
        assertThat(unknown.statusCode()).isEqualTo(400);
        assertThat(JSON.readTree(unknown.body()).path("code").asText()).isEqualTo("SQL_INVALID");
        assertThat(sql("DROP TABLE air", "json").statusCode()).isEqualTo(403);
        assertThat(sql("SELECT * FROM aire", "json").body()).contains("air");
    }

    @Test
    void aLateErrorIsSeen() throws Exception {
        post("/api/v1/datasets", "application/json", AIR);
        byte[] good = arrowRows(200_000);
        rows("application/vnd.apache.arrow.stream", "", good);
        rows("text/csv", "", bytes("time,station\n2030-01-01,word\n"));
        try (RawHttp raw = RawHttp.connect(node.httpPort())) {
            String answer = raw.send(RawHttp.post(
                            "/api/v1/sql?format=ndjson",
                            "text/plain",
                            "SELECT CAST(replace(station, 's', '') AS INTEGER) AS n FROM air"))
                    .readAll();
            assertThat(answer).startsWith("HTTP/1.1 ");
            if (answer.startsWith("HTTP/1.1 200")) {
                assertThat(answer).contains("{\"$error\":").doesNotEndWith("0\r\n\r\n");
            } else {
                assertThat(answer).contains("SQL_RUNTIME");
            }
        }
    }

    @Test
    void aGoneClientsQueryEndsSoon() throws Exception {
        try (RawHttp raw = RawHttp.connect(node.httpPort())) {
            raw.send(RawHttp.post("/api/v1/sql", "text/plain", longQuery()));
            awaitQueries(1);
            Thread.sleep(200);
            awaitQueries(1);
        }
        awaitQueries(0);
    }

    @Test
    void aTimeoutIsA408() throws Exception {
        HttpResponse<String> answer = send(HttpRequest.newBuilder(uri("/api/v1/sql?timeout=300ms"))
                .header("Content-Type", "text/plain")
                .POST(BodyPublishers.ofString(longQuery())));
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(408);
    }

    @Test
    void flightStreamsInAndOut() throws Exception {
        post("/api/v1/datasets", "application/json", AIR);
        try (BufferAllocator memory = new RootAllocator();
                FlightClient flight = FlightClient.builder(
                                memory, Location.forGrpcInsecure("127.0.0.1", node.flightPort()))
                        .build()) {
            try (ArrowStreamReader reader = new ArrowStreamReader(new ByteArrayInputStream(arrowRows(10_000)), memory);
                    SyncPutListener acks = new SyncPutListener()) {
                reader.loadNextBatch();
                FlightClient.ClientStreamListener put =
                        flight.startPut(FlightDescriptor.path("air"), reader.getVectorSchemaRoot(), acks);
                for (int i = 0; i < 5; i++) {
                    put.putNext();
                }
                put.completed();
                for (int i = 0; i < 5; i++) {
                    try (PutResult ack = acks.read()) {
                        byte[] json =
                                new byte[(int) ack.getApplicationMetadata().readableBytes()];
                        ack.getApplicationMetadata().getBytes(0, json);
                        assertThat(new String(json, StandardCharsets.UTF_8)).contains("\"accepted\":10000");
                    }
                }
                put.getResult();
            }
            long count = 0;
            try (FlightStream stream = flight.getStream(new Ticket(bytes("SELECT * FROM air")))) {
                while (stream.next()) {
                    count += stream.getRoot().getRowCount();
                }
            }
            assertThat(count).isEqualTo(50_000);
            try (FlightStream stream = flight.getStream(new Ticket(bytes("SELECT count(*) AS n FROM air")))) {
                stream.next();
                assertThat(((BigIntVector) stream.getRoot().getVector("n")).get(0))
                        .isEqualTo(50_000);
            }
            try (FlightStream stream = flight.getStream(new Ticket(bytes("SELECT nope FROM air")))) {
                assertThatThrownBy(stream::next)
                        .isInstanceOf(FlightRuntimeException.class)
                        .hasMessageContaining("SQL_INVALID");
            }
        }
    }

    @Test
    void aSecondNodeOnTheSameDataIsRefused() {
        assertThatThrownBy(this::open).isInstanceOf(VarveException.class).hasMessageContaining("in use by");
    }

    @Test
    void closingFinishesWhatRunsAndRefusesTheRest() throws Exception {
        post("/api/v1/datasets", "application/json", AIR);
        for (int i = 0; i < 5; i++) {
            rows("application/vnd.apache.arrow.stream", "", arrowRows(65_536));
        }
        Thread closing;
        try (RawHttp raw = RawHttp.connect(node.httpPort())) {
            raw.send(RawHttp.post("/api/v1/sql?format=ndjson", "text/plain", "SELECT * FROM air"));
            assertThat(raw.readSome(15)).isEqualTo("HTTP/1.1 200 OK");
            closing = Thread.ofVirtual().start(node::close);
            while (get("/readyz").statusCode() != 503) {
                Thread.sleep(10);
            }
            HttpResponse<String> refused = sql("SELECT 1", "json");
            assertThat(refused.statusCode()).isEqualTo(503);
            assertThat(refused.body()).contains("NOT_READY");
            assertThat(raw.readAll()).endsWith("\r\n0\r\n\r\n");
        }
        closing.join();
    }

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = 20_240_229)
    void malformedRequestsAreTheCallersFaultAndLeakNothing(long seed) throws Exception {
        fill();
        post("/api/v1/datasets/air/flush", "application/json", "");
        MalformedRequests requests = new MalformedRequests(Long.getLong("varve.seed", seed));
        long before = settledBytes();
        List<String> wrong = new ArrayList<>();
        for (int i = 0; i < 1_000; i++) {
            byte[] request = requests.next();
            try (RawHttp raw = RawHttp.connect(node.httpPort())) {
                String answer = raw.exchange(request);
                if (!answer.isEmpty() && !isFine(answer, request[0] == 'H' && request[1] == 'E')) {
                    wrong.add("request " + i + ": " + shown(new String(request, StandardCharsets.UTF_8)) + "\nanswer: "
                            + shown(answer));
                }
            }
        }
        assertThat(wrong).isEmpty();
        awaitQueries(0);
        post("/api/v1/datasets/air/flush", "application/json", "");
        assertThat(settledBytes()).isLessThanOrEqualTo(before);
        assertThat(get("/readyz").statusCode()).isEqualTo(200);
    }

    private static boolean isFine(String answer, boolean isHead) {
        if (answer.startsWith("HTTP/1.1 2") || answer.startsWith("HTTP/1.1 100")) {
            return true;
        }
        boolean hasStackTrace = answer.contains("Exception") || answer.contains("\tat ");
        boolean isSilentProblem = answer.contains("problem+json")
                && !answer.contains("\"detail\":\"")
                && !answer.contains("Content-Length: 0");
        return answer.startsWith("HTTP/1.1 4") && !hasStackTrace && (isHead || !isSilentProblem);
    }

    private static String shown(String text) {
        return text.length() <= 1_500 ? text : text.substring(0, 1_500) + "…";
    }

    /** Bytes in Arrow buffers when nothing runs. */
    private long settledBytes() throws Exception {
        Pattern all = Pattern.compile("varve_arrow_bytes\\{owner=\"all\"} (\\d+)");
        long last = -1;
        while (true) {
            Matcher found = all.matcher(get("/metrics").body());
            assertThat(found.find()).isTrue();
            long now = Long.parseLong(found.group(1));
            if (now == last) {
                return now;
            }
            last = now;
            Thread.sleep(200);
        }
    }

    private String longQuery() throws Exception {
        post("/api/v1/datasets", "application/json", AIR);
        rows("application/vnd.apache.arrow.stream", "", arrowRows(100_000));
        return "SELECT sum(a.pm25 * b.pm25 + c.pm25) AS s FROM air a CROSS JOIN air b CROSS JOIN air c";
    }

    private void fill() throws Exception {
        assertThat(post("/api/v1/datasets", "application/json", AIR).statusCode())
                .isEqualTo(201);
        HttpResponse<String> loaded = rows("text/csv", "", bytes(ROWS));
        assertThat(loaded.statusCode()).as(loaded.body()).isEqualTo(200);
    }

    private void awaitQueries(int count) throws Exception {
        while (JSON.readTree(get("/api/v1/queries").body()).path("queries").size() != count) {
            Thread.sleep(20);
        }
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static byte[] arrowRows(int count) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (BufferAllocator memory = new RootAllocator();
                TimeStampMicroVector time = new TimeStampMicroVector("time", memory);
                VarCharVector station = new VarCharVector("station", memory);
                Float8Vector pm25 = new Float8Vector("pm25", memory)) {
            for (int i = 0; i < count; i++) {
                time.setSafe(i, i * 1_000_000L);
                station.setSafe(i, bytes("s" + i));
                pm25.setSafe(i, i / 2.0);
            }
            VectorSchemaRoot root = new VectorSchemaRoot(List.of(time, station, pm25));
            root.setRowCount(count);
            try (ArrowStreamWriter writer = new ArrowStreamWriter(root, null, out)) {
                writer.writeBatch();
            }
        }
        return out.toByteArray();
    }

    private URI uri(String path) {
        return URI.create("http://127.0.0.1:" + node.httpPort() + path);
    }

    private HttpResponse<String> send(HttpRequest.Builder request) throws IOException, InterruptedException {
        return client.send(request.build(), BodyHandlers.ofString(StandardCharsets.ISO_8859_1));
    }

    private HttpResponse<String> get(String path) throws IOException, InterruptedException {
        return send(HttpRequest.newBuilder(uri(path)));
    }

    private HttpResponse<String> post(String path, String type, String body) throws IOException, InterruptedException {
        return send(
                HttpRequest.newBuilder(uri(path)).header("Content-Type", type).POST(BodyPublishers.ofString(body)));
    }

    private HttpResponse<String> sql(String sql, String format) throws IOException, InterruptedException {
        return post("/api/v1/sql?format=" + format, "text/plain", sql);
    }

    private HttpResponse<String> rows(String type, String query, byte[] body) throws IOException, InterruptedException {
        return send(HttpRequest.newBuilder(uri("/api/v1/datasets/air/rows" + query))
                .header("Content-Type", type)
                .POST(BodyPublishers.ofByteArray(body)));
    }
}
