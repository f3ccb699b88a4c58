package dev.varve.blobstore.media;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class MediaReaderTest {
    private static final long SEED = Long.getLong("varve.seed", 20_251);

    static MediaFacts read(byte[] bytes) {
        return MediaReader.read(MediaSource.of(bytes), MediaLimits.DEFAULT);
    }

    @Test
    void aPictureTellsItsSizeTimePlaceAndTurn() {
        byte[] exif = MadeMedia.exif("2021:07:10 20:32:43", "+02:00", -33.8568, 151.2153, 6);
        for (byte[] bytes : new byte[][] {MadeMedia.jpeg(320, 200, exif), MadeMedia.webp(320, 200, exif)}) {
            MediaFacts facts = read(bytes);
            assertThat(facts.size()).contains(new MediaFacts.Size(320, 200));
            assertThat(facts.orientation()).isEqualTo(6);
            assertThat(facts.place().orElseThrow().lat()).isCloseTo(-33.8568, within(1e-6));
            assertThat(facts.place().orElseThrow().lon()).isCloseTo(151.2153, within(1e-6));
            assertThat(facts.taken().orElseThrow().instant(ZoneOffset.UTC))
                    .isEqualTo(Instant.parse("2021-07-10T18:32:43Z"));
            assertThat(facts.attributes()).containsEntry("make", "Made");
            assertThat(facts.notes()).isEmpty();
        }
    }

    @Test
    void aClockWithoutOffsetShowsTheTimeOfTheZoneAssumed() {
        MediaFacts facts = read(MadeMedia.jpeg(10, 10, MadeMedia.exif("2021:07:10 20:32:43", "", 1, 1, 1)));
        MediaFacts.Taken taken = facts.taken().orElseThrow();
        assertThat(taken.offset()).isEmpty();
        assertThat(taken.local()).isEqualTo(LocalDateTime.parse("2021-07-10T20:32:43"));
        assertThat(taken.instant(ZoneId.of("America/New_York"))).isEqualTo(Instant.parse("2021-07-11T00:32:43Z"));
    }

    @Test
    void typesAreToldFromBytesAlone() {
        Map<MediaType, byte[]> made = Map.of(
                MediaType.JPEG, MadeMedia.picture("jpg", 8, 8),
                MediaType.PNG, MadeMedia.picture("png", 8, 8),
                MediaType.GIF, MadeMedia.picture("gif", 8, 8),
                MediaType.BMP, MadeMedia.picture("bmp", 8, 8),
                MediaType.WAV, MadeMedia.wav(1),
                MediaType.MP3, MadeMedia.mp3(3),
                MediaType.MP4, MadeMedia.mp4(Instant.EPOCH, 1, 2, 2, ""),
                MediaType.GPX, MadeMedia.gpx(Instant.EPOCH, 2, 0, 0, 1),
                MediaType.TEXT, "Grüezi\n".getBytes(java.nio.charset.StandardCharsets.UTF_8),
                MediaType.UNKNOWN, new byte[] {0, 1, 2, 3});
        made.forEach((type, bytes) -> assertThat(read(bytes).type()).isEqualTo(type));
        for (String format : new String[] {"jpg", "png", "gif", "bmp"}) {
            assertThat(read(MadeMedia.picture(format, 31, 17)).size()).contains(new MediaFacts.Size(31, 17));
        }
        assertThat(read(new byte[0]).type()).isEqualTo(MediaType.UNKNOWN);
    }

    @Test
    void aVideoTellsItsLengthTimePlaceAndSize() {
        MediaFacts facts = read(
                MadeMedia.mp4(Instant.parse("2019-02-03T04:05:06Z"), 75, 1920, 1080, "+46.9480+007.4474+540.000/"));
        assertThat(facts.type()).isEqualTo(MediaType.MP4);
        assertThat(facts.duration()).contains(Duration.ofSeconds(75));
        assertThat(facts.size()).contains(new MediaFacts.Size(1920, 1080));
        assertThat(facts.taken().orElseThrow().instant(ZoneOffset.UTC))
                .isEqualTo(Instant.parse("2019-02-03T04:05:06Z"));
        assertThat(facts.place().orElseThrow().lat()).isEqualTo(46.948);
        assertThat(facts.place().orElseThrow().lon()).isEqualTo(7.4474);
        assertThat(facts.place().orElseThrow().altitude()).contains(540.0);
    }

    @Test
    void soundsTellTheirLength() {
        assertThat(read(MadeMedia.wav(7)).duration()).contains(Duration.ofSeconds(7));
        // 100 frames of 1,152 samples at 44.1 kHz
        MediaFacts mp3 = read(MadeMedia.mp3(100));
        assertThat(mp3.duration().orElseThrow().toMillis()).isCloseTo(2612, within(10L));
        assertThat(mp3.attributes()).containsEntry("title", "Dawn chorus");
    }

    @Test
    void aTruncatedVideoIsNotedNotFatal() {
        byte[] whole = MadeMedia.mp4(Instant.parse("2019-02-03T04:05:06Z"), 75, 1920, 1080, "");
        MediaFacts facts = read(Arrays.copyOf(whole, 3000));
        assertThat(facts.type()).isEqualTo(MediaType.MP4);
        assertThat(facts.duration()).isEmpty();
        assertThat(facts.notes()).anyMatch(note -> note.contains("truncated: box 'mdat'"));
        assertThat(facts.notes()).anyMatch(note -> note.contains("no movie header"));
    }

    @Test
    void hostileExifIsReadWithinBounds() {
        AtomicLong bytesRead = new AtomicLong();
        byte[] bytes = MadeMedia.jpeg(64, 64, MadeMedia.hostileExif());
        MediaSource counted = new MediaSource() {
            @Override
            public long length() {
                return bytes.length;
            }

            @Override
            public void read(long offset, ByteBuffer target) {
                bytesRead.addAndGet(target.remaining());
                target.put(bytes, (int) offset, target.remaining());
            }
        };
        MediaFacts facts = MediaReader.read(counted, MediaLimits.DEFAULT);
        assertThat(facts.size()).contains(new MediaFacts.Size(64, 64));
        assertThat(bytesRead.get()).isLessThan(1 << 20);
    }

    @Test
    void entitiesOfATrackAreNotExpanded() {
        MediaFacts facts = read(MadeMedia.billionLaughs());
        assertThat(facts.place()).isEmpty();
    }

    static Stream<Long> seeds() {
        return IntStream.range(0, 40).mapToObj(i -> SEED + i);
    }

    /** Whatever the bytes are, reading ends, and a file that is hardly changed keeps its type. */
    @ParameterizedTest(name = "seed {0}")
    @MethodSource("seeds")
    void brokenFilesDoNoHarm(long seed) {
        Random random = new Random(seed);
        byte[][] files = {
            MadeMedia.jpeg(64, 48, MadeMedia.exif("2021:07:10 20:32:43", "+02:00", 1, 2, 3)),
            MadeMedia.picture("png", 64, 48),
            MadeMedia.picture("gif", 64, 48),
            MadeMedia.webp(64, 48, MadeMedia.exif("2021:07:10 20:32:43", "+02:00", 1, 2, 3)),
            MadeMedia.mp4(Instant.parse("2019-02-03T04:05:06Z"), 75, 1920, 1080, "+46.9480+007.4474/"),
            MadeMedia.wav(1),
            MadeMedia.mp3(20),
            MadeMedia.gpx(Instant.EPOCH, 20, 1, 2, 0.1)
        };
        for (byte[] file : files) {
            for (int round = 0; round < 20; round++) {
                byte[] broken = Arrays.copyOf(file, random.nextInt(8) == 0 ? random.nextInt(file.length) : file.length);
                for (int i = random.nextInt(12); i > 0 && broken.length > 0; i--) {
                    int at = random.nextBoolean()
                            ? random.nextInt(broken.length)
                            : random.nextInt(Math.min(200, broken.length));
                    broken[at] = (byte) (random.nextBoolean() ? random.nextInt(256) : 0xFF);
                }
                MediaFacts facts = read(broken);
                facts.place()
                        .ifPresent(place -> assertThat(Math.abs(place.lat())).isLessThanOrEqualTo(90));
            }
        }
    }
}
