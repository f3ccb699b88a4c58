package dev.varve.blobstore.media;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.zip.CRC32;
import java.util.zip.Deflater;
import java.util.zip.GZIPOutputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/** Media that mean harm, by name; small to send, large or endless to believe. */
public final class HostileMedia {
    private static final byte[] PNG_HEAD = {(byte) 0x89, 'P', 'N', 'G', 13, 10, 26, 10};
    private static final int GRAY = 0;
    private static final int RGBA = 6;

    private HostileMedia() {}

    public static SortedMap<String, byte[]> all() {
        SortedMap<String, byte[]> all = new TreeMap<>();
        pictures(all);
        exif(all);
        movies(all);
        archives(all);
        return all;
    }

    private static void pictures(SortedMap<String, byte[]> all) {
        // All its pixels are there: a hundred megabytes of them in as many kilobytes.
        all.put("100-megapixels.png", png(10_000, 10_000, 8, GRAY, false, 10_001L * 10_000));
        // Below the limit of pixels, but each of eight bytes, and all at once.
        all.put("49-megapixels-interlaced.png", png(7_000, 7_000, 16, RGBA, true, 1 << 20));
        all.put("claims-4-gigapixels.png", png(65_535, 65_535, 8, GRAY, false, 1000));
        all.put("claims-more-pixels-than-int.png", png(Integer.MAX_VALUE, Integer.MAX_VALUE, 8, GRAY, false, 1000));
        all.put("claims-no-pixels.png", png(0, 0, 8, GRAY, false, 1000));
        all.put("unpacks-to-much.png", png(16, 16, 8, GRAY, false, 200L << 20));
        all.put("text-unpacks-to-much.png", MadeMedia.pngTextBomb(200 << 20));
        all.put("screen-is-small-picture-is-large.gif", gif(10, 10, 60_000, 60_000));
        all.put("screen-is-large-picture-is-small.gif", gif(65_535, 65_535, 1, 1));
        byte[] jpeg = MadeMedia.picture("jpg", 64, 48);
        all.put("lies-about-its-size.jpg", sized(jpeg, 65_000, 65_000));
        all.put("lies-below-the-limit.jpg", sized(jpeg, 7_000, 7_000));
        all.put("has-no-end.jpg", Arrays.copyOf(jpeg, jpeg.length / 2));
        all.put("many-scans.jpg", scans(jpeg, 5_000));
    }

    private static void exif(SortedMap<String, byte[]> all) {
        all.put("exif-points-at-itself.jpg", MadeMedia.jpeg(64, 48, MadeMedia.hostileExif()));
        byte[] absurd = ByteBuffer.allocate(200)
                .order(ByteOrder.LITTLE_ENDIAN)
                .put(new byte[] {'I', 'I', 42, 0})
                .putInt(8)
                .putShort((short) 0xFFFF)
                .putInt(0x0004_8769)
                .putInt(-1)
                .putInt(0x7FFF_FFFF)
                .putInt(0x0005_8825)
                .putInt(-1)
                .putInt(-8)
                .array();
        all.put("exif-counts-are-absurd.jpg", MadeMedia.jpeg(64, 48, absurd));
        ByteBuffer chain = ByteBuffer.allocate(60_000).order(ByteOrder.LITTLE_ENDIAN);
        chain.put(new byte[] {'I', 'I', 42, 0}).putInt(8);
        while (chain.remaining() >= 6) {
            // Directories without entries, each naming the next, the last the first.
            chain.putShort((short) 0).putInt(chain.remaining() >= 10 ? chain.position() + 4 : 8);
        }
        all.put("exif-directories-in-a-circle.jpg", MadeMedia.jpeg(64, 48, chain.array()));
        all.put("exif-directories-in-a-circle.tif", chain.array());
    }

    private static void movies(SortedMap<String, byte[]> all) {
        byte[] movie = MadeMedia.mp4(Instant.parse("2019-02-03T04:05:06Z"), 75, 1920, 1080, "");
        all.put("truncated.mp4", Arrays.copyOf(movie, 3000));
        byte[] head = Arrays.copyOf(movie, 24);
        all.put("box-of-4-gigabytes.mp4", joined(head, words(0xFFFF_FFFF, fourCc("moov"))));
        all.put("box-of-all-there-is.mp4", joined(head, words(1, fourCc("moov"), 0x7FFF_FFFF, 0xFFFF_FFFF)));
        all.put("box-of-negative-size.mp4", joined(head, words(1, fourCc("mdat"), 0xFFFF_FFFF, 0xFFFF_FF00)));
        all.put("box-smaller-than-its-head.mp4", joined(head, words(4, fourCc("moov"), 4, fourCc("trak"))));
        ByteBuffer nested = ByteBuffer.allocate(80_000);
        while (nested.hasRemaining()) {
            nested.putInt(nested.remaining()).putInt(fourCc(nested.position() < 10 ? "moov" : "trak"));
        }
        all.put("boxes-in-boxes.mp4", joined(head, nested.array()));
        ByteBuffer many = ByteBuffer.allocate(800_000);
        while (many.hasRemaining()) {
            many.putInt(8).putInt(fourCc("free"));
        }
        all.put("many-boxes.mp4", joined(head, many.array()));
    }

