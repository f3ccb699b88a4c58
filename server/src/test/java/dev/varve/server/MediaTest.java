package dev.varve.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.varve.blobstore.MemoryObjects;
import dev.varve.blobstore.media.MadeMedia;
import dev.varve.blobstore.object.Body;
import dev.varve.blobstore.object.BucketSettings;
import dev.varve.blobstore.object.Change;
import dev.varve.blobstore.object.ObjectKey;
import dev.varve.blobstore.object.ObjectWrite;
import dev.varve.server.media.MediaLibrary;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Media by HTTP and by the object store, as rows, thumbnails and links. */
@Timeout(120)
class MediaTest {
    private static final Instant NOW = Instant.parse("2024-05-06T07:08:09Z");
    private static final AtomicReference<Instant> TIME = new AtomicReference<>(NOW);
    private static final InstantSource CLOCK = TIME::get;

    @TempDir
    private static Path directory;

    private static MemoryObjects store;
    private static OpenLake lake;

    private String bucket;

    @BeforeAll
    static void open() throws IOException {
        store = MemoryObjects.create(CLOCK);
        lake = new OpenLake(directory.resolve("lake"), store, CLOCK);
    }

    @AfterAll
    static void close() throws Exception {
        lake.close();
    }

    @BeforeEach
    void bucket(TestInfo test) throws Exception {
        String name = test.getTestMethod().orElseThrow().getName().toLowerCase(Locale.ROOT);
        bucket = "b-" + name.substring(0, Math.min(name.length(), 50));
        assertThat(lake.put("/api/v1/media/" + bucket, new byte[0]).statusCode())
                .isEqualTo(201);
    }

    private static byte[] photo(String time, double lat, double lon, int orientation) {
        return MadeMedia.jpeg(640, 400, MadeMedia.exif(time, "+00:00", lat, lon, orientation));
    }

    private JsonNode put(String key, byte[] bytes, String query) throws Exception {
        HttpResponse<byte[]> response = lake.put("/api/v1/media/" + bucket + "/" + key + query, bytes);
        assertThat(response.statusCode())
                .as(new String(response.body(), StandardCharsets.UTF_8))
                .isEqualTo(201);
        return OpenLake.json(response);
    }

    private static void awaitRows() throws Exception {
        lake.media.reconcile().get(60, TimeUnit.SECONDS);
    }

    @Test
    void aPhotoBecomesARowFoundByPlaceAndTime() throws Exception {
        byte[] bytes = photo("2021:07:10 20:32:43", 46.948, 7.4474, 6);
        JsonNode row = put("trip/bern%20%C3%A4.jpg", bytes, "?attributes=%7B%22camera%22%3A%22N12%22%7D");
        assertThat(row.path("key").asText()).isEqualTo("trip/bern ä.jpg");
        assertThat(row.path("time").asText()).isEqualTo("2021-07-10T20:32:43Z");
        assertThat(row.path("timeSource").asText()).isEqualTo("exif");
        assertThat(row.path("type").asText()).isEqualTo("image/jpeg");
        assertThat(row.path("width").asInt()).isEqualTo(640);
        assertThat(row.path("checksum").asText()).startsWith("sha256:").hasSize(7 + 64);
        assertThat(row.path("attributes").path("camera").asText()).isEqualTo("N12");
        assertThat(row.path("attributes").path("make").asText()).isEqualTo("Made");
        String found = "SELECT key, owner FROM media WHERE bucket = '" + bucket
                + "' AND ST_DWithin(ST_Point(lon, lat), ST_Point(7.45, 46.95), %d)"
                + " AND time >= TIMESTAMP '2021-07-10 00:00:00' AND time < TIMESTAMP '2021-07-11 00:00:00'";
        assertThat(lake.sql(found.formatted(1000))).containsExactly(List.of("trip/bern ä.jpg", "anonymous"));
        assertThat(lake.sql(found.formatted(100))).isEmpty();
    }

