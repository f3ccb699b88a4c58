package dev.varve.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeSet;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The photos in {@code ../shared/data/exif} as media of a node, compared with what exiftool says of them. */
@Timeout(120)
class RealMediaTest {
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("yyyy:MM:dd HH:mm:ss");
    private static final String MEDIA = "/api/v1/media/photos";

    @TempDir
    private static Path directory;

    private static TestNode node;

    /** A line of the truth. */
    private record Photo(
            String file, Optional<Place> place, Optional<Instant> time, int width, int height, int orientation) {
        static Photo of(String line) {
            String[] values = line.split(",", -1);
            Optional<Instant> time = Optional.of(values[3])
                    .filter(text -> !text.equals("-"))
                    .map(text -> LocalDateTime.parse(text, TIME)
                            .plusNanos(values[4].equals("-") ? 0 : (long) (Double.parseDouble("0." + values[4]) * 1e9))
                            .toInstant(values[5].equals("-") ? ZoneOffset.UTC : ZoneOffset.of(values[5])));
            return new Photo(
                    values[0],
                    values[1].equals("-")
                            ? Optional.empty()
                            : Optional.of(new Place(Double.parseDouble(values[1]), Double.parseDouble(values[2]))),
                    time,
                    Integer.parseInt(values[6]),
                    Integer.parseInt(values[7]),
                    values[8].equals("-") ? 1 : Integer.parseInt(values[8]));
        }
    }

    private record Place(double lat, double lon) {
        /** On a sphere, by the haversine formula. */
        double metresTo(Place other) {
            double lat1 = Math.toRadians(lat);
            double lat2 = Math.toRadians(other.lat);
            double h = square(Math.sin((lat2 - lat1) / 2))
                    + Math.cos(lat1) * Math.cos(lat2) * square(Math.sin(Math.toRadians(other.lon - lon) / 2));
            return 2 * 6_371_008.8 * Math.asin(Math.sqrt(h));
        }

        private static double square(double value) {
            return value * value;
        }
    }

    private static Path folder() {
        for (Path at = Path.of("").toAbsolutePath(); at != null; at = at.getParent()) {
            Path found = at.resolve("shared/data/exif");
            if (Files.isDirectory(found)) {
                return found;
            }
        }
        return Assumptions.abort("../shared/data/exif is absent");
    }

    private static List<Photo> truth() throws IOException {
        try (InputStream in =
                Objects.requireNonNull(RealMediaTest.class.getResourceAsStream("/media/exif_truth.csv"))) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .filter(line -> !line.startsWith("#") && !line.startsWith("file,"))
                    .map(Photo::of)
                    .toList();
        }
    }

    /** All photos of the folder: one that has no line in the truth is one too many. */
    @BeforeAll
    static void putAllPhotos() throws Exception {
        Path folder = folder();
        node = TestNode.start(directory, Map.of());
        assertThat(node.put(MEDIA, new byte[0]).statusCode()).isEqualTo(201);
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.filter(file -> file.toString().matches("(?i).*\\.(jpe?g|heic)"))
                    .toList()) {
                HttpResponse<byte[]> put = node.put(MEDIA + "/" + folder.relativize(file), Files.readAllBytes(file));
                assertThat(put.statusCode()).isEqualTo(201);
            }
        }
    }

    @AfterAll
    static void stop() {
        if (node != null) {
            node.close();
        }
    }

    @Test
    void eachRowSaysWhatExiftoolSays() throws Exception {
        Map<String, List<String>> rows = new HashMap<>();
        node.sql(
                        "SELECT key, lat, lon, time, time_source, width, height, attributes FROM media WHERE bucket = 'photos'")
                .forEach(row -> rows.put(row.getFirst(), row));
        List<Photo> truth = truth();
        assertThat(rows.keySet())
                .isEqualTo(new TreeSet<>(truth.stream().map(Photo::file).toList()));
        for (Photo photo : truth) {
            List<String> row = rows.getOrDefault(photo.file(), List.of());
            if (photo.place().isPresent()) {
                assertThat(Double.parseDouble(row.get(1)))
                        .as(photo.file())
                        .isCloseTo(photo.place().get().lat(), within(1e-9));
                assertThat(Double.parseDouble(row.get(2)))
                        .as(photo.file())
                        .isCloseTo(photo.place().get().lon(), within(1e-9));
            } else {
                assertThat(row.subList(1, 3)).as(photo.file()).containsExactly("null", "null");
            }
            assertThat(row.get(4)).as(photo.file()).isEqualTo(photo.time().isPresent() ? "exif" : "upload");
            if (photo.time().isPresent()) {
                assertThat(Instant.parse(row.get(3)))
                        .as(photo.file())
                        .isEqualTo(photo.time().get());
            }
            assertThat(row.subList(5, 7))
                    .as(photo.file())
                    .containsExactly(Integer.toString(photo.width()), Integer.toString(photo.height()));
            JsonNode attributes = OpenLake.JSON.readTree(row.get(7));
            assertThat(attributes.path("orientation").asInt(1)).as(photo.file()).isEqualTo(photo.orientation());
            assertThat(attributes.has("notes")).as(row.get(7)).isFalse();
        }
    }

    @Test
    void circlesFindThePhotosInThem() throws Exception {
        List<Photo> placed =
                truth().stream().filter(photo -> photo.place().isPresent()).toList();
        for (int i = 0; i < placed.size(); i += 3) {
            Photo middle = placed.get(i);
            Place at = middle.place().orElseThrow();
            for (int metres : List.of(1, 100, 300, 10_000_000)) {
                List<String> inside = truth().stream()
                        .filter(photo -> photo.place()
                                .filter(place -> place.metresTo(at) <= metres)
                                .isPresent())
                        .map(Photo::file)
                        .toList();
                List<List<String>> found =
                        node.sql("SELECT key FROM media WHERE ST_DWithin(ST_Point(lon, lat), ST_Point(" + at.lon()
                                + ", " + at.lat() + "), " + metres + ") ORDER BY key");
                assertThat(found.stream().map(List::getFirst))
                        .as(metres + " m of " + middle)
                        .isEqualTo(inside);
            }
        }
        assertThat(node.sql("SELECT key FROM media WHERE ST_DWithin(ST_Point(lon, lat), ST_Point(11.8816, 43.4684), 50)"
                        + " AND time >= TIMESTAMP '2008-10-22 16:43:30' ORDER BY key"))
                .containsExactly(List.of("jpg/gps/DSCN0027.jpg"));
    }

    @Test
    void thumbnailsOfTurnedPhotosAreUpright() throws Exception {
        for (Photo photo : truth()) {
            HttpResponse<byte[]> small = node.get(MEDIA + "/" + photo.file() + "?thumbnail=256");
            if (photo.file().endsWith(".HEIC")) {
                assertThat(small.statusCode()).isEqualTo(404);
                assertThat(TestNode.json(small).path("detail").asText()).contains("no decoder for image/heic");
                continue;
            }
            assertThat(small.statusCode()).as(photo.file()).isEqualTo(200);
            var picture = ImageIO.read(new ByteArrayInputStream(small.body()));
            boolean isTurned = photo.orientation() >= 5;
            assertThat(picture.getWidth() > picture.getHeight())
                    .as(photo.file())
                    .isEqualTo(isTurned != photo.width() > photo.height());
        }
    }
}
