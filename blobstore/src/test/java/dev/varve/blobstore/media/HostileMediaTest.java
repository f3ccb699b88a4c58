package dev.varve.blobstore.media;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Media that mean harm, read in this process and decoded in another one. */
@Timeout(120)
class HostileMediaTest {
    private static final SortedSet<Integer> SIDES = new TreeSet<>(Set.of(256, 1024));
    private static final long HEAP = 96L << 20;

    private static SortedMap<String, byte[]> all;

    @BeforeAll
    static void make() {
        all = HostileMedia.all();
    }

    @AfterAll
    static void forget() {
        all = new TreeMap<>();
    }

    /** What became of it. */
    private static String outcome(ThumbnailProcess process, byte[] bytes) {
        try {
            process.make(MediaSource.of(bytes), MediaReaderTest.read(bytes), SIDES);
            return "made";
        } catch (Thumbnails.RefusedException e) {
            return String.valueOf(e.getMessage());
        }
    }

    @Test
    void noneTakesMemoryFromTheReader() {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        all.forEach((name, bytes) -> {
            long before = threads.getCurrentThreadAllocatedBytes();
            MediaFacts facts = MediaReaderTest.read(bytes);
            assertThat(threads.getCurrentThreadAllocatedBytes() - before)
                    .as(name + " " + facts)
                    .isLessThan(40L << 20);
        });
        assertThat(MediaReaderTest.read(Objects.requireNonNull(all.get("truncated.mp4")))
                        .notes())
                .isNotEmpty();
        assertThat(MediaReaderTest.read(Objects.requireNonNull(all.get("100-megapixels.png")))
                        .size())
                .contains(new MediaFacts.Size(10_000, 10_000));
    }

    @Test
    void eachHasThumbnailsOrAReason() throws Exception {
        Map<String, String> outcomes = new TreeMap<>();
        try (ThumbnailProcess process = new ThumbnailProcess(Thumbnails.Limits.DEFAULT, HEAP)) {
            all.forEach((name, bytes) -> outcomes.put(name, outcome(process, bytes)));
            assertThat(process.make(
                            MediaSource.of(MadeMedia.picture("png", 640, 400)),
                            MediaReaderTest.read(MadeMedia.picture("png", 640, 400)),
                            SIDES))
                    .containsOnlyKeys(256, 1024);
        }
        assertThat(outcomes).containsEntry("unpacks-to-much.png", "made");
        assertThat(outcomes.get("100-megapixels.png")).contains("100000000 pixels");
        assertThat(outcomes.get("screen-is-small-picture-is-large.gif")).contains("3600000000 pixels");
        assertThat(outcomes.get("many-scans.jpg")).contains("scans");
        assertThat(outcomes.get("unpacks-to-much.gpx")).contains("no decoder");
    }

    /** A picture that the limits let pass, but the process has no memory for: it ends, and the next one is made. */
    @Test
    void aPictureThatNeedsTooMuchMemoryEndsOnlyTheProcess() throws Exception {
        byte[] large = MadeMedia.picture("png", 4_000, 4_000);
        byte[] small = MadeMedia.picture("png", 64, 48);
        try (ThumbnailProcess process = new ThumbnailProcess(Thumbnails.Limits.DEFAULT, 24 << 20)) {
            for (int round = 0; round < 2; round++) {
                assertThat(outcome(process, large)).isEqualTo("decoding needs too much memory");
                assertThat(outcome(process, small)).isEqualTo("made");
            }
        }
    }

    /** The source is a client's disk that takes for ever. */
    @Test
    void aProcessThatTakesTooLongIsKilled() throws Exception {
        byte[] picture = MadeMedia.picture("png", 64, 48);
        MediaFacts facts = MediaReaderTest.read(picture);
        MediaSource slow = new MediaSource() {
            @Override
            public long length() {
                return picture.length;
            }

            @Override
            public void read(long offset, java.nio.ByteBuffer target) {
                try {
                    TimeUnit.SECONDS.sleep(4);
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
                target.put(picture, (int) offset, target.remaining());
            }
        };
        Thumbnails.Limits hurried = new Thumbnails.Limits(1 << 20, 1 << 20, 10, Duration.ofMillis(500));
        try (ThumbnailProcess process = new ThumbnailProcess(hurried, HEAP)) {
            assertThat(outcome(process, picture)).isEqualTo("made");
            assertThatThrownBy(() -> process.make(slow, facts, SIDES))
                    .isInstanceOf(Thumbnails.RefusedException.class)
                    .hasMessageContaining("in time");
            assertThat(outcome(process, picture)).isEqualTo("made");
        }
    }

    @Test
    void aSourceThatFailsIsNotThePicturesFault() throws Exception {
        byte[] picture = MadeMedia.picture("png", 64, 48);
        MediaFacts facts = MediaReaderTest.read(picture);
        MediaSource failing = new MediaSource() {
            @Override
            public long length() {
                return picture.length;
            }

            @Override
            public void read(long offset, java.nio.ByteBuffer target) {
                throw new IllegalArgumentException("the disk is gone");
            }
        };
        try (ThumbnailProcess process = new ThumbnailProcess(Thumbnails.Limits.DEFAULT, HEAP)) {
            assertThatThrownBy(() -> process.make(failing, facts, SIDES)).hasMessageContaining("the disk is gone");
            assertThat(outcome(process, picture)).isEqualTo("made");
            process.rest();
            assertThat(outcome(process, picture)).isEqualTo("made");
        }
    }

    /** Pictures broken anywhere: one process decodes or refuses them all. */
    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = 1)
    void brokenPicturesDoNoHarm(long given) throws Exception {
        Random random = new Random(Long.getLong("varve.seed", given));
        byte[][] files = {
            MadeMedia.picture("jpg", 320, 240), MadeMedia.picture("png", 320, 240), MadeMedia.picture("gif", 320, 240)
        };
        try (ThumbnailProcess process = new ThumbnailProcess(Thumbnails.Limits.DEFAULT, HEAP)) {
            for (int round = 0; round < 200; round++) {
                byte[] broken = files[round % files.length].clone();
                for (int i = 1 + random.nextInt(8); i > 0; i--) {
                    broken[random.nextInt(broken.length)] = (byte) random.nextInt(256);
                }
                assertThat(outcome(process, broken)).isNotEmpty();
            }
            assertThat(outcome(process, files[0])).isEqualTo("made");
        }
    }
}
