package dev.varve.server.s3;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.server.TestNode;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A thousand clients that send and take a byte now and then, or nothing: they harm nobody, and none stays. */
@Timeout(120)
class SlowClientsTest {
    private static final int CLIENTS = 1_000;
    private static final int LARGE = 16 << 20;
    private static final long PAUSE_MILLIS = 250;
    private static final long FLAT_BYTES = 100L << 20;

    @TempDir
    private Path directory;

    /** What a slow client sends at once, each letter a byte, and whether it then drips bytes or takes them so. */
    private record Slow(String first, String drip, boolean isReading) {
        static Slow of(TestRequest request, int missing, String drip, boolean isReading) {
            byte[] bytes = request.bytes();
            return new Slow(new String(bytes, 0, bytes.length - missing, StandardCharsets.ISO_8859_1), drip, isReading);
        }
    }

    /** A connection for each request, since idle ones are closed here after a short time. */
    private record Fresh(int port) {
        RawHttp.Answer send(TestRequest request) throws IOException {
            return request.send(port);
        }
    }

    private interface Requests {
        /** One of each kind of what others want; returns the statuses. */
        List<Integer> send() throws Exception;
    }

    private TestNode start() {
        return TestNode.start(
                directory,
                Map.of(
                        "s3.client-timeout", "2s",
                        "s3.idle-timeout", "2s",
                        "http.client-timeout", "2s",
                        "http.idle-timeout", "2s"));
    }

    private static byte[] large() {
        byte[] bytes = new byte[LARGE];
        new Random(1).nextBytes(bytes);
        return bytes;
    }

    @Test
    void othersAreServedByS3() throws Exception {
        try (TestNode node = start()) {
            Fresh good = new Fresh(node.s3Port());
            send(good, request("PUT", "/slow"));
            send(good, request("PUT", "/slow/large").body(large()));
            TestRequest upload = request("PUT", "/slow/upload").body(new byte[100_000]);
            List<Slow> kinds = List.of(
                    Slow.of(upload, 100_000, "u", false),
                    Slow.of(request("GET", "/slow/large"), 0, "\n", true),
                    new Slow("", "", false),
                    new Slow("GET /slow HTTP/1.1\r\nX-A: ", "a", false));
            AtomicInteger next = new AtomicInteger();
            crowd(node.s3Port(), kinds, () -> {
                String path = "/slow/good-" + next.incrementAndGet();
                return List.of(
                        good.send(request("PUT", path).body(path)).status(),
                        good.send(request("GET", path)).status(),
                        good.send(request("GET", "/slow").query("list-type", "2"))
                                .status());
            });
            assertThat(send(good, request("GET", "/slow/large")).bytes()).isEqualTo(large());
            assertThat(good.send(request("GET", "/slow/upload")).status()).isEqualTo(404);
        }
    }

    @Test
    void othersAreServedByHttp() throws Exception {
        try (TestNode node = start()) {
            assertThat(node.put("/api/v1/kv/slow", new byte[0]).statusCode()).isEqualTo(201);
            assertThat(node.put("/api/v1/kv/slow/large", large()).statusCode()).isEqualTo(201);
            String head = "PUT /api/v1/kv/slow/upload HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n";
            String get = "GET /api/v1/kv/slow/large HTTP/1.1\r\nHost: x\r\n\r\n";
            List<Slow> kinds = List.of(
                    new Slow(head, "u", false),
                    new Slow(get, "\n", true),
                    new Slow("", "", false),
                    new Slow("GET /livez HTTP/1.1\r\nX-A: ", "a", false));
            AtomicInteger next = new AtomicInteger();
            crowd(node.httpPort(), kinds, () -> {
                String path = "/api/v1/kv/slow/good-" + next.incrementAndGet();
                return List.of(
                        answered(() -> node.put(path, new byte[10])) - 1,
                        answered(() -> node.get(path)),
                        answered(() -> node.get("/api/v1/kv/slow")));
            });
            assertThat(node.get("/api/v1/kv/slow/large").body()).isEqualTo(large());
            assertThat(node.get("/api/v1/kv/slow/upload").statusCode()).isEqualTo(404);
        }
    }

    /** Fewer requests may wait here, so when all slow ones come in one moment others may be told to try again. */
    private static int answered(Callable<HttpResponse<byte[]>> request) throws Exception {
        for (int attempt = 0; ; attempt++) {
            int status = request.call().statusCode();
            if (status != 503 || attempt == 10) {
                return status;
            }
            TimeUnit.MILLISECONDS.sleep(100);
        }
    }

    private static TestRequest request(String method, String path) {
        return TestRequest.of(method, path).by(TestRequest.Key.NODE);
    }

    private static RawHttp.Answer send(Fresh connections, TestRequest request) throws Exception {
        RawHttp.Answer answer = connections.send(request);
        assertThat(answer.status()).as(answer.body()).isEqualTo(200);
        return answer;
    }

    /** Lets the crowd come, serves others meanwhile, and waits until all of it has been shown the door. */
    private static void crowd(int port, List<Slow> kinds, Requests others) throws Exception {
        assertThat(others.send()).containsOnly(200);
        long before = heapBytes();
        CountDownLatch connected = new CountDownLatch(CLIENTS);
        try (ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<Void>> ended = new ArrayList<>();
            for (int i = 0; i < CLIENTS; i++) {
                Slow kind = kinds.get(i % kinds.size());
                ended.add(clients.submit(() -> {
                    try (Socket socket = new Socket()) {
                        socket.setReceiveBufferSize(64 << 10);
                        socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
                        socket.getOutputStream().write(kind.first.getBytes(StandardCharsets.ISO_8859_1));
                        connected.countDown();
                        dawdle(socket, kind);
                    }
                    return null;
                }));
            }
            assertThat(connected.await(60, TimeUnit.SECONDS)).isTrue();
            for (int i = 0; i < 20; i++) {
                assertThat(others.send()).containsOnly(200);
            }
            assertThat(heapBytes() - before).as("heap with the crowd").isLessThan(FLAT_BYTES);
            for (Future<Void> one : ended) {
                one.get();
            }
        }
        assertThat(others.send()).containsOnly(200);
        assertThat(heapBytes() - before).as("heap after the crowd").isLessThan(FLAT_BYTES / 4);
    }

    /**
     * Goes on until the node closes the connection. Who only takes bytes would not learn that before all that the kernel
     * holds is taken, so such a client sends one too now and then: the end of a line before its next request.
     */
    private static void dawdle(Socket socket, Slow kind) throws InterruptedException {
        try {
            InputStream in = socket.getInputStream();
            OutputStream out = socket.getOutputStream();
            if (kind.drip.isEmpty()) {
                in.readAllBytes();
                return;
            }
            while (true) {
                TimeUnit.MILLISECONDS.sleep(PAUSE_MILLIS);
                if (kind.isReading && in.readNBytes(16).length == 0) {
                    return;
                }
                out.write(kind.drip.getBytes(StandardCharsets.ISO_8859_1));
            }
        } catch (IOException closed) {
            assertThat(closed).isNotNull();
        }
    }

    /** What is in use after everything else was collected. */
    private static long heapBytes() {
        System.gc();
        System.gc();
        return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
    }
}