    @Test
    void bytesComeBackWholeAndInRanges() throws Exception {
        byte[] bytes = MadeMedia.mp4(Instant.parse("2019-02-03T04:05:06Z"), 75, 1920, 1080, "");
        put("v.mp4", bytes, "");
        String path = "/api/v1/media/" + bucket + "/v.mp4";
        HttpResponse<byte[]> whole = lake.get(path);
        assertThat(whole.body()).isEqualTo(bytes);
        assertThat(whole.headers().firstValue("Content-Type")).contains("video/mp4");
        HttpResponse<byte[]> part = lake.get(path, "Range", "bytes=100-199");
        assertThat(part.statusCode()).isEqualTo(206);
        assertThat(part.body()).isEqualTo(Arrays.copyOfRange(bytes, 100, 200));
        assertThat(part.headers().firstValue("Content-Range")).contains("bytes 100-199/" + bytes.length);
        assertThat(lake.get(path, "Range", "bytes=-7").body())
                .isEqualTo(Arrays.copyOfRange(bytes, bytes.length - 7, bytes.length));
        assertThat(lake.get(path, "Range", "bytes=999999-").statusCode()).isEqualTo(416);
        String etag = whole.headers().firstValue("ETag").orElseThrow();
        assertThat(lake.get(path, "If-None-Match", etag).statusCode()).isEqualTo(304);
        HttpResponse<byte[]> head = lake.send(lake.request(path).method("HEAD", HttpRequest.BodyPublishers.noBody()));
        assertThat(head.headers().firstValue("Content-Length")).contains(Integer.toString(bytes.length));
        assertThat(lake.put(path, bytes, "If-None-Match", "*").statusCode()).isEqualTo(412);
    }

    @Test
    void whatIsGivenWinsOverWhatTheBytesSay() throws Exception {
        byte[] bytes = photo("2021:07:10 20:32:43", 46.948, 7.4474, 1);
        JsonNode row = put("p.jpg", bytes, "?time=2020-01-02T03:04:05%2B01:00&lat=-10.5&lon=170.25");
        assertThat(row.path("time").asText()).isEqualTo("2020-01-02T02:04:05Z");
        assertThat(row.path("lat").asDouble()).isEqualTo(-10.5);
        assertThat(row.path("lon").asDouble()).isEqualTo(170.25);
        assertThat(row.path("timeSource").asText() + row.path("placeSource").asText())
                .isEqualTo("givengiven");
        HttpResponse<byte[]> wrong = lake.put("/api/v1/media/" + bucket + "/q.jpg?lat=91&lon=0", bytes);
        assertThat(wrong.statusCode()).isEqualTo(400);
        assertThat(lake.get("/api/v1/media/" + bucket + "/q.jpg").statusCode()).isEqualTo(404);
    }

    @Test
    void aMediumThatSaysNothingGetsTheTimeOfItsUploadAndNoPlace() throws Exception {
        JsonNode row = put("plain.png", MadeMedia.picture("png", 20, 10), "");
        assertThat(row.path("time").asText()).isEqualTo(NOW.toString());
        assertThat(row.path("timeSource").asText()).isEqualTo("upload");
        assertThat(row.path("lat").isNull()).isTrue();
    }

    @Test
    void anotherVersionReplacesTheRowAlsoWithAnotherTime() throws Exception {
        put("p.jpg", photo("2021:07:10 20:32:43", 1, 1, 1), "");
        put("p.jpg", photo("2022:07:10 20:32:43", 2, 2, 1), "");
        put("p.jpg", photo("2021:07:10 20:32:43", 3, 3, 1), "");
        String rows = "SELECT time, lat FROM media WHERE bucket = '" + bucket + "'";
        List<List<String>> found = lake.sql(rows);
        assertThat(found).hasSize(1);
        assertThat(found.getFirst().getFirst()).isEqualTo("2021-07-10T20:32:43Z");
        assertThat(Double.parseDouble(found.getFirst().get(1))).isBetween(2.999, 3.001);
    }

    @Test
    void aDeletedMediumIsNoLongerFoundUntilItComesBack() throws Exception {
        byte[] bytes = photo("2021:07:10 20:32:43", 1, 1, 1);
        String path = "/api/v1/media/" + bucket + "/p.jpg";
        String count = "SELECT count(*) FROM media WHERE bucket = '" + bucket + "'";
        for (int round = 0; round < 3; round++) {
            put("p.jpg", bytes, "");
            assertThat(lake.get(path + "?thumbnail=256").statusCode()).isEqualTo(200);
            assertThat(lake.sql(count)).containsExactly(List.of("1"));
            assertThat(lake.delete(path).statusCode()).isEqualTo(204);
            assertThat(lake.sql(count)).containsExactly(List.of("0"));
            assertThat(lake.get(path).statusCode()).isEqualTo(404);
            assertThat(lake.delete(path).statusCode()).isEqualTo(404);
        }
        assertThat(lake.sql("SELECT count(*) FROM media WHERE _deleted AND bucket = '" + bucket + "'"))
                .containsExactly(List.of("1"));
    }

