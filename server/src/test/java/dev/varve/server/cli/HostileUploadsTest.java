package dev.varve.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.varve.blobstore.media.HostileMedia;
import dev.varve.blobstore.media.MadeMedia;
import java.io.BufferedReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Media that mean harm, all at once, sent to a node that has little memory. */
@Timeout(180)
class HostileUploadsTest {
    private static final Pattern READY = Pattern.compile("varve is ready: (http://\\S+) .*");
    private static final Set<String> WITH_THUMBNAILS = Set.of("unpacks-to-much.png", "text-unpacks-to-much.png");
    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    private Path folder;

    private final HttpClient client = HttpClient.newHttpClient();
    private String address = "";

    private HttpResponse<byte[]> send(String method, String path, byte[] body, String... headers) throws Exception {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(address + path))
                .method(method, HttpRequest.BodyPublishers.ofByteArray(body));
        return client.send(
                (headers.length == 0 ? request : request.headers(headers)).build(),
                HttpResponse.BodyHandlers.ofByteArray());
    }

    @Test
    void aSmallNodeTakesThemAllAndAnswersOn() throws Exception {
        Process node = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "--add-opens=java.base/java.nio=ALL-UNNAMED",
                        "--enable-native-access=ALL-UNNAMED",
                        "--sun-misc-unsafe-memory-access=allow",
                        "-XX:TieredStopAtLevel=1",
                        "-Xmx160m",
                        "-cp",
                        System.getProperty("java.class.path"),
                        VarveCommand.class.getName(),
                        "server",
                        "--data",
                        folder.resolve("node").toString(),
                        "--http-port",
                        "0",
                        "--s3-port",
                        "0",
                        "--flight-port",
                        "0")
                .redirectErrorStream(true)
                .start();
        Queue<String> said = new ConcurrentLinkedQueue<>();
        try (BufferedReader lines = node.inputReader(StandardCharsets.UTF_8)) {
            for (Matcher ready = READY.matcher(""); !ready.matches(); ) {
                String line = lines.readLine();
                assertThat(line).as(said.toString()).isNotNull();
                said.add(line);
                ready = READY.matcher(line);
                address = ready.matches() ? ready.group(1) : "";
            }
            Thread reading = Thread.ofVirtual().start(() -> lines.lines().forEach(line -> said.add(line)));
            harm();
            node.toHandle().destroy();
            assertThat(node.waitFor(60, TimeUnit.SECONDS)).isTrue();
            reading.join();
            assertThat(node.exitValue()).isZero();
        } finally {
            node.destroyForcibly();
            client.close();
        }
        assertThat(said.toString()).doesNotContain("OutOfMemory", "ERROR");
    }

    private void harm() throws Exception {
        assertThat(send("PUT", "/api/v1/media/hostile", new byte[0]).statusCode())
                .isEqualTo(201);
        Map<String, byte[]> hostile = HostileMedia.all();
        List<Future<?>> running = new ArrayList<>();
        try (ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int copy = 0; copy < 4; copy++) {
                String folderName = "/api/v1/media/hostile/" + copy + "/";
                hostile.forEach((name, bytes) -> running.add(clients.submit(() -> {
                    assertThat(send("PUT", folderName + name, bytes).statusCode())
                            .as(name)
                            .isEqualTo(201);
                    return null;
                })));
            }
            for (int i = 0; i < 20; i++) {
                assertThat(send("GET", "/api/v1/node", new byte[0]).statusCode())
                        .isEqualTo(200);
            }
            for (Future<?> one : running) {
                one.get();
            }
        }
        byte[] unpacked = HostileMedia.gzip(new byte[20 << 20]);
        assertThat(send("PUT", "/api/v1/media/hostile/gzip", unpacked, "Content-Encoding", "gzip")
                        .statusCode())
                .isEqualTo(413);
        byte[] photo = MadeMedia.jpeg(640, 400, MadeMedia.exif("2021:07:10 20:32:43", "+00:00", 46.9, 7.4, 1));
        assertThat(send("PUT", "/api/v1/media/hostile/good.jpg", photo).statusCode())
                .isEqualTo(201);
        for (Map.Entry<String, byte[]> medium : hostile.entrySet()) {
            String path = "/api/v1/media/hostile/0/" + medium.getKey();
            assertThat(send("GET", path, new byte[0]).body()).isEqualTo(medium.getValue());
            HttpResponse<byte[]> small = send("GET", path + "?thumbnail=256", new byte[0]);
            for (Instant end = Instant.now().plusSeconds(60);
                    small.statusCode() == 503 && Instant.now().isBefore(end); ) {
                small = send("GET", path + "?thumbnail=256", new byte[0]);
            }
            if (small.statusCode() == 404) {
                JsonNode problem = JSON.readTree(small.body());
                assertThat(problem.path("detail").asText()).contains("has no thumbnail: ");
                assertThat(WITH_THUMBNAILS).doesNotContain(medium.getKey());
            } else {
                assertThat(small.statusCode()).as(medium.getKey()).isEqualTo(200);
            }
        }
        assertThat(send("GET", "/api/v1/media/hostile/good.jpg?thumbnail=1024", new byte[0])
                        .statusCode())
                .isEqualTo(200);
        HttpResponse<byte[]> rows = send(
                "POST",
                "/api/v1/sql?format=csv",
                "SELECT count(*) FROM media WHERE bucket = 'hostile'".getBytes(StandardCharsets.UTF_8),
                "Content-Type",
                "text/plain");
        assertThat(new String(rows.body(), StandardCharsets.UTF_8)).contains(Integer.toString(4 * hostile.size() + 1));
    }
}
