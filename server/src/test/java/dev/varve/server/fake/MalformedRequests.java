package dev.varve.server.fake;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.zip.GZIPOutputStream;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.Float8Vector;
import org.apache.arrow.vector.TimeStampMicroVector;
import org.apache.arrow.vector.VarCharVector;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.ipc.ArrowStreamWriter;

/** Requests with something wrong in them, whole ones as bytes on the wire; the same ones for the same seed. */
public final class MalformedRequests {
    private static final List<String> JSON = List.of(
            "{\"sql\": \"SELECT station, count(*) FROM air WHERE pm25 > ? GROUP BY 1\", \"params\": [1.5], \"format\": \"csv\","
                    + " \"timeout\": \"30s\", \"limit\": 100}",
            "{\"sql\": \"SELECT :x + 1\", \"params\": {\"x\": 4}}",
            "{\"name\": \"fuzz\", \"columns\": [{\"name\": \"a\", \"type\": \"double\", \"unit\": \"mm\"}], \"key\": [],"
                    + " \"h3Resolution\": 9, \"partition\": \"auto\"}",
            "{\"columns\": [{\"name\": \"b\", \"type\": \"string\"}]}");
    private static final List<String> JSON_PATHS =
            List.of("/api/v1/sql", "/api/v1/datasets", "/api/v1/datasets/air/columns");
    private static final List<String> TOKENS = List.of(
            "SELECT",
            "FROM",
            "WHERE",
            "GROUP BY",
            "ORDER BY",
            "air",
            "station",
            "pm25",
            "time",
            "lat",
            "lon",
            "cell",
            "*",
            "(",
            ")",
            ",",
            "'",
            "\"",
            "''",
            "1",
            "-1",
            "1e400",
            "NULL",
            "CAST(",
            "AS INTEGER)",
            "AND",
            "OR",
            "NOT",
            "=",
            "<>",
            "<=",
            "BETWEEN",
            "IN",
            "LIKE",
            "ST_Within(",
            "ST_Point(",
            "ST_MakeEnvelope(1,2,3)",
            "ST_GeomFromText('x')",
            "h3_latlng_to_cell(91, 0, 99)",
            "time_bucket('x', time)",
            "date_trunc('fortnight', time)",
            "count(*)",
            "avg(",
            "OVER (",
            "PARTITION BY",
            "WITH x AS (",
            "JOIN",
            "ON",
            "UNION",
            "ALL",
            "LIMIT -1",
            "OFFSET 'a'",
            "INTERVAL '1'",
            "TIMESTAMP '2021-13-45'",
            "DATE 'x'",
            "DROP TABLE air",
            "INSERT INTO air VALUES (1)",
            "DELETE FROM air",
            ";",
            "--",
            "/*",
            "*/",
            "::",
            "?",
            ":p",
            "$1",
            "\\",
            "\u0000",
            "\u00e9",
            "\ud83c\udf0d",
            "EXPLAIN",
            "read_csv('/etc/passwd')",
            "pg_catalog.x",
            "COPY",
            "ATTACH 'x'",
            "PRAGMA",
            "1/0",
            "9223372036854775808",
            "0x",
            "[1,2",
            "{",
            "}",
            "CASE WHEN",
            "END",
            "EXISTS (",
            "information_schema.tables");
    private static final List<String> ROW_TYPES = List.of(
            "text/csv",
            "application/x-ndjson",
            "application/vnd.apache.arrow.stream",
            "application/vnd.apache.parquet");
    private static final List<String> PARAMETERS = List.of(
            "time=nothing",
            "lat=%",
            "missing=%ZZ",
            "timeFormat=yy[",
            "zone=Mars/Olympus",
            "scale.pm25=x",
            "offset.pm25=1e999",
            "lon360=maybe",
            "delimiter=ab",
            "header=7",
            "onError=panic",
            "create=1",
            "dryRun=true",
            "h3Resolution=99",
            "key=none",
            "partition=hour",
            "map=a",
            "map=a:b:c,,",
            "ignore=%00",
            "x=y",
            "q=SELECT%201",
            "format=xml",
            "limit=-5",
            "limit=9999999999999999999",
            "timeout=1",
            "timeout=99999h",
            "=",
            "&&&",
            "time=a&time=b",
            "%=%",
            "a".repeat(3_000) + "=1",
            "scale.=1",
            "missing.=",
            "map=time:station");

    private final Random random;

    public MalformedRequests(long seed) {
        random = new Random(seed);
    }

