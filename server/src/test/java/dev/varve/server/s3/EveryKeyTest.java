package dev.varve.server.s3;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.varve.blobstore.media.MadeMedia;
import dev.varve.server.TestNode;
import java.io.ByteArrayInputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Collectors;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.w3c.dom.NodeList;

/** Keys of every plane and of every kind, by S3 and by HTTP, each its own. */
@Timeout(120)
class EveryKeyTest {
    private static final List<String> KEYS = EveryKey.all();
    private static final List<String> SORTED = EveryKey.sorted(KEYS);
    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    private static Path directory;

    private static TestNode node;
    private static Connections connections;

    @BeforeAll
    static void start() throws Exception {
        node = TestNode.start(directory, Map.of());
        connections = new Connections(node.s3Port(), 1);
    }

    @AfterAll
    static void stop() throws Exception {
        connections.close();
        node.close();
    }

    private static TestRequest request(String method, String path) {
        return TestRequest.of(method, path).by(TestRequest.Key.NODE);
    }

    private static RawHttp.Answer send(TestRequest request, int status, String what) throws Exception {
        RawHttp.Answer answer = connections.send(request);
        assertThat(answer.status()).as("%s %s", what, answer.body()).isEqualTo(status);
        return answer;
    }

    private static Lists filled(String bucket) throws Exception {
        send(request("PUT", "/" + bucket), 200, bucket);
        for (String key : KEYS) {
            send(request("PUT", "/" + bucket + "/" + key).body("of " + key), 200, key);
        }
        return new Lists(connections, bucket);
    }

    @Test
    void eachIsPutReadCopiedLinkedAndDeletedAlone() throws Exception {
        Lists lists = filled("every");
        send(request("PUT", "/copies"), 200, "copies");
        for (String key : KEYS) {
            String path = "/every/" + key;
            assertThat(send(request("GET", path), 200, key).body()).isEqualTo("of " + key);
            assertThat(send(request("HEAD", path), 200, key).header("content-length"))
                    .contains(Integer.toString(EveryKey.utf8("of " + key).length));
            send(
                    request("PUT", "/copies/" + key)
                            .header("x-amz-copy-source", SlowSigner.uriEncode(EveryKey.utf8(path), false)),
                    200,
                    key);
            assertThat(send(request("GET", "/copies/" + key).presign(60), 200, key)
                            .body())
                    .isEqualTo("of " + key);
            send(request("PUT", path).body("linked " + key).presign(60), 200, key);
            assertThat(send(request("GET", path), 200, key).body()).isEqualTo("linked " + key);
            assertThat(send(request("GET", "/copies/" + key), 200, key).body()).isEqualTo("of " + key);
        }
        assertThat(new Lists(connections, "copies").v2(1000)).isEqualTo(SORTED);
        TreeSet<String> left = new TreeSet<>(KEYS);
        for (String key : KEYS) {
            send(request("DELETE", "/every/" + key), 204, key);
            left.remove(key);
            send(request("GET", "/every/" + key), 404, key);
            if (left.size() % 50 == 0) {
                assertThat(lists.v2(1000)).isEqualTo(EveryKey.sorted(left));
            }
        }
    }

    @Test
    void listingsHaveTheOrderOfBytesWhereverTheyBegin() throws Exception {
        Lists lists = filled("lists");
        for (int most : new int[] {1000, 7}) {
            assertThat(lists.v2(most)).isEqualTo(SORTED);
            assertThat(lists.v1(most)).isEqualTo(SORTED);
            assertThat(lists.versions(most).stream().map(Lists.Version::key)).isEqualTo(SORTED);
        }
        for (String delimiter : List.of("/", "a/", "\u0301", "\ud83d\ude00", "\u0000", "%")) {
            List<String> grouped = EveryKey.sorted(SORTED.stream()
                    .map(key -> key.contains(delimiter)
                            ? key.substring(0, key.indexOf(delimiter) + delimiter.length())
                            : key)
                    .collect(Collectors.toSet()));
            assertThat(lists.grouped(delimiter, 1000)).as(delimiter).isEqualTo(grouped);
            assertThat(lists.grouped(delimiter, 5)).as(delimiter).isEqualTo(grouped);
        }
        for (int i = 0; i < SORTED.size(); i += 3) {
            String key = SORTED.get(i);
            RawHttp.Answer after = send(
                    request("GET", "/lists")
                            .query("list-type", "2")
                            .query("encoding-type", "url")
                            .query("start-after", key)
                            .query("max-keys", "1"),
                    200,
                    key);
            assertThat(Lists.decoded(after.text("Key"))).isEqualTo(i + 1 < SORTED.size() ? SORTED.get(i + 1) : "");
            assertThat(Lists.decoded(after.text("StartAfter"))).isEqualTo(key);
            RawHttp.Answer under = send(
                    request("GET", "/lists")
                            .query("list-type", "2")
                            .query("encoding-type", "url")
                            .query("prefix", key),
                    200,
                    key);
            assertThat(under.text("KeyCount"))
                    .isEqualTo(Long.toString(SORTED.stream()
                            .filter(other -> startsWith(other, key))
                            .count()));
        }
    }

    private static boolean startsWith(String key, String prefix) {
        return new String(EveryKey.utf8(key), java.nio.charset.StandardCharsets.ISO_8859_1)
                .startsWith(new String(EveryKey.utf8(prefix), java.nio.charset.StandardCharsets.ISO_8859_1));
    }

