package dev.varve.server.s3;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.blobstore.object.BucketSettings;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Random;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Keys of all letters there are, and listings that miss nothing. */
class KeysAndListsTest {
    private static final Pattern KEY = Pattern.compile("<Key>([^<]*)</Key>");
    private static S3TestNode node;

    @BeforeAll
    static void start(@TempDir Path directory) {
        node = S3TestNode.start(directory);
    }

    @AfterAll
    static void stop() {
        node.close();
    }

    private static void bucket(String name) {
        node.objects().createBucket(name, "main", BucketSettings.DEFAULT);
    }

    /** All keys, by pages, as clients get them. */
    private static List<String> list(String bucket, int most) throws IOException {
        List<String> keys = new ArrayList<>();
        String token = "";
        do {
            TestRequest request = TestRequest.of("GET", "/" + bucket)
                    .query("list-type", "2")
                    .query("encoding-type", "url")
                    .query("max-keys", Integer.toString(most));
            if (!token.isEmpty()) {
                request.query("continuation-token", token);
            }
            RawHttp.Answer answer = request.send(node);
            assertThat(answer.status()).as(answer.body()).isEqualTo(200);
            KEY.matcher(answer.body())
                    .results()
                    .forEach(key -> keys.add(PercentCoding.text(PercentCoding.decode(key.group(1)))));
            token = answer.text("NextContinuationToken");
        } while (!token.isEmpty());
        return keys;
    }

    private static List<String> sorted(Collection<String> keys) {
        List<String> sorted = new ArrayList<>(keys);
        sorted.sort((one, other) ->
                Arrays.compareUnsigned(one.getBytes(StandardCharsets.UTF_8), other.getBytes(StandardCharsets.UTF_8)));
        return sorted;
    }

    @Test
    void strangeKeysAreKeysLikeOthers() throws IOException {
        bucket("strange");
        List<String> keys = List.of(
                "a",
                "/",
                "//",
                "/a",
                "a/",
                "a//b",
                ".",
                "..",
                "../../etc/passwd",
                "./a",
                "a/../b",
                "%2e%2e/x",
                "%",
                "%25",
                "+",
                " ",
                "  ",
                " a ",
                "a b",
                "a+b",
                "\t",
                "\n",
                "\r\n",
                "\u0000",
                "\u0001\u001F",
                "\u007F",
                "\u0085",
                "\u2028",
                "\\",
                "a\\b",
                "?",
                "#",
                "a?b=c",
                "a#b",
                "&amp;",
                "<a>",
                "\"'",
                ";",
                "a;v=1",
                ":",
                "@",
                "=",
                ",",
                "[]",
                "{}",
                "|",
                "^",
                "`",
                "~",
                "*",
                "\u00e9",
                "e\u0301",
                "\u4e2d\u6587",
                "\uD83D\uDE00",
                "\uFFFD",
                "\uFFFE",
                "\uFFFF",
                "\uDBFF\uDFFF",
                "\u202Eabc",
                "\uFEFF",
                "x".repeat(1024),
                "\u4e2d".repeat(341));
        for (String key : keys) {
            RawHttp.Answer answer =
                    TestRequest.of("PUT", "/strange/" + key).body(key).send(node);
            assertThat(answer.status()).as(key + answer.body()).isEqualTo(200);
        }
        for (String key : keys) {
            assertThat(TestRequest.of("GET", "/strange/" + key).send(node).body())
                    .isEqualTo(key);
        }
        assertThat(list("strange", 1000)).isEqualTo(sorted(keys));
        assertThat(list("strange", 3)).isEqualTo(sorted(keys));
    }

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2})
    void keysOfEveryPlaneAreListedInTheOrderOfTheirBytes(long given) throws IOException {
        Random random = new Random(Long.getLong("varve.seed", given));
        String name = "planes" + given;
        bucket(name);
        TreeSet<String> keys = new TreeSet<>();
        for (int plane = 0; plane <= 16; plane++) {
            for (int i = 0; i < 8; i++) {
                StringBuilder key = new StringBuilder();
                for (int n = 1 + random.nextInt(4); n > 0; n--) {
                    int letter = (plane << 16) + random.nextInt(1 << 16);
                    key.appendCodePoint(letter >= 0xD800 && letter <= 0xDFFF ? 'x' : letter);
                }
                keys.add(key.toString());
            }
        }
        for (String key : keys) {
            assertThat(TestRequest.of("PUT", "/" + name + "/" + key)
                            .body("1")
                            .send(node)
                            .status())
                    .isEqualTo(200);
        }
        assertThat(list(name, 7)).isEqualTo(sorted(keys));
    }

    @Test
    void keysThatAreNotUtf8AreRefused() throws IOException {
        bucket("bytes");
        for (String raw : List.of("%FF", "%C0%AF", "%ED%A0%80", "%E4%B8", "%", "%4", "%zz")) {
            String head = "GET /bytes/" + raw + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
            RawHttp.Answer answer = RawHttp.send(node.port(), head.getBytes(StandardCharsets.US_ASCII));
            assertThat(answer.status()).as(raw).isEqualTo(400);
        }
    }

    @Test
    void bodiesInChunksOfHttpMayBeLarge() throws IOException {
        bucket("chunks");
        StringBuilder coded = new StringBuilder();
        for (int i = 0; i < 48; i++) {
            coded.append("10000\r\n").append("c".repeat(1 << 16)).append("\r\n");
        }
        RawHttp.Answer answer = TestRequest.of("PUT", "/chunks/large")
                .payload("UNSIGNED-PAYLOAD")
                .unsigned("transfer-encoding", "chunked")
                .body(coded + "0\r\n\r\n")
                .send(node);
        assertThat(answer.status()).as(answer.body()).isEqualTo(200);
        assertThat(TestRequest.of("HEAD", "/chunks/large").send(node).header("content-length"))
                .contains(Integer.toString(48 << 16));
    }

    /** What was there before a listing began and is there after it ended is in it, once. */
    @Test
    void listingsMissNothingWhileOthersWrite() throws IOException, ExecutionException, InterruptedException {
        bucket("busy");
        List<String> stable = new ArrayList<>();
        for (int i = 0; i < 300; i++) {
            stable.add("k%05d-stable".formatted(i * 7));
        }
        for (String key : stable) {
            assertThat(TestRequest.of("PUT", "/busy/" + key).send(node).status())
                    .isEqualTo(200);
        }
        AtomicInteger rounds = new AtomicInteger(20);
        try (ExecutorService writers = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<?>> running = new ArrayList<>();
            for (int writer = 0; writer < 3; writer++) {
                int seed = writer;
                running.add(writers.submit(() -> {
                    Random random = new Random(seed);
                    while (rounds.get() > 0) {
                        String key = "k%05d-%d".formatted(random.nextInt(2100), seed);
                        String method = random.nextBoolean() ? "PUT" : "DELETE";
                        assertThat(TestRequest.of(method, "/busy/" + key)
                                        .send(node)
                                        .status())
                                .isIn(200, 204);
                    }
                    return null;
                }));
            }
            try {
                while (rounds.getAndDecrement() > 0) {
                    List<String> found = list("busy", 50);
                    assertThat(found).doesNotHaveDuplicates().isSorted().containsAll(stable);
                }
            } finally {
                rounds.set(0);
            }
            for (Future<?> one : running) {
                one.get();
            }
        }
    }
}