    @Test
    void anObjectThatComesByAnyDoorBecomesARow() throws Exception {
        ObjectWrite write = ObjectWrite.of(bucket, ObjectKey.of("s3.png"), "alice")
                .withMetadata(Map.of("time", "2020-02-02T02:02:02Z", "lat", "5", "lon", "6", "station", "N12"));
        lake.objects.put(write, Body.of(new ByteArrayInputStream(MadeMedia.picture("png", 8, 8))));
        awaitRows();
        assertThat(lake.sql("SELECT time, lat, owner, attributes FROM media WHERE bucket = '" + bucket + "'"))
                .containsExactly(List.of("2020-02-02T02:02:02Z", "5.0", "alice", "{\"station\":\"N12\"}"));
    }

    @Test
    void aTrackBesideTellsThePlaceWhenItComes() throws Exception {
        put("day/a.jpg", jpegWithoutPlace("2021:07:10 10:01:30"), "");
        put("day/b.jpg", jpegWithoutPlace("2021:07:10 12:00:30"), "?zone=Europe/Zurich");
        put("day/sub/c.jpg", jpegWithoutPlace("2021:07:10 10:01:30"), "");
        String rows = "SELECT key, round(lat, 3), place_source FROM media WHERE bucket = '" + bucket
                + "' AND kind = 'image' ORDER BY key";
        assertThat(lake.sql(rows).getFirst()).containsExactly("day/a.jpg", "null", "null");
        put("day/track.gpx", MadeMedia.gpx(Instant.parse("2021-07-10T10:00:00Z"), 10, 46, 7, 0.01), "");
        awaitRows();
        assertThat(lake.sql(rows))
                .containsExactly(
                        List.of("day/a.jpg", "46.015", "gpx"),
                        List.of("day/b.jpg", "46.005", "gpx"),
                        List.of("day/sub/c.jpg", "null", "null"));
        assertThat(lake.delete("/api/v1/media/" + bucket + "/day/track.gpx").statusCode())
                .isEqualTo(204);
        awaitRows();
        assertThat(lake.sql(rows).getFirst()).containsExactly("day/a.jpg", "null", "null");
    }

    /** EXIF whose place is not on Earth counts as none. */
    private static byte[] jpegWithoutPlace(String time) {
        return MadeMedia.jpeg(64, 48, MadeMedia.exif(time, "", 95, 7, 1));
    }

    @Test
    void thumbnailsAreUprightAndOriginalsUntouched() throws Exception {
        byte[] bytes = photo("2021:07:10 20:32:43", 1, 1, 6);
        put("p.jpg", bytes, "");
        HttpResponse<byte[]> small = lake.get("/api/v1/media/" + bucket + "/p.jpg?thumbnail=256");
        assertThat(small.headers().firstValue("Content-Type")).contains("image/jpeg");
        var image = ImageIO.read(new ByteArrayInputStream(small.body()));
        assertThat(List.of(image.getWidth(), image.getHeight())).isEqualTo(List.of(160, 256));
        assertThat(lake.get("/api/v1/media/" + bucket + "/p.jpg").body()).isEqualTo(bytes);
        assertThat(lake.get("/api/v1/media/" + bucket + "/p.jpg?thumbnail=100").statusCode())
                .isEqualTo(400);
    }

    @Test
    void hostileMediaDoNoHarm() throws Exception {
        Map<String, byte[]> hostile = Map.of(
                "bomb.png", MadeMedia.pngBomb(20_000, 20_000),
                "text.png", MadeMedia.pngTextBomb(100 << 20),
                "exif.jpg", MadeMedia.jpeg(64, 64, MadeMedia.hostileExif()),
                "laughs.gpx", MadeMedia.billionLaughs(),
                "cut.mp4", Arrays.copyOf(MadeMedia.mp4(Instant.EPOCH, 5, 10, 10, ""), 3000));
        for (Map.Entry<String, byte[]> entry : hostile.entrySet()) {
            put(entry.getKey(), entry.getValue(), "");
            String path = "/api/v1/media/" + bucket + "/" + entry.getKey();
            assertThat(lake.get(path).body()).isEqualTo(entry.getValue());
            assertThat(lake.get(path + "?thumbnail=256").statusCode())
                    .isEqualTo(
                            entry.getKey().startsWith("text") || entry.getKey().startsWith("exif") ? 200 : 404);
        }
        assertThat(lake.sql("SELECT key FROM media WHERE bucket = '" + bucket + "' AND attributes LIKE '%truncated%'"))
                .containsExactly(List.of("cut.mp4"));
        JsonNode bomb = OpenLake.json(lake.get("/api/v1/media/" + bucket + "/bomb.png?thumbnail=256"));
        assertThat(bomb.path("detail").asText()).contains("400000000 pixels");
    }