    private static void archives(SortedMap<String, byte[]> all) {
        byte[] gzip = gzip(new byte[50 << 20]);
        all.put("unpacks-to-much.gpx", zip("track.gpx", new byte[50 << 20]));
        all.put("zip-in-zip-in-zip.gpx", zip("a.zip", zip("b.zip", zip("c.gpx", new byte[50 << 20]))));
        all.put("gzip.gpx", gzip);
        all.put("gzip-in-gzip.gpx", gzip(gzip(gzip)));
        all.put("laughs.gpx", MadeMedia.billionLaughs());
        all.put("deep.gpx", ("<gpx>" + "<trk>".repeat(200_000)).getBytes(StandardCharsets.US_ASCII));
        all.put(
                "one-long-name.gpx",
                ("<gpx><trk><trkseg><" + "n".repeat(5 << 20) + "/>").getBytes(StandardCharsets.US_ASCII));
    }

    /** A PNG whose pixels unpack to so many bytes, all zero. */
    private static byte[] png(int width, int height, int depth, int color, boolean isInterlaced, long unpackedBytes) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes(PNG_HEAD);
        ByteBuffer header = ByteBuffer.allocate(13).putInt(width).putInt(height);
        header.put((byte) depth).put((byte) color).put((byte) 0).put((byte) 0).put((byte) (isInterlaced ? 1 : 0));
        chunk(out, "IHDR", header.array());
        chunk(out, "IDAT", zeros(unpackedBytes));
        chunk(out, "IEND", new byte[0]);
        return out.toByteArray();
    }

    private static byte[] zeros(long count) {
        Deflater deflater = new Deflater(Deflater.BEST_SPEED);
        byte[] block = new byte[1 << 20];
        byte[] packed = new byte[1 << 16];
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (long left = count; left > 0; left -= block.length) {
            deflater.setInput(block, 0, (int) Math.min(left, block.length));
            if (left <= block.length) {
                deflater.finish();
            }
            while (!deflater.needsInput() || (left <= block.length && !deflater.finished())) {
                out.write(packed, 0, deflater.deflate(packed));
            }
        }
        deflater.end();
        return out.toByteArray();
    }

    private static void chunk(ByteArrayOutputStream out, String type, byte[] body) {
        ByteBuffer chunk = ByteBuffer.allocate(12 + body.length).putInt(body.length);
        chunk.put(type.getBytes(StandardCharsets.ISO_8859_1)).put(body);
        CRC32 crc = new CRC32();
        crc.update(chunk.array(), 4, 4 + body.length);
        out.writeBytes(chunk.putInt((int) crc.getValue()).array());
    }

    private static byte[] gif(int screenWidth, int screenHeight, int width, int height) {
        return ByteBuffer.allocate(40)
                .order(ByteOrder.LITTLE_ENDIAN)
                .put("GIF89a".getBytes(StandardCharsets.US_ASCII))
                .putShort((short) screenWidth)
                .putShort((short) screenHeight)
                .put(new byte[] {(byte) 0x80, 0, 0, 0, 0, 0, (byte) 255, (byte) 255, (byte) 255, ','})
                .putInt(0)
                .putShort((short) width)
                .putShort((short) height)
                .put(new byte[] {0, 2, 2, 'D', 1, 0, ';'})
                .array();
    }

    /** The JPEG with other numbers in its header. */
    private static byte[] sized(byte[] jpeg, int width, int height) {
        byte[] changed = jpeg.clone();
        for (int i = 2; i < changed.length - 8; i++) {
            if ((changed[i] & 0xFF) == 0xFF && (changed[i + 1] & 0xFF) == 0xC0) {
                ByteBuffer.wrap(changed).putShort(i + 5, (short) height).putShort(i + 7, (short) width);
                return changed;
            }
        }
        throw new IllegalStateException("no frame header");
    }

    private static byte[] scans(byte[] jpeg, int count) {
        byte[] scan = {(byte) 0xFF, (byte) 0xDA, 0, 8, 1, 1, 0, 0, 63, 0};
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.write(jpeg, 0, jpeg.length - 2);
        for (int i = 0; i < count; i++) {
            out.writeBytes(scan);
        }
        return out.toByteArray();
    }

    private static byte[] zip(String name, byte[] content) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ZipOutputStream out = new ZipOutputStream(bytes)) {
            out.putNextEntry(new ZipEntry(name));
            out.write(content);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    public static byte[] gzip(byte[] content) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (GZIPOutputStream out = new GZIPOutputStream(bytes)) {
            out.write(content);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    private static int fourCc(String text) {
        return ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII)).getInt();
    }

    private static byte[] words(int... words) {
        ByteBuffer bytes = ByteBuffer.allocate(words.length * 4);
        for (int word : words) {
            bytes.putInt(word);
        }
        return bytes.array();
    }

    private static byte[] joined(byte[] first, byte[] second) {
        return ByteBuffer.allocate(first.length + second.length)
                .put(first)
                .put(second)
                .array();
    }
}