    /** The next one. */
    public byte[] next() {
        return switch (random.nextInt(9)) {
            case 0, 1 -> request("POST", oneOf(JSON_PATHS), "application/json", brokenJson());
            case 2 -> request("POST", "/api/v1/sql" + query(), oneOf(List.of("text/plain", "application/sql")), sql());
            case 3 ->
                request(
                        "POST",
                        "/api/v1/sql",
                        "application/json",
                        utf8("{\"sql\": \"" + jsonText(sql()) + "\", \"params\": "
                                + oneOf(List.of("[1]", "{\"p\": 1}", "7")) + "}"));
            case 4, 5 -> rows();
            case 6 ->
                request(
                        oneOf(List.of("GET", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "HEAD", "BREW", "POST")),
                        oneOf(List.of(
                                        "/",
                                        "/api",
                                        "/api/v1/sql",
                                        "/api/v1/datasets/" + "x".repeat(random.nextInt(300)),
                                        "/api/v1/datasets/air/rows",
                                        "/api/v1/queries/nope",
                                        "/livez/x",
                                        "//",
                                        "/%2e%2e/etc",
                                        "/api/v1/datasets/%00",
                                        "/api/v1/datasets/A B",
                                        "/api/v1/datasets/air;x=1/rows"))
                                + query(),
                        oneOf(List.of("", "text/html", "application/json", "text/csv", "a/b/c;;;", "\u00fc")),
                        bytes(random.nextInt(50)));
            case 7 -> headers();
            default -> garbage();
        };
    }

    private byte[] brokenJson() {
        byte[] json = utf8(oneOf(JSON));
        return switch (random.nextInt(8)) {
            case 0 -> Arrays.copyOf(json, random.nextInt(json.length));
            case 1, 2 -> mutated(json);
            case 3 -> utf8("[".repeat(1 + random.nextInt(50_000)));
            case 4 -> utf8("{\"sql\":".repeat(1 + random.nextInt(5_000)));
            case 5 -> utf8("{\"sql\": " + "9".repeat(1 + random.nextInt(5_000)) + "}");
            case 6 -> utf8("{\"sql\": \"SELECT 1\", \"params\": " + "[".repeat(100) + "]".repeat(100) + "}");
            default ->
                utf8(new String(json, StandardCharsets.UTF_8)
                        .replaceFirst(
                                "\"[a-z]*\"|\\[|[0-9]+|true",
                                oneOf(List.of(
                                        "null",
                                        "7",
                                        "{}",
                                        "[]",
                                        "\"\\ud800\"",
                                        "1e999",
                                        "\"" + "x".repeat(200) + "\""))));
        };
    }

    private byte[] sql() {
        return switch (random.nextInt(6)) {
            case 0 -> utf8("SELECT " + "(".repeat(1 + random.nextInt(3_000)) + "1");
            case 1 -> utf8("SELECT 1" + "+1".repeat(random.nextInt(3_000)) + oneOf(TOKENS));
            case 2 -> utf8("SELECT " + "x".repeat(1 + random.nextInt(10_000)) + " FROM air");
            case 3 -> bytes(random.nextInt(300));
            default -> {
                StringBuilder text = new StringBuilder(random.nextInt(4) > 0 ? "SELECT " : "");
                for (int i = random.nextInt(25); i >= 0; i--) {
                    text.append(oneOf(TOKENS)).append(' ');
                }
                yield utf8(text.toString());
            }
        };
    }

    private byte[] rows() {
        String type = oneOf(ROW_TYPES);
        byte[] body = switch (random.nextInt(4)) {
            case 0 -> bytes(random.nextInt(2_000));
            case 1 -> Arrays.copyOf(goodRows(type), random.nextInt(goodRows(type).length));
            default -> mutated(goodRows(type));
        };
        boolean isGzip = random.nextInt(6) == 0;
        if (isGzip && random.nextBoolean()) {
            body = gzip(body);
        }
        String name = random.nextInt(5) == 0 ? oneOf(List.of("nope", "A-B", "x".repeat(100), "%20")) : "air";
        String head = head("POST", "/api/v1/datasets/" + name + "/rows" + query())
                + "Content-Type: " + type + "\r\n"
                + (isGzip ? "Content-Encoding: gzip\r\n" : "")
                + (random.nextInt(4) == 0
                        ? "Idempotency-Key: " + oneOf(List.of("", "k", "\u00fc", "k".repeat(500))) + "\r\n"
                        : "");
        return withBody(head, body);
    }

    private static byte[] goodRows(String type) {
        return switch (type) {
            case "text/csv" -> utf8("time,lat,lon,station,pm25\n2021-01-01T00:00:00Z,1,2,\"a\",3.5\n2021-01-02,,,b,\n");
            case "application/x-ndjson" -> utf8("""
                        {"time": "2021-01-01T00:00:00Z", "lat": 1, "lon": 2, "station": "a", "pm25": 3.5}
                        {"time": 1609459200, "station": "b"}
                        """);
            case "application/vnd.apache.parquet" -> utf8("PAR1" + "x".repeat(200) + "\u0010\u0000\u0000\u0000PAR1");
            default -> arrow();
        };
    }

