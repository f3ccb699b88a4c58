package dev.varve.blobstore.media;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.drew.imaging.ImageMetadataReader;
import com.drew.imaging.ImageProcessingException;
import com.drew.lang.GeoLocation;
import com.drew.metadata.Metadata;
import com.drew.metadata.exif.ExifIFD0Directory;
import com.drew.metadata.exif.ExifSubIFDDirectory;
import com.drew.metadata.exif.GpsDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Objects;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Photos of real cameras, read by us and by metadata-extractor, which has no code in common with ours. */
class RealPhotosTest {
    private static final DateTimeFormatter EXIF_TIME = DateTimeFormatter.ofPattern("yyyy:MM:dd HH:mm:ss");

    private static @Nullable Path folder() {
        for (Path at = Path.of("").toAbsolutePath(); at != null; at = at.getParent()) {
            Path found = at.resolve("shared/data/exif");
            if (Files.isDirectory(found)) {
                return found;
            }
        }
        return null;
    }

    static Stream<Path> photos() throws IOException {
        Path folder = folder();
        if (folder == null) {
            return Stream.of(Path.of("no photos: ../shared/data/exif is absent"));
        }
        try (Stream<Path> all = Files.walk(folder)) {
            return all.filter(file -> file.toString().matches("(?i).*\\.(jpe?g|heic)")).sorted().toList().stream();
        }
    }

    @BeforeAll
    static void needsPhotos() {
        Assumptions.assumeTrue(folder() != null, "../shared/data/exif is absent");
    }

    @Test
    void theTruthOfTheReadmeHolds() throws IOException {
        MediaFacts facts = MediaReaderTest.read(
                Files.readAllBytes(Objects.requireNonNull(folder()).resolve("jpg/gps/DSCN0010.jpg")));
        assertThat(facts.place().orElseThrow().lat()).isCloseTo(43.467448, within(1e-6));
        assertThat(facts.place().orElseThrow().lon()).isCloseTo(11.885127, within(1e-6));
        assertThat(facts.taken().orElseThrow().local()).isEqualTo(LocalDateTime.parse("2008-10-22T16:28:39"));
        assertThat(facts.taken().orElseThrow().offset()).isEqualTo(java.util.Optional.<ZoneOffset>empty());
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("photos")
    void anotherReaderSaysTheSame(Path photo) throws IOException, ImageProcessingException {
        MediaFacts facts = MediaReaderTest.read(Files.readAllBytes(photo));
        assertThat(facts.notes()).isEmpty();
        assertThat(facts.size()).isPresent();
        Metadata other = ImageMetadataReader.readMetadata(photo.toFile());
        GpsDirectory gps = other.getFirstDirectoryOfType(GpsDirectory.class);
        GeoLocation place = gps == null ? null : gps.getGeoLocation();
        assertThat(facts.place().isPresent()).isEqualTo(place != null);
        if (place != null) {
            assertThat(facts.place().orElseThrow().lat()).isCloseTo(place.getLatitude(), within(1e-9));
            assertThat(facts.place().orElseThrow().lon()).isCloseTo(place.getLongitude(), within(1e-9));
        }
        ExifSubIFDDirectory exif = other.getFirstDirectoryOfType(ExifSubIFDDirectory.class);
        String time = exif == null ? null : exif.getString(ExifSubIFDDirectory.TAG_DATETIME_ORIGINAL);
        if (time != null) {
            assertThat(facts.taken().orElseThrow().local().withNano(0))
                    .isEqualTo(LocalDateTime.parse(time.strip(), EXIF_TIME));
        }
        ExifIFD0Directory first = other.getFirstDirectoryOfType(ExifIFD0Directory.class);
        String make = first == null ? null : first.getString(ExifIFD0Directory.TAG_MAKE);
        if (make != null) {
            assertThat(facts.attributes()).containsEntry("make", make.strip());
        }
        Integer orientation = first == null ? null : first.getInteger(ExifIFD0Directory.TAG_ORIENTATION);
        if (orientation != null && facts.type() == MediaType.JPEG) {
            assertThat(facts.orientation()).isEqualTo(orientation);
        }
    }

    /** The eight pictures of a kind look alike once they are upright. */
    @Test
    void turnedPhotosBecomeUpright() throws IOException, Thumbnails.RefusedException {
        for (String kind : List.of("landscape", "portrait")) {
            for (int i = 1; i <= 8; i++) {
                byte[] bytes = Files.readAllBytes(
                        Objects.requireNonNull(folder()).resolve("jpg/orientation/" + kind + "_" + i + ".jpg"));
                byte[] jpeg = Thumbnails.make(
                                MediaSource.of(bytes),
                                MediaReaderTest.read(bytes),
                                new TreeSet<>(List.of(256)),
                                Thumbnails.Limits.DEFAULT)
                        .getOrDefault(256, new byte[0]);
                MediaFacts.Size size = MediaReaderTest.read(jpeg).size().orElseThrow();
                assertThat(size.width() > size.height()).isEqualTo(kind.equals("landscape"));
            }
        }
    }
}
