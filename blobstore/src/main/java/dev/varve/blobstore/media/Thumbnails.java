package dev.varve.blobstore.media;

import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.geom.AffineTransform;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Iterator;
import java.util.Map;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeMap;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageReadParam;
import javax.imageio.ImageReader;
import javax.imageio.ImageWriteParam;
import javax.imageio.ImageWriter;
import javax.imageio.event.IIOReadProgressListener;
import javax.imageio.stream.ImageInputStream;
import javax.imageio.stream.ImageInputStreamImpl;
import javax.imageio.stream.MemoryCacheImageOutputStream;

/**
 * Small upright JPEG pictures of JPEG, PNG and GIF pictures.
 *
 * <p>The number of pixels is checked from the header, before anything is decoded, and again by the decoder. While it is
 * decoded a picture is thinned out, so the memory needed is that of the thumbnail, not of the picture; only interlaced
 * and progressive ones need some bytes a pixel. Of a PNG the decoder sees nothing but the picture itself: texts and
 * profiles, which may unpack to anything, are left out.
 */
public final class Thumbnails {
    /**
     * What is taken on.
     *
     * @param pixels of the picture
     * @param bytes of its file
     * @param scans of a progressive JPEG, each of which costs a pass over all pixels
     */
    public record Limits(long pixels, long bytes, int scans, Duration time) {
        public static final Limits DEFAULT = new Limits(50_000_000, 256L << 20, 100, Duration.ofSeconds(30));
    }

    /** No thumbnails can be made, and will not be when tried again. */
    public static final class RefusedException extends Exception {
        private static final long serialVersionUID = 1L;

        RefusedException(String message) {
            super(message);
        }
    }

    private static final float QUALITY = 0.85f;

    private Thumbnails() {}

    /** Why no thumbnails are made of such a medium, as far as its facts tell; empty if they are tried. */
    public static Optional<String> refusal(MediaFacts facts, long bytes, Limits limits) {
        return switch (facts.type()) {
            case JPEG, PNG, GIF -> {
                if (facts.size().isEmpty()) {
                    yield Optional.of("its size is unknown");
                } else if (facts.size().get().pixels() > limits.pixels()) {
                    yield Optional.of("it has " + facts.size().get().pixels() + " pixels; at most " + limits.pixels()
                            + " are decoded");
                } else if (bytes > limits.bytes()) {
                    yield Optional.of("it has " + bytes + " bytes; at most " + limits.bytes() + " are decoded");
                }
                yield Optional.empty();
            }
            default -> Optional.of("there is no decoder for " + facts.type().mime());
        };
    }

    /**
     * JPEG files by the longest side asked for; smaller pictures are not enlarged.
     *
     * @param sides in pixels, not empty
     */
    public static Map<Integer, byte[]> make(
            MediaSource source, MediaFacts facts, SortedSet<Integer> sides, Limits limits) throws RefusedException {
        Optional<String> refusal = refusal(facts, source.length(), limits);
        if (refusal.isPresent()) {
            throw new RefusedException(refusal.get());
        }
        try {
            MediaSource picture = switch (facts.type()) {
                case PNG -> PngPicture.of(source);
                case JPEG -> {
                    checkScans(source, limits);
                    yield source;
                }
                default -> source;
            };
            Map<Integer, byte[]> made = new TreeMap<>();
            BufferedImage upright = turned(decoded(picture, facts, sides.last(), limits), facts.orientation());
            for (int side : sides.reversed()) {
                upright = scaled(upright, side);
                made.put(side, jpeg(upright));
            }
            return made;
        } catch (IOException | UnreadableException | RuntimeException e) {
            // Decoders report broken pictures by whatever exception they stumble over.
            throw new RefusedException("it cannot be decoded: " + e.getMessage());
        }
    }

    private static void checkScans(MediaSource source, Limits limits) throws RefusedException {
        byte[] block = new byte[(int) Math.min(64 << 10, source.length())];
        int scans = 0;
        int last = 0;
        for (long at = 0; at < source.length(); at += block.length) {
            int count = (int) Math.min(block.length, source.length() - at);
            source.read(at, ByteBuffer.wrap(block, 0, count));
            for (int i = 0; i < count; i++) {
                int now = block[i] & 0xFF;
                scans += last == 0xFF && now == 0xDA ? 1 : 0;
                last = now;
            }
        }
        if (scans > limits.scans()) {
            throw new RefusedException("it has " + scans + " scans; at most " + limits.scans() + " are decoded");
        }
    }

    private static BufferedImage decoded(MediaSource source, MediaFacts facts, int side, Limits limits)
            throws IOException, RefusedException {
        String format = facts.type().mime().substring("image/".length());
        Iterator<ImageReader> readers = ImageIO.getImageReadersByFormatName(format);
        if (!readers.hasNext()) {
            throw new RefusedException("there is no decoder for " + facts.type().mime());
        }
        ImageReader reader = readers.next();
        try (ImageInputStream in = new SourceStream(source)) {
            reader.setInput(in, true, true);
            int width = reader.getWidth(0);
            int height = reader.getHeight(0);
            if ((long) width * height > limits.pixels()) {
                throw new RefusedException("it has " + (long) width * height + " pixels");
            }
            // At least twice as many pixels as wanted are kept, for the smoothing that follows.
            int step = Math.max(1, Math.max(width, height) / (2 * side));
            ImageReadParam param = reader.getDefaultReadParam();
            param.setSourceSubsampling(step, step, 0, 0);
            Deadline deadline = new Deadline(reader, limits.time());
            reader.addIIOReadProgressListener(deadline);
            BufferedImage image = reader.read(0, param);
            if (deadline.isPassed) {
                throw new RefusedException("decoding took more than " + limits.time());
            }
            return image;
        } finally {
            reader.dispose();
        }
    }

