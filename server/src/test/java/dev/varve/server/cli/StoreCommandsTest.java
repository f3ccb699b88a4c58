package dev.varve.server.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.blobstore.media.MadeMedia;
import dev.varve.sdk.KeyValues;
import dev.varve.sdk.Media;
import dev.varve.sdk.MediaFacts;
import dev.varve.sdk.MediaItem;
import dev.varve.sdk.MediaQuery;
import dev.varve.sdk.StoredKey;
import dev.varve.sdk.Varve;
import dev.varve.sdk.VarveClientException;
import dev.varve.server.console.Terminal;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Media, keys and values by the SDK and by the command line, against a real node. */
@Timeout(60)
class StoreCommandsTest {
    @TempDir
    private static Path folder;

    private static NodeLauncher.RunningNode node;
    private static Varve varve;

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();
    private byte[] input = new byte[0];

    @BeforeAll
    static void open() {
        node = new EmbeddedNodes()
                .start(
                        null,
                        Map.of(),
                        Map.of(
                                "data.dir",
                                folder.resolve("node").toString(),
                                "http.port",
                                "0",
                                "flight.port",
                                "0",
                                "s3.port",
                                "0"));
        varve = Varve.connect(url());
    }

    @AfterAll
    static void close() {
        varve.close();
        node.close();
    }

    private static String url() {
        return "http://127.0.0.1:" + node.httpPort();
    }

    private int run(String... arguments) {
        out.reset();
        err.reset();
        Terminal terminal = new Terminal(
                new ByteArrayInputStream(input),
                new PrintStream(out, false, StandardCharsets.UTF_8),
                new PrintStream(err, false, StandardCharsets.UTF_8),
                false,
                false,
                100,
                Map.of());
        List<String> all =
                Stream.concat(Stream.of(arguments), Stream.of("--url", url())).toList();
        return VarveCommand.run(terminal, new EmbeddedNodes(), all.toArray(String[]::new));
    }

    private String out() {
        return out.toString(StandardCharsets.UTF_8);
    }

    private String err() {
        return err.toString(StandardCharsets.UTF_8);
    }

    @Test
    void theSdkPutsFindsAndGetsMedia() throws IOException {
        Media media = varve.media();
        media.createBucket("sdk-media");
        byte[] photo = MadeMedia.jpeg(320, 200, MadeMedia.exif("2021:07:10 20:32:43", "", 46.948, 7.4474, 1));
        Path file = Files.write(folder.resolve("photo.jpg"), photo);
        MediaItem item = media.put(
                "sdk-media",
                "trip/a b+c.jpg",
                file,
                MediaFacts.NONE.withZone("Europe/Zurich").withOwner("ann").withAttributes(Map.of("sky", "grün")));
        assertThat(item.time()).isEqualTo("2021-07-10T18:32:43Z");
        assertThat(item.attributes()).containsEntry("sky", "grün");
        assertThat(item.owner()).isEqualTo("ann");
        media.put("sdk-media", "x.png", MadeMedia.picture("png", 9, 9), MediaFacts.at(Instant.EPOCH, -1.5, 2.5));
        assertThat(media.list("sdk-media", "trip/")).extracting(StoredKey::key).containsExactly("trip/a b+c.jpg");
        List<MediaItem> found = media.search(
                MediaQuery.ALL.bucket("sdk-media").near(46.95, 7.45, 2000).withUrls(Duration.ofMinutes(5)));
        assertThat(found).extracting(MediaItem::key).containsExactly("trip/a b+c.jpg");
        assertThat(found.getFirst().url()).startsWith("http://127.0.0.1:");
        try (InputStream linked = URI.create(media.url("sdk-media", "trip/a b+c.jpg", Duration.ofMinutes(5)))
                .toURL()
                .openStream()) {
            assertThat(linked.readAllBytes()).isEqualTo(photo);
        }
        try (InputStream part = media.get("sdk-media", "trip/a b+c.jpg", 10, 20)) {
            assertThat(part.readAllBytes()).hasSize(10);
        }
        try (InputStream small = media.thumbnail("sdk-media", "trip/a b+c.jpg", 256)) {
            assertThat(small.read()).isEqualTo(0xFF);
        }
        media.react("sdk-media", "x.png", "label", "blank", "bob");
        media.download("sdk-media", "trip/a b+c.jpg", folder.resolve("down.jpg"));
        assertThat(Files.readAllBytes(folder.resolve("down.jpg"))).isEqualTo(photo);
        assertThat(media.delete("sdk-media", "x.png")).isTrue();
        assertThat(media.delete("sdk-media", "x.png")).isFalse();
        assertThatThrownBy(() -> media.describe("sdk-media", "x.png")).isInstanceOf(VarveClientException.class);
    }

