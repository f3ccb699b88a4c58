package dev.varve.bench;

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
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** A node in a process of its own, started by the launcher as a user would. */
final class NodeProcess implements AutoCloseable {
    private static final int START_SECONDS = 120;
    private static final int STOP_SECONDS = 120;

    private final Process process;
    private final int httpPort;
    private final int flightPort;
    private final double startMillis;
    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    private NodeProcess(Process process, int httpPort, int flightPort, long startedNanos) throws Exception {
        this.process = process;
        this.httpPort = httpPort;
        this.flightPort = flightPort;
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
        int httpPort = freePort();
        int flightPort = freePort();
        long started = System.nanoTime();
        ProcessBuilder builder = new ProcessBuilder(
                        System.getProperty("varve.launcher"),
                        "server",
                        "--data",
                        data.toString(),
                        "--http-port",
                        String.valueOf(httpPort),
                        "--s3-port",
                        "0",
                        "--flight-port",
                        String.valueOf(flightPort))
                .redirectErrorStream(true)
                .redirectOutput(Path.of(data + ".log").toFile());
        builder.environment().putAll(settings);
        Process process = builder.start();
        return new NodeProcess(process, httpPort, flightPort, started);
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
            throw new IllegalStateException(request.uri() + " answered " + response.statusCode() + ": "
                    + new String(response.body(), java.nio.charset.StandardCharsets.UTF_8));
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