    /** The picture without transparency, at most so large, by halves as long as possible. */
    private static BufferedImage scaled(BufferedImage source, int side) {
        BufferedImage image = source;
        while (true) {
            int longest = Math.max(image.getWidth(), image.getHeight());
            int next = longest > 2 * side ? Math.max(side, (longest + 1) / 2) : Math.min(longest, side);
            if (next == longest && image.getType() == BufferedImage.TYPE_INT_RGB) {
                return image;
            }
            int width = Math.max(1, (int) Math.round((double) image.getWidth() * next / longest));
            int height = Math.max(1, (int) Math.round((double) image.getHeight() * next / longest));
            image = drawn(
                    image,
                    width,
                    height,
                    AffineTransform.getScaleInstance(
                            (double) width / image.getWidth(), (double) height / image.getHeight()));
        }
    }

    private static BufferedImage turned(BufferedImage image, int orientation) {
        int w = image.getWidth();
        int h = image.getHeight();
        AffineTransform turn = switch (orientation) {
            case 2 -> new AffineTransform(-1, 0, 0, 1, w, 0);
            case 3 -> new AffineTransform(-1, 0, 0, -1, w, h);
            case 4 -> new AffineTransform(1, 0, 0, -1, 0, h);
            case 5 -> new AffineTransform(0, 1, 1, 0, 0, 0);
            case 6 -> new AffineTransform(0, 1, -1, 0, h, 0);
            case 7 -> new AffineTransform(0, -1, -1, 0, h, w);
            case 8 -> new AffineTransform(0, -1, 1, 0, 0, w);
            default -> new AffineTransform();
        };
        return orientation <= 1 ? image : drawn(image, orientation >= 5 ? h : w, orientation >= 5 ? w : h, turn);
    }

    private static BufferedImage drawn(BufferedImage image, int width, int height, AffineTransform transform) {
        BufferedImage target = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
        Graphics2D graphics = target.createGraphics();
        try {
            graphics.setColor(Color.WHITE);
            graphics.fillRect(0, 0, width, height);
            graphics.setRenderingHint(RenderingHints.KEY_INTERPOLATION, RenderingHints.VALUE_INTERPOLATION_BILINEAR);
            graphics.drawImage(image, transform, null);
        } finally {
            graphics.dispose();
        }
        return target;
    }

    private static byte[] jpeg(BufferedImage image) throws IOException {
        ImageWriter writer = ImageIO.getImageWritersByFormatName("jpeg").next();
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (MemoryCacheImageOutputStream out = new MemoryCacheImageOutputStream(bytes)) {
            writer.setOutput(out);
            ImageWriteParam param = writer.getDefaultWriteParam();
            param.setCompressionMode(ImageWriteParam.MODE_EXPLICIT);
            param.setCompressionQuality(QUALITY);
            writer.write(null, new IIOImage(image, null, null), param);
        } finally {
            writer.dispose();
        }
        return bytes.toByteArray();
    }

    /** Ends a decoding that takes too long; the reader calls it from time to time. */
    private static final class Deadline implements IIOReadProgressListener {
        private final ImageReader reader;
        private final long end;
        private boolean isPassed;

        Deadline(ImageReader reader, Duration time) {
            this.reader = reader;
            this.end = System.nanoTime() + time.toNanos();
        }

        private void check() {
            if (System.nanoTime() - end > 0) {
                isPassed = true;
                reader.abort();
            }
        }

        @Override
        public void imageProgress(ImageReader source, float percentageDone) {
            check();
        }

        @Override
        public void sequenceStarted(ImageReader source, int minIndex) {}

        @Override
        public void sequenceComplete(ImageReader source) {}

        @Override
        public void imageStarted(ImageReader source, int imageIndex) {}

        @Override
        public void imageComplete(ImageReader source) {}

        @Override
        public void thumbnailStarted(ImageReader source, int imageIndex, int thumbnailIndex) {}

        @Override
        public void thumbnailProgress(ImageReader source, float percentageDone) {}

        @Override
        public void thumbnailComplete(ImageReader source) {}

        @Override
        public void readAborted(ImageReader source) {}
    }

    /** A source as the decoders read it, with a small buffer for their single bytes. */
    private static final class SourceStream extends ImageInputStreamImpl {
        private static final int BUFFER_BYTES = 16 << 10;

        private final MediaSource source;
        private final byte[] buffer = new byte[BUFFER_BYTES];
        private long start;
        private int filled;

        SourceStream(MediaSource source) {
            this.source = source;
        }

        @Override
        public int read() {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
        }

        @Override
        public int read(byte[] target, int offset, int length) {
            bitOffset = 0;
            if (length == 0) {
                return 0;
            }
            if (streamPos >= source.length()) {
                return -1;
            }
            if (streamPos < start || streamPos >= start + filled) {
                filled = (int) Math.min(BUFFER_BYTES, source.length() - streamPos);
                source.read(streamPos, ByteBuffer.wrap(buffer, 0, filled));
                start = streamPos;
            }
            int from = (int) (streamPos - start);
            int count = Math.min(length, filled - from);
            System.arraycopy(buffer, from, target, offset, count);
            streamPos += count;
            return count;
        }

        @Override
        public long length() {
            return source.length();
        }
    }
}
