package dev.varve.server.s3;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.server.TestNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Thousands of small objects at once: each is stored or the client is told to try again. */
@Timeout(300)
class CrowdTest {
    private static final String BUCKET = "crowd";

    @TempDir
    private Path directory;

    @Test
    void twoThousandPutsAtOnce() throws Exception {
        try (TestNode node = TestNode.start(directory, Map.of())) {
            putAll(node, 2_000, 100);
        }
    }

    @Tag("slow")
    @Test
    void tenThousandPutsAtOnce() throws Exception {
        try (TestNode node = TestNode.start(directory, Map.of())) {
            putAll(node, 10_000, 256);
        }
    }

    @Tag("slow")
    @Test
    void tenThousandPutsByAThousandConnections() throws Exception {
        try (TestNode node = TestNode.start(directory, Map.of())) {
            putAll(node, 10_000, 1_000);
        }
    }

    /** The node has room for a few requests only, so most are told to slow down. */
    @Test
    void aThousandConnectionsAtOnceAreToldToSlowDown() throws Exception {
        try (TestNode node = TestNode.start(directory, Map.of("s3.max-concurrent", "4", "s3.max-queued", "8"))) {
            assertThat(putAll(node, 1_000, 1_000)).isPositive();
        }
    }

    private static String key(int number) {
        return "k-%06d".formatted(number * 7919 % 1_000_003);
    }

    /** Of any length, some below and some above what is kept inline. */
    private static byte[] bytes(int number) {
        Random random = new Random(number);
        byte[] bytes = new byte[random.nextInt(10) == 0 ? random.nextInt(20_000) : random.nextInt(300)];
        random.nextBytes(bytes);
        return bytes;
    }

    private static TestRequest request(String method, String path) {
        return TestRequest.of(method, path).by(TestRequest.Key.NODE);
    }

    private static int putAll(TestNode node, int count, int connections) throws Exception {
        try (Connections all = new Connections(node.s3Port(), connections)) {
            assertThat(all.send(request("PUT", "/" + BUCKET)).status()).isEqualTo(200);
            CountDownLatch start = new CountDownLatch(1);
            List<Future<?>> running = new ArrayList<>();
            try (ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
                for (int i = 0; i < count; i++) {
                    int number = i;
                    running.add(clients.submit(() -> {
                        start.await();
                        RawHttp.Answer answer = all.send(
                                request("PUT", "/" + BUCKET + "/" + key(number)).body(bytes(number)));
                        assertThat(answer.status()).as(answer.body()).isEqualTo(200);
                        return null;
                    }));
                }
                start.countDown();
                for (Future<?> one : running) {
                    one.get();
                }
                running.clear();
                for (int i = 0; i < count; i++) {
                    int number = i;
                    running.add(clients.submit(() -> {
                        RawHttp.Answer answer = all.send(request("GET", "/" + BUCKET + "/" + key(number)));
                        assertThat(answer.status()).as(answer.body()).isEqualTo(200);
                        assertThat(answer.bytes()).isEqualTo(bytes(number));
                        return null;
                    }));
                }
                for (Future<?> one : running) {
                    one.get();
                }
            }
            List<String> expected = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                expected.add(key(i));
            }
            Collections.sort(expected);
            Lists lists = new Lists(all, BUCKET);
            assertThat(lists.v2(1000)).isEqualTo(expected);
            assertThat(lists.v1(1000)).isEqualTo(expected);
            assertThat(lists.versions(1000).stream().map(Lists.Version::key)).isEqualTo(expected);
            return all.slowedDown();
        }
    }
}