    @Test
    void theSdkKeepsKeysAndValues() throws IOException {
        KeyValues values = varve.kv();
        values.createBucket("sdk-kv", KeyValues.Keeping.VERSIONS);
        byte[] large = new byte[2 << 20];
        new Random(3).nextBytes(large);
        StoredKey first = values.put("sdk-kv", "k", new ByteArrayInputStream(large));
        assertThat(values.get("sdk-kv", "k")).isEqualTo(large);
        values.putIf("sdk-kv", "k", new byte[] {1}, first.etag());
        assertThatThrownBy(() -> values.putIf("sdk-kv", "k", new byte[] {2}, first.etag()))
                .isInstanceOfSatisfying(
                        VarveClientException.class, e -> assertThat(e.status()).isEqualTo(412));
        assertThat(values.delete("sdk-kv", "k")).isTrue();
        assertThat(values.get("sdk-kv", "k")).isNull();
        List<StoredKey> history = values.history("sdk-kv", "k");
        assertThat(history).extracting(StoredKey::deleted).containsExactly(true, false, false);
        try (InputStream old = values.open("sdk-kv", "k", history.get(2).version())) {
            assertThat(old.readAllBytes()).isEqualTo(large);
        }
        assertThat(values.list("sdk-kv", null)).isEmpty();
        assertThat(values.buckets()).contains("sdk-kv");
    }

    @Test
    void mediaByCommands() throws IOException {
        Path photos = Files.createDirectories(folder.resolve("photos/sub"));
        Files.write(
                photos.resolve("a.jpg"),
                MadeMedia.jpeg(64, 48, MadeMedia.exif("2021:07:10 20:32:43", "", 46.948, 7.4474, 1)));
        Files.write(photos.resolveSibling("b.wav"), MadeMedia.wav(2));
        assertThat(run("media", "put", folder.resolve("photos").toString(), "--to", "cli-media/day/"))
                .isEqualTo(ExitCodes.FAILED);
        assertThat(err()).contains("no media bucket 'cli-media'");
        assertThat(run("media", "put", folder.resolve("photos").toString(), "--to", "cli-media/day/", "--create"))
                .isEqualTo(ExitCodes.OK);
        assertThat(err()).contains("cli-media/day/sub/a.jpg: image/jpeg, 2021-07-10T20:32:43Z (exif), 46.94");
        assertThat(run("media", "ls", "cli-media/day/")).isEqualTo(ExitCodes.OK);
        assertThat(out().lines()).hasSize(2);
        assertThat(run("media", "search", "--bucket", "cli-media", "--near", "46.95,7.45,5000", "--format", "table"))
                .isEqualTo(ExitCodes.OK);
        assertThat(out()).contains("cli-media/day/sub/a.jpg").doesNotContain("b.wav");
        assertThat(run("media", "search", "--near", "1,2")).isEqualTo(ExitCodes.USAGE);
        assertThat(run("media", "get", "cli-media/day/b.wav")).isEqualTo(ExitCodes.OK);
        assertThat(out.toByteArray()).isEqualTo(MadeMedia.wav(2));
        assertThat(run("media", "get", "cli-media/day/none.jpg")).isEqualTo(ExitCodes.FAILED);
        assertThat(run("media", "get", "cli-media")).isEqualTo(ExitCodes.USAGE);
        assertThat(run("media")).isEqualTo(ExitCodes.USAGE);
    }

    @Test
    void keysAndValuesByCommands() throws IOException {
        assertThat(run("kv", "ping")).isEqualTo(ExitCodes.OK);
        assertThat(out()).startsWith("pong");
        assertThat(run("kv", "create", "cli-kv", "--write-once")).isEqualTo(ExitCodes.OK);
        input = new byte[] {0, 1, 2, (byte) 0xFF};
        assertThat(run("kv", "put", "bytes", "-b", "cli-kv")).isEqualTo(ExitCodes.OK);
        assertThat(run("kv", "get", "bytes", "--bucket", "cli-kv")).isEqualTo(ExitCodes.OK);
        assertThat(out.toByteArray()).isEqualTo(input);
        assertThat(run("kv", "put", "bytes", "again", "-b", "cli-kv")).isEqualTo(ExitCodes.FAILED);
        assertThat(run("kv", "list", "-b", "cli-kv")).isEqualTo(ExitCodes.OK);
        assertThat(out()).contains("\"key\":\"bytes\"");
        assertThat(run("kv", "get", "none", "-b", "cli-kv")).isEqualTo(ExitCodes.FAILED);
        assertThat(err()).contains("NOT_FOUND").contains("none");
        assertThat(run("kv", "put")).isEqualTo(ExitCodes.USAGE);
        assertThat(run("kv", "shout")).isEqualTo(ExitCodes.USAGE);
        assertThat(run("kv", "exit")).isEqualTo(ExitCodes.OK);
    }

    @Test
    void theShellGoesOnAfterMistakes() {
        input = """
                put greeting "hello  world"
                get greeting
                put greeting 'two'
                histroy greeting
                history greeting
                get "open quote
                get nothing
                delete greeting
                create other
                use other
                put k v
                list
                ping
                help
                exit
                put never reached
                """.getBytes(StandardCharsets.UTF_8);
        assertThat(run("kv")).isEqualTo(ExitCodes.OK);
        assertThat(out()).startsWith("hello  world\n").contains("pong").contains("put       Gives a key");
        assertThat(err())
                .contains("there is no command 'histroy'; did you mean 'history'?")
                .contains("a quote is not closed")
                .contains("there is no key 'nothing'")
                .contains("deleted")
                .contains("other/k: ")
                .doesNotContain("never");
        assertThat(varve.kv().history("default", "greeting")).hasSize(3);
    }

    @Test
    void wordsOfALine() {
        assertThat(KvShell.words("  put  a\\ b 'c \"d' \"e'\\\"f\" '' "))
                .containsExactly("put", "a b", "c \"d", "e'\"f", "");
        assertThat(KvShell.words("'open")).isNull();
        assertThat(KvShell.words("   ")).isEmpty();
    }
}
