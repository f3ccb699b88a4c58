package dev.varve.blobstore.media;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeSet;
import javax.imageio.ImageIO;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ThumbnailsTest {
    private static Map<Integer, byte[]> make(byte[] bytes) throws Thumbnails.RefusedException {
        return Thumbnails.make(
                MediaSource.of(bytes),
                MediaReaderTest.read(bytes),
                new TreeSet<>(List.of(64, 256)),
                Thumbnails.Limits.DEFAULT);
    }

    private static BufferedImage image(byte @Nullable [] jpeg) throws IOException {
        return ImageIO.read(new ByteArrayInputStream(Objects.requireNonNull(jpeg)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"jpg", "png", "gif"})
    void theLongestSideIsTheOneAskedFor(String format) throws Exception {
        Map<Integer, byte[]> made = make(MadeMedia.picture(format, 1600, 900));
        assertThat(made.keySet()).containsExactly(64, 256);
        assertThat(image(made.get(256)).getWidth()).isEqualTo(256);
        assertThat(image(made.get(256)).getHeight()).isEqualTo(144);
        assertThat(image(made.get(64)).getHeight()).isEqualTo(36);
        assertThat(image(made.get(64)).getRGB(5, 20) & 0xFF0000).isGreaterThan(0xC00000);
        assertThat(image(made.get(64)).getRGB(58, 20) & 0xFF).isGreaterThan(0xC0);
    }

    @Test
    void smallPicturesAreNotEnlarged() throws Exception {
        BufferedImage small = image(make(MadeMedia.picture("png", 40, 30)).get(256));
        assertThat(small.getWidth()).isEqualTo(40);
    }

    /** Where the red half, stored left, lies after the turn: x and y of a point in it, of 10 by 10. */
    @ParameterizedTest
    @CsvSource({"1, 1, 5", "2, 8, 5", "3, 8, 5", "4, 1, 5", "5, 5, 1", "6, 5, 1", "7, 5, 8", "8, 5, 8"})
    void theOrientationIsApplied(int orientation, int x, int y) throws Exception {
        byte[] exif = MadeMedia.exif("2021:07:10 20:32:43", "", 1, 1, orientation);
        BufferedImage upright = image(make(MadeMedia.jpeg(400, 200, exif)).get(64));
        assertThat(upright.getWidth() > upright.getHeight()).isEqualTo(orientation < 5);
        int rgb = upright.getRGB(x * upright.getWidth() / 10, y * upright.getHeight() / 10);
        assertThat(rgb >> 16 & 0xFF).isGreaterThan(0xC0);
        assertThat(rgb & 0xFF).isLessThan(0x40);
    }

    @Test
    void aPictureOfTooManyPixelsIsRefusedUnseen() {
        assertThatThrownBy(() -> make(MadeMedia.pngBomb(20_000, 20_000)))
                .isInstanceOf(Thumbnails.RefusedException.class)
                .hasMessageContaining("400000000 pixels");
    }

    @Test
    void textsThatUnpackToMuchAreNotUnpacked() throws Exception {
        byte[] bomb = MadeMedia.pngTextBomb(200 << 20);
        long before = allocated();
        assertThat(image(make(bomb).get(64)).getWidth()).isEqualTo(16);
        assertThat(allocated() - before).isLessThan(100L << 20);
    }

    private static long allocated() {
        return ((com.sun.management.ThreadMXBean) java.lang.management.ManagementFactory.getThreadMXBean())
                .getCurrentThreadAllocatedBytes();
    }

    @Test
    void aBrokenPictureIsRefused() {
        byte[] picture = MadeMedia.picture("png", 300, 300);
        assertThatThrownBy(() -> make(java.util.Arrays.copyOf(picture, 200)))
                .isInstanceOf(Thumbnails.RefusedException.class)
                .hasMessageContaining("cannot be decoded");
    }

    @Test
    void decodingEndsAfterItsTime() {
        byte[] picture = MadeMedia.picture("jpg", 3000, 2000);
        assertThatThrownBy(() -> Thumbnails.make(
                        MediaSource.of(picture),
                        MediaReaderTest.read(picture),
                        new TreeSet<>(List.of(64)),
                        new Thumbnails.Limits(50_000_000, 1 << 30, 100, Duration.ofNanos(1))))
                .isInstanceOf(Thumbnails.RefusedException.class)
                .hasMessageContaining("took more than");
    }
}