    /** Without a coding, what XML can say is said so that a parser reads it, and DeleteObjects takes it back. */
    @Test
    void whatXmlCanSayComesAndGoesInXml() throws Exception {
        send(request("PUT", "/xml"), 200, "xml");
        List<String> keys = SORTED.stream().filter(EveryKey::isXml).toList();
        for (String key : keys) {
            send(request("PUT", "/xml/" + key), 200, key);
        }
        RawHttp.Answer answer = send(request("GET", "/xml").query("list-type", "2"), 200, "list");
        NodeList found = DocumentBuilderFactory.newInstance()
                .newDocumentBuilder()
                .parse(new ByteArrayInputStream(answer.bytes()))
                .getElementsByTagName("Key");
        List<String> parsed = new ArrayList<>();
        for (int i = 0; i < found.getLength(); i++) {
            parsed.add(found.item(i).getTextContent());
        }
        assertThat(parsed).isEqualTo(keys);
        XmlText xml = XmlText.of("Delete");
        for (String key : keys) {
            xml.open("Object").text("Key", key).close("Object");
        }
        byte[] body = xml.end("Delete");
        RawHttp.Answer deleted = send(
                request("POST", "/xml")
                        .query("delete", "")
                        .header("content-md5", SlowSigner.md5(body))
                        .body(body),
                200,
                "delete");
        assertThat(deleted.body()).doesNotContain("<Error>");
        assertThat(new Lists(connections, "xml").v2(1000)).isEmpty();
    }

    @Test
    void keysOfMoreThan1024BytesAreRefused() throws Exception {
        send(request("PUT", "/long"), 200, "long");
        for (String key : List.of("x".repeat(1025), "\u4e2d".repeat(342), "\ud83d\ude00".repeat(256) + "x")) {
            assertThat(send(request("PUT", "/long/" + key), 400, key).code()).isEqualTo("KeyTooLongError");
            assertThat(TestRequest.of("PUT", "/api/v1/kv/long/" + key)
                            .anonymous()
                            .send(node.httpPort())
                            .status())
                    .isIn(400, 404);
        }
        assertThat(new Lists(connections, "long").v2(1000)).isEmpty();
    }

    private static RawHttp.Answer http(String method, String path, byte[] body) throws Exception {
        return TestRequest.of(method, path).anonymous().body(body).send(node.httpPort());
    }

    @Test
    void valuesHaveThemByHttp() throws Exception {
        assertThat(http("PUT", "/api/v1/kv/values", new byte[0]).status()).isEqualTo(201);
        for (String key : KEYS) {
            RawHttp.Answer put = http("PUT", "/api/v1/kv/values/" + key, EveryKey.utf8("of " + key));
            assertThat(put.status()).as("%s %s", key, put.body()).isEqualTo(201);
            assertThat(JSON.readTree(put.bytes()).path("key").asText()).isEqualTo(key);
        }
        for (String key : KEYS) {
            RawHttp.Answer got = http("GET", "/api/v1/kv/values/" + key, new byte[0]);
            assertThat(got.status()).as("%s %s", key, got.body()).isEqualTo(200);
            assertThat(got.body()).isEqualTo("of " + key);
        }
        List<String> listed = new ArrayList<>();
        String after = "";
        do {
            JsonNode page = JSON.readTree(TestRequest.of("GET", "/api/v1/kv/values")
                    .anonymous()
                    .query("limit", "9")
                    .query("after", after)
                    .send(node.httpPort())
                    .bytes());
            page.path("keys").forEach(key -> listed.add(key.path("key").asText()));
            after = page.path("next").asText("");
            if (page.path("next").isNull()) {
                break;
            }
        } while (true);
        assertThat(listed).isEqualTo(SORTED);
        for (String key : KEYS) {
            assertThat(http("DELETE", "/api/v1/kv/values/" + key, new byte[0]).status())
                    .as(key)
                    .isEqualTo(204);
            assertThat(http("GET", "/api/v1/kv/values/" + key, new byte[0]).status())
                    .as(key)
                    .isEqualTo(404);
        }
    }

    /** Each has one row by its own name, by whichever door it came. */
    @Test
    void mediaHaveThemByHttpAndByS3() throws Exception {
        byte[] sound = MadeMedia.wav(1);
        assertThat(http("PUT", "/api/v1/media/media", new byte[0]).status()).isEqualTo(201);
        List<String> some = SORTED.stream().filter(key -> key.length() < 100).toList();
        for (int i = 0; i < some.size(); i += 6) {
            String key = some.get(i);
            RawHttp.Answer put = http("PUT", "/api/v1/media/media/" + key, sound);
            assertThat(put.status()).as("%s %s", key, put.body()).isEqualTo(201);
            assertThat(JSON.readTree(put.bytes()).path("key").asText()).isEqualTo(key);
            RawHttp.Answer got = http("GET", "/api/v1/media/media/" + key, new byte[0]);
            assertThat(got.status()).as("%s %s", key, got.body()).isEqualTo(200);
            assertThat(got.bytes()).isEqualTo(sound);
        }
        List<String> expected = new ArrayList<>();
        for (int i = 0; i < some.size(); i += 6) {
            expected.add(some.get(i));
        }
        assertThat(node.sql("SELECT key FROM media WHERE bucket = 'media' ORDER BY key").stream()
                        .map(List::getFirst))
                .isEqualTo(expected);
        for (String key : expected) {
            assertThat(http("DELETE", "/api/v1/media/media/" + key, new byte[0]).status())
                    .as(key)
                    .isEqualTo(204);
        }
        assertThat(node.sql("SELECT count(*) FROM media WHERE bucket = 'media'"))
                .containsExactly(List.of("0"));
    }
}
