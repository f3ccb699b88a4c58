package dev.varve.bench;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.varve.bench.s3.S3Key;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** A node in a process of its own, started by the launcher as a user would. */
final class NodeProcess implements S3Server {
    static final String S3_USER = "bench";

    private static final int START_SECONDS = 120;
    private static final int STOP_SECONDS = 120;

    private final Process process;
    private final int httpPort;
    private final int flightPort;
    private final int s3Port;
    private final S3Key key;
    private final double startMillis;
    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    private NodeProcess(Process process, int httpPort, int flightPort, int s3Port, S3Key key, long startedNanos)
            throws Exception {
        this.process = process;
        this.httpPort = httpPort;
        this.flightPort = flightPort;
        this.s3Port = s3Port;
        this.key = key;
        long deadline = startedNanos + TimeUnit.SECONDS.toNanos(START_SECONDS);
        while (!isReady()) {
            if (!process.isAlive() || System.nanoTime() > deadline) {
                process.destroyForcibly();
                throw new IllegalStateException("the node did not start; its log is beside its data folder");
            }
            Thread.sleep(5);
        }
        startMillis = (System.nanoTime() - startedNanos) / 1e6;
    }

    static NodeProcess start(Path data, Map<String, String> settings) throws Exception {
        return start(data, settings, new S3Key("", ""));
    }

    /** A node whose S3 door is used, by the user {@link #S3_USER}. */
    static NodeProcess startStore(Path data) throws Exception {
        Files.createDirectories(data);
        return start(data, Map.of(), newKey(data));
    }

    private static NodeProcess start(Path data, Map<String, String> settings, S3Key key) throws Exception {
        int httpPort = freePort();
        int flightPort = freePort();
        int s3Port = freePort();
        long started = System.nanoTime();
        ProcessBuilder builder = new ProcessBuilder(Launcher.command(
                        "server",
                        "--data",
                        data.toString(),
                        "--http-port",
                        String.valueOf(httpPort),
                        "--s3-port",
                        String.valueOf(s3Port),
                        "--flight-port",
                        String.valueOf(flightPort)))
                .redirectErrorStream(true)
                .redirectOutput(Path.of(data + ".log").toFile());
        builder.environment().putAll(settings);
        Process process = builder.start();
        return new NodeProcess(process, httpPort, flightPort, s3Port, key, started);
    }

    private static S3Key newKey(Path data) throws Exception {
        Process process = new ProcessBuilder(
                        Launcher.command("admin", "key", "create", "--data", data.toString(), "--user", S3_USER))
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        Map<String, String> made = new HashMap<>();
        for (String line : new String(process.getInputStream().readAllBytes(), UTF_8)
                .lines()
                .toList()) {
            String[] pair = line.split("=", 2);
            if (pair.length == 2) {
                made.put(pair[0].strip(), pair[1].strip());
            }
        }
        if (process.waitFor() != 0) {
            throw new IllegalStateException("no access key could be made");
        }
        return new S3Key(made.getOrDefault("AWS_ACCESS_KEY_ID", ""), made.getOrDefault("AWS_SECRET_ACCESS_KEY", ""));
    }

    /** From the start of the process to the first answer that it is ready. */
    double startMillis() {
        return startMillis;
    }

    int httpPort() {
        return httpPort;
    }

    int flightPort() {
        return flightPort;
    }

    @Override
    public String name() {
        return "Varve";
    }

    @Override
    public int s3Port() {
        return s3Port;
    }

    @Override
    public S3Key key() {
        return key;
    }

    @Override
    public long pid() {
        return process.pid();
    }

    /** Runs a query and reads its whole answer. */
    byte[] sql(String sql, String format) throws Exception {
        return send(HttpRequest.newBuilder(uri("/api/v1/sql?format=" + format))
                .header("Content-Type", "text/plain")
                .POST(BodyPublishers.ofString(sql))
                .build());
    }

    byte[] post(String path, String json) throws Exception {
        return send(HttpRequest.newBuilder(uri(path))
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.ofString(json))
                .build());
    }

    byte[] get(String path) throws Exception {
        return send(HttpRequest.newBuilder(uri(path)).build());
    }

    /** Memory the process holds in RAM now, in bytes. */
    long residentBytes() throws IOException {
        return Files.readAllLines(Path.of("/proc/" + process.pid() + "/status")).stream()
                .filter(line -> line.startsWith("VmRSS:"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) * 1024)
                .findFirst()
                .orElse(0);
    }

    private byte[] send(HttpRequest request) throws Exception {
        HttpResponse<byte[]> response = http.send(request, BodyHandlers.ofByteArray());
        if (response.statusCode() >= 300) {
            throw new IllegalStateException(
                    request.uri() + " answered " + response.statusCode() + ": " + new String(response.body(), UTF_8));
        }
        return response.body();
    }

    private boolean isReady() throws InterruptedException {
        try {
            return http.send(HttpRequest.newBuilder(uri("/readyz")).build(), BodyHandlers.discarding())
                            .statusCode()
                    == 200;
        } catch (IOException notYet) {
            return false;
        }
    }

    private URI uri(String path) {
        return URI.create("http://127.0.0.1:" + httpPort + path);
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }

    /** Asks the node to drain and waits for it. */
    @Override
    public void close() {
        http.close();
        process.destroy();
        try {
            if (!process.waitFor(STOP_SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException interrupted) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
