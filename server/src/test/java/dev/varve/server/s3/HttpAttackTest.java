package dev.varve.server.s3;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.blobstore.object.BucketSettings;
import dev.varve.blobstore.object.ObjectKey;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Requests that are not as HTTP has them, are too large, or too slow. */
class HttpAttackTest {
    private static S3TestNode node;

    @BeforeAll
    static void start(@TempDir Path directory) {
        S3Config config = S3TestNode.config();
        node = S3TestNode.start(
                directory,
                new S3Config(
                        config.host(),
                        0,
                        config.domain(),
                        config.region(),
                        1 << 20,
                        config.maxHeaderBytes(),
                        config.maxConcurrent(),
                        config.maxQueued(),
                        config.idleTimeout(),
                        Duration.ofMillis(500),
                        false),
                InstantSource.system());
        node.objects().createBucket("bucket", "main", BucketSettings.DEFAULT);
    }

    @AfterAll
    static void stop() {
        node.close();
    }

    private static boolean exists(String key) {
        return node.objects()
                .find("bucket", ObjectKey.of(key), Optional.empty())
                .isPresent();
    }

    /** Sends bytes and reads all that comes until the connection is closed or nothing more comes. */
    private static String exchange(byte[] request) throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), node.port())) {
            socket.setSoTimeout(3_000);
            socket.getOutputStream().write(request);
            StringBuilder text = new StringBuilder();
            InputStream in = socket.getInputStream();
            try {
                for (int next = in.read(); next >= 0; next = in.read()) {
                    text.append((char) next);
                }
            } catch (IOException closed) {
                text.append("");
            }
            return text.toString();
        }
    }

    @Test
    void lengthAndChunkedTogetherSmuggleNothing() throws IOException {
        String smuggled = "PUT /bucket/smuggled HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nx";
        TestRequest request = TestRequest.of("PUT", "/bucket/a")
                .payload("UNSIGNED-PAYLOAD")
                .unsigned("transfer-encoding", "chunked")
                .unsigned("content-length", Integer.toString(5 + smuggled.length()))
                .body("0\r\n\r\n" + smuggled);
        String answers = exchange(request.bytes());
        assertThat(answers.split("HTTP/1.1 ", -1)).as(answers).hasSizeLessThanOrEqualTo(2);
        assertThat(exists("smuggled")).isFalse();
    }

    @Test
    void twoLengthsAreRefused() throws IOException {
        String request = "PUT /bucket/two HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 30\r\n\r\nx";
        assertThat(exchange(request.getBytes(StandardCharsets.US_ASCII))).startsWith("HTTP/1.1 4");
        assertThat(exists("two")).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"-1", "x", "9999999999999999999999", "1 1", "0x10", "+5"})
    void lengthsThatAreNoneAreRefused(String length) throws IOException {
        String answer = exchange(TestRequest.of("PUT", "/bucket/length")
                .payload("UNSIGNED-PAYLOAD")
                .unsigned("content-length", length)
                .body("x")
                .bytes());
        assertThat(answer.isEmpty() || answer.startsWith("HTTP/1.1 4"))
                .as(answer)
                .isTrue();
        assertThat(exists("length")).isFalse();
    }

    @Test
    void doubledHeadersThatMatterAreRefused() throws IOException {
        byte[] signed = TestRequest.of("PUT", "/bucket/doubled").body("x").bytes();
        String text = new String(signed, StandardCharsets.ISO_8859_1);
        String doubled = text.replaceFirst("x-amz-date: ", "x-amz-date: 20000101T000000Z\r\nx-amz-date: ");
        assertThat(exchange(doubled.getBytes(StandardCharsets.ISO_8859_1))).startsWith("HTTP/1.1 40");
        assertThat(exists("doubled")).isFalse();
    }

    @Test
    void limitsHold() throws IOException {
        assertThat(TestRequest.of("PUT", "/bucket/" + "k".repeat(1025))
                        .body("x")
                        .send(node)
                        .code())
                .isEqualTo("KeyTooLongError");
        assertThat(TestRequest.of("PUT", "/bucket/" + "k".repeat(1024))
                        .body("x")
                        .send(node)
                        .status())
                .isEqualTo(200);
        assertThat(TestRequest.of("PUT", "/bucket/meta")
                        .header("x-amz-meta-a", "v".repeat(2048))
                        .send(node)
                        .code())
                .isEqualTo("MetadataTooLarge");
        assertThat(TestRequest.of("PUT", "/bucket/large")
                        .payload("UNSIGNED-PAYLOAD")
                        .body(new byte[(1 << 20) + 1])
                        .send(node)
                        .code())
                .isEqualTo("EntityTooLarge");
        StringBuilder objects = new StringBuilder("<Delete>");
        objects.append("<Object><Key>k</Key></Object>".repeat(1001)).append("</Delete>");
        assertThat(TestRequest.of("POST", "/bucket")
                        .query("delete", "")
                        .header("content-md5", md5(objects.toString()))
                        .body(objects.toString())
                        .send(node)
                        .code())
                .isEqualTo("MalformedXML");
        String header = exchange(TestRequest.of("GET", "/bucket")
                .unsigned("x-long", "v".repeat(64 << 10))
                .bytes());
        assertThat(header.isEmpty() || header.startsWith("HTTP/1.1 4")).isTrue();
        assertThat(exists("large")).isFalse();
    }

    private static String md5(String text) {
        return Base64.getEncoder()
                .encodeToString(SignatureV4.digest("MD5").digest(text.getBytes(StandardCharsets.UTF_8)));
    }

    @Test
    void bodiesThatEndTooEarlyAreNotWritten() throws IOException {
        byte[] whole = TestRequest.of("PUT", "/bucket/short")
                .payload("UNSIGNED-PAYLOAD")
                .body("0123456789")
                .bytes();
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), node.port())) {
            socket.getOutputStream().write(whole, 0, whole.length - 5);
            socket.shutdownOutput();
            assertThat(socket.getInputStream().readAllBytes()).asString().doesNotContain(" 200 ");
        }
        assertThat(exists("short")).isFalse();
    }

    @Test
    void clientsThatStallAreCutOff() throws IOException {
        byte[] whole = TestRequest.of("PUT", "/bucket/slow")
                .payload("UNSIGNED-PAYLOAD")
                .body("0123456789")
                .bytes();
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), node.port())) {
            socket.setSoTimeout(20_000);
            socket.getOutputStream().write(whole, 0, whole.length - 5);
            socket.getOutputStream().flush();
            try {
                assertThat(socket.getInputStream().readAllBytes()).asString().doesNotContain(" 200 ");
            } catch (SocketException reset) {
                assertThat(reset).isNotNull();
            }
        }
        assertThat(exists("slow")).isFalse();
    }

    @Test
    void errorsAreKnownBeforeTheBodyIsAskedFor() throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), node.port())) {
            socket.setSoTimeout(10_000);
            String head = "PUT /bucket/x HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\nExpect: 100-continue\r\n\r\n";
            socket.getOutputStream().write(head.getBytes(StandardCharsets.US_ASCII));
            assertThat(RawHttp.read(socket.getInputStream(), false).status()).isEqualTo(403);
        }
        byte[] whole = TestRequest.of("PUT", "/bucket/continued")
                .payload("UNSIGNED-PAYLOAD")
                .unsigned("expect", "100-continue")
                .body("0123456789")
                .bytes();
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), node.port())) {
            socket.setSoTimeout(10_000);
            socket.getOutputStream().write(whole, 0, whole.length - 10);
            assertThat(RawHttp.read(socket.getInputStream(), false).status()).isEqualTo(100);
            socket.getOutputStream().write(whole, whole.length - 10, 10);
            assertThat(RawHttp.read(socket.getInputStream(), false).status()).isEqualTo(200);
        }
    }

    /** Random bytes for a request never get more than a refusal, and the next client is served. */
    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2})
    void noiseIsRefused(long given) throws IOException {
        Random random = new Random(Long.getLong("varve.seed", given));
        List<String> heads = List.of("GET /", "PUT /bucket/", "POST /bucket?", "DELETE ", "HEAD /bucket/", "OPTIONS *");
        for (int i = 0; i < 100; i++) {
            byte[] good = TestRequest.of("GET", "/bucket").query("prefix", "a").bytes();
            for (int n = 1 + random.nextInt(5); n > 0; n--) {
                good[random.nextInt(good.length - 4)] = (byte) random.nextInt(256);
            }
            String head = heads.get(random.nextInt(heads.size()));
            byte[] request = random.nextBoolean()
                    ? good
                    : (head + (char) random.nextInt(128) + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                            .getBytes(StandardCharsets.ISO_8859_1);
            try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), node.port())) {
                socket.setSoTimeout(10_000);
                socket.getOutputStream().write(request);
                socket.shutdownOutput();
                assertThat(socket.getInputStream().readAllBytes()).asString().doesNotContain("HTTP/1.1 5");
            } catch (SocketException reset) {
                assertThat(reset).isNotNull();
            }
        }
        assertThat(TestRequest.of("GET", "/bucket").send(node).status()).isEqualTo(200);
    }
}