    @Test
    void searchFindsByTimePlaceAndKindWithLinks() throws Exception {
        put("a.jpg", photo("2021:07:10 20:32:43", 46.948, 7.4474, 1), "");
        put("b.jpg", photo("2021:08:10 20:32:43", -17.5, 179.9, 1), "");
        put("c.wav", MadeMedia.wav(3), "?time=2021-09-01&lat=-17.5&lon=-179.9");
        String in = "/api/v1/media?bucket=" + bucket;
        assertThat(keys(in)).containsExactly("c.wav", "b.jpg", "a.jpg");
        assertThat(keys(in + "&kind=image&to=2021-08-01")).containsExactly("a.jpg");
        assertThat(keys(in + "&bbox=179,-20,-179,-10")).containsExactly("c.wav", "b.jpg");
        assertThat(keys(in + "&near=46.95,7.45,1000")).containsExactly("a.jpg");
        assertThat(keys(in + "&prefix=b")).containsExactly("b.jpg");
        assertThat(lake.get(in + "&near=1,2").statusCode()).isEqualTo(400);
        JsonNode linked =
                OpenLake.json(lake.get(in + "&prefix=c&url=15m")).path("media").path(0);
        String link = URI.create(linked.path("url").asText()).getPath();
        assertThat(lake.get(link, "Range", "bytes=0-3").body()).isEqualTo("RIFF".getBytes(StandardCharsets.UTF_8));
        assertThat(lake.get(link.substring(0, link.length() - 2) + "xx").statusCode())
                .isEqualTo(404);
        TIME.set(NOW.plus(Duration.ofMinutes(16)));
        try {
            assertThat(lake.get(link).statusCode()).isEqualTo(404);
        } finally {
            TIME.set(NOW);
        }
    }

    private static List<String> keys(String path) throws Exception {
        HttpResponse<byte[]> response = lake.get(path);
        assertThat(response.statusCode())
                .as(new String(response.body(), StandardCharsets.UTF_8))
                .isEqualTo(200);
        return OpenLake.json(response)
                .path("media")
                .valueStream()
                .map(row -> row.path("key").asText())
                .toList();
    }

    @Test
    void reactionsAreRows() throws Exception {
        put("a.png", MadeMedia.picture("png", 8, 8), "");
        String path = "/api/v1/media/" + bucket + "/a.png";
        assertThat(lake.post(path + "/reactions", "{\"kind\": \"like\", \"who\": \"ann\"}")
                        .statusCode())
                .isEqualTo(201);
        String comment = "{\"kind\": \"comment\", \"text\": \"hail!\", \"who\": \"bob\", \"when\": \"2024-01-01\","
                + " \"id\": \"c1\"}";
        assertThat(lake.post(path + "/reactions", comment).statusCode()).isEqualTo(201);
        assertThat(lake.post(path + "/reactions", comment).statusCode()).isEqualTo(201);
        assertThat(lake.post(path + "/reactions", "{\"kind\": \"shrug\"}").statusCode())
                .isEqualTo(400);
        assertThat(lake.post(path + "x/reactions", comment).statusCode()).isEqualTo(404);
        assertThat(OpenLake.json(lake.get(path + "?reactions")).path("reactions"))
                .hasSize(2);
        assertThat(lake.sql("SELECT r.who, r.text, m.width FROM media_reactions r JOIN media m ON m.bucket = r.bucket"
                        + " AND m.key = r.key WHERE r.kind = 'comment' AND m.bucket = '" + bucket + "'"))
                .containsExactly(List.of("bob", "hail!", "8"));
    }