    private static byte[] arrow() {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (BufferAllocator memory = new RootAllocator();
                TimeStampMicroVector time = new TimeStampMicroVector("time", memory);
                VarCharVector station = new VarCharVector("station", memory);
                Float8Vector pm25 = new Float8Vector("pm25", memory)) {
            for (int i = 0; i < 10; i++) {
                time.setSafe(i, i * 1_000_000L);
                station.setSafe(i, utf8("s" + i));
                pm25.setSafe(i, i / 2.0);
            }
            VectorSchemaRoot root = new VectorSchemaRoot(List.of(time, station, pm25));
            root.setRowCount(10);
            try (ArrowStreamWriter writer = new ArrowStreamWriter(root, null, out)) {
                writer.writeBatch();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return out.toByteArray();
    }

    private byte[] headers() {
        String get = head("GET", "/api/v1/datasets");
        String post = head("POST", "/api/v1/sql") + "Content-Type: text/plain\r\n";
        return utf8(
                switch (random.nextInt(12)) {
                    case 0 -> get + "X-Long: " + "y".repeat(random.nextInt(200_000)) + "\r\n\r\n";
                    case 1 -> get + "X: y\r\n".repeat(random.nextInt(2_000)) + "\r\n";
                    case 2 -> "GET /" + "z".repeat(random.nextInt(100_000)) + " HTTP/1.1\r\nHost: x\r\n\r\n";
                    case 3 ->
                        post + "Content-Length: " + oneOf(List.of("-1", "x", "99999999999999999999", "1, 2"))
                                + "\r\n\r\nSELECT";
                    case 4 ->
                        post + "Transfer-Encoding: " + oneOf(List.of("chunked, chunked", "foo", "gzip", "\u0000"))
                                + "\r\n\r\n0\r\n\r\n";
                    case 5 ->
                        post + "Transfer-Encoding: chunked\r\n\r\n"
                                + oneOf(List.of("zz\r\n", "-1\r\n", "ffffffffffffffff1\r\n", "5\r\nab")) + "x";
                    case 6 -> post + "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n";
                    case 7 -> "GET /livez HTTP/" + oneOf(List.of("9.9", "1.2", "", "one")) + "\r\nHost: x\r\n\r\n";
                    case 8 -> "GET /livez HTTP/1.1\r\n\r\n";
                    case 9 ->
                        get + "Accept: " + oneOf(List.of("text/html", ";;;,,,", "q=,", "*".repeat(5_000))) + "\r\n\r\n";
                    case 10 -> get + "no colon here\r\n: empty\r\nA\u0000B: c\r\n\r\n";
                    default -> post + "Content-Length: 1000\r\n\r\nSELECT";
                });
    }

    private byte[] garbage() {
        return switch (random.nextInt(4)) {
            case 0 -> bytes(1 + random.nextInt(3_000));
            case 1 -> utf8("\r\n".repeat(random.nextInt(100)) + "GET\r\n\r\n");
            case 2 -> mutated(request("POST", "/api/v1/sql", "text/plain", utf8("SELECT 1")));
            default -> concat(new byte[] {0x16, 3, 1, 2, 0, 1, 0}, bytes(200));
        };
    }

    private String query() {
        StringBuilder query = new StringBuilder();
        for (int i = random.nextInt(3); i > 0; i--) {
            query.append(query.isEmpty() ? '?' : '&').append(oneOf(PARAMETERS));
        }
        return query.toString();
    }

    private byte[] request(String method, String path, String type, byte[] body) {
        String head = head(method, path) + (type.isEmpty() ? "" : "Content-Type: " + type + "\r\n");
        return withBody(head, body);
    }

    private static byte[] withBody(String head, byte[] body) {
        return concat(utf8(head + "Content-Length: " + body.length + "\r\n\r\n"), body);
    }

    private static String head(String method, String path) {
        return method + " " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n";
    }

    private byte[] mutated(byte[] good) {
        byte[] bad = good.clone();
        for (int i = random.nextInt(6); i >= 0; i--) {
            bad[random.nextInt(bad.length)] = (byte) random.nextInt(256);
        }
        return random.nextInt(4) == 0 ? Arrays.copyOf(bad, random.nextInt(bad.length)) : bad;
    }

    private byte[] bytes(int count) {
        byte[] bytes = new byte[count];
        random.nextBytes(bytes);
        return bytes;
    }

    private String oneOf(List<String> texts) {
        return texts.get(random.nextInt(texts.size()));
    }

    private static String jsonText(byte[] text) {
        return new String(text, StandardCharsets.UTF_8).replace("\\", "\\\\").replace("\"", "\\\"");
    }

    private static byte[] gzip(byte[] plain) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (GZIPOutputStream out = new GZIPOutputStream(bytes)) {
            out.write(plain);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    private static byte[] concat(byte[] left, byte[] right) {
        byte[] both = Arrays.copyOf(left, left.length + right.length);
        System.arraycopy(right, 0, both, left.length, right.length);
        return both;
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