    @Test
    void aBucketThatIsNoMediaBucketHasNoMedia() throws Exception {
        lake.objects.createBucket("plain-bucket", "alice", BucketSettings.DEFAULT);
        lake.objects.put(
                ObjectWrite.of("plain-bucket", ObjectKey.of("x.png"), "alice"),
                Body.of(new ByteArrayInputStream(MadeMedia.picture("png", 8, 8))));
        HttpResponse<byte[]> refused = lake.get("/api/v1/media/plain-bucket/x.png");
        assertThat(refused.statusCode()).isEqualTo(404);
        assertThat(OpenLake.json(refused).path("hint").asText()).contains("varve-kind=media");
        Map<String, String> tag = Map.of(MediaLibrary.KIND_TAG, MediaLibrary.MEDIA_KIND);
        lake.objects.changeBucket("plain-bucket", settings -> settings.withTags(tag));
        awaitRows();
        assertThat(lake.sql("SELECT key FROM media WHERE bucket = 'plain-bucket'"))
                .hasSize(1);
        lake.objects.changeBucket("plain-bucket", settings -> settings.withTags(Map.of()));
        awaitRows();
        assertThat(lake.sql("SELECT key FROM media WHERE bucket = 'plain-bucket'"))
                .isEmpty();
    }

    @Test
    void whatACrashLeftUndoneIsDoneAtTheNextStart() throws Exception {
        MemoryObjects kept = MemoryObjects.create(CLOCK);
        Path folder = directory.resolve("crash");
        try (OpenLake first = new OpenLake(folder, kept, CLOCK)) {
            first.media.createBucket("pics", "alice");
            first.put("/api/v1/media/pics/gone.jpg", photo("2021:07:10 20:32:43", 1, 1, 1));
            first.put("/api/v1/media/pics/kept.jpg", photo("2021:07:11 20:32:43", 1, 1, 1));
        }
        // Commits whose telling a crash lost.
        kept.change("pics", List.of(Change.Delete.of(ObjectKey.of("gone.jpg"))));
        kept.put(
                ObjectWrite.of("pics", ObjectKey.of("new.jpg"), "alice"),
                Body.of(new ByteArrayInputStream(photo("2021:07:12 20:32:43", 1, 1, 1))));
        kept.put(
                ObjectWrite.of("pics", ObjectKey.of("kept.jpg"), "alice"),
                Body.of(new ByteArrayInputStream(photo("2021:07:13 20:32:43", 1, 1, 1))));
        try (OpenLake second = new OpenLake(folder, kept, CLOCK)) {
            second.media.reconcile().get(60, TimeUnit.SECONDS);
            assertThat(second.sql("SELECT key, time FROM media ORDER BY key"))
                    .containsExactly(
                            List.of("kept.jpg", "2021-07-13T20:32:43Z"), List.of("new.jpg", "2021-07-12T20:32:43Z"));
            assertThat(second.get("/api/v1/media/pics/new.jpg?thumbnail=1024").statusCode())
                    .isEqualTo(200);
        }
    }

    @Test
    void realPhotosAreWhereTheirTruthSays() throws Exception {
        Path folder = Path.of("").toAbsolutePath();
        while (folder != null && !Files.isDirectory(folder.resolve("shared/data/exif"))) {
            folder = folder.getParent();
        }
        Assumptions.assumeTrue(folder != null, "../shared/data/exif is absent");
        Path photos = Objects.requireNonNull(folder).resolve("shared/data/exif/jpg/gps");
        List<Path> files;
        try (Stream<Path> all = Files.list(photos)) {
            files = all.filter(name -> name.toString().endsWith(".jpg")).toList();
        }
        for (Path file : files) {
            put("arezzo/" + file.getFileName(), Files.readAllBytes(file), "");
        }
        assertThat(lake.sql("SELECT round(lat, 6), round(lon, 6), time FROM media WHERE bucket = '" + bucket
                        + "' AND key = 'arezzo/DSCN0010.jpg'"))
                .containsExactly(List.of("43.467448", "11.885127", "2008-10-22T16:28:39Z"));
        assertThat(lake.sql("SELECT count(*) FROM media WHERE bucket = '" + bucket
                        + "' AND ST_DWithin(ST_Point(lon, lat), ST_Point(11.881, 43.467), 1500)"))
                .containsExactly(List.of(Integer.toString(files.size())));
    }
}
