package dev.varve.blobstore.media;

import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32;
import java.util.zip.Deflater;
import javax.imageio.ImageIO;

/** Media files made for tests, byte by byte where no writer is at hand. */
public final class MadeMedia {
    private MadeMedia() {}

    /** A picture whose left half is red and right half blue, so that turns show. */
    public static byte[] picture(String format, int width, int height) {
        BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
        Graphics2D graphics = image.createGraphics();
        graphics.setColor(Color.RED);
        graphics.fillRect(0, 0, width / 2, height);
        graphics.setColor(Color.BLUE);
        graphics.fillRect(width / 2, 0, width - width / 2, height);
        graphics.dispose();
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try {
            ImageIO.write(image, format, bytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    /** A JPEG with EXIF right behind its first marker. */
    public static byte[] jpeg(int width, int height, byte[] exif) {
        byte[] plain = picture("jpg", width, height);
        ByteBuffer whole = ByteBuffer.allocate(plain.length + exif.length + 10);
        whole.put(plain, 0, 2).putShort((short) 0xFFE1).putShort((short) (exif.length + 8));
        whole.put("Exif\0\0".getBytes(StandardCharsets.ISO_8859_1)).put(exif);
        return whole.put(plain, 2, plain.length - 2).array();
    }

    /** EXIF with a time such as {@code 2021:07:10 20:32:43}, a place and an orientation. */
    public static byte[] exif(String time, String offset, double lat, double lon, int orientation) {
        ByteBuffer b = ByteBuffer.allocate(2000).order(ByteOrder.LITTLE_ENDIAN);
        b.put((byte) 'I').put((byte) 'I').putShort((short) 42).putInt(8);
        int exifAt = 100;
        int gpsAt = 200;
        b.putShort((short) 4);
        entry(b, 0x10F, 2, 5, 400);
        entry(b, 0x112, 3, 1, orientation);
        entry(b, 0x8769, 4, 1, exifAt);
        entry(b, 0x8825, 4, 1, gpsAt);
        b.position(exifAt).putShort((short) 2);
        entry(b, 0x9003, 2, 20, 420);
        entry(b, 0x9011, 2, 7, 450);
        b.position(gpsAt).putShort((short) 4);
        entry(b, 1, 2, 2, lat < 0 ? 'S' : 'N');
        entry(b, 2, 5, 3, 500);
        entry(b, 3, 2, 2, lon < 0 ? 'W' : 'E');
        entry(b, 4, 5, 3, 530);
        b.position(400).put("Made\0".getBytes(StandardCharsets.ISO_8859_1));
        b.position(420).put((time + "\0").getBytes(StandardCharsets.ISO_8859_1));
        b.position(450).put((offset + "\0").getBytes(StandardCharsets.ISO_8859_1));
        b.position(500);
        degrees(b, Math.abs(lat));
        b.position(530);
        degrees(b, Math.abs(lon));
        b.position(560).flip();
        byte[] bytes = new byte[b.remaining()];
        b.get(bytes);
        return bytes;
    }

    private static void entry(ByteBuffer b, int tag, int type, int count, int value) {
        b.putShort((short) tag).putShort((short) type).putInt(count).putInt(value);
    }

    private static void degrees(ByteBuffer b, double degrees) {
        long whole = (long) degrees;
        double minutes = (degrees - whole) * 60;
        long wholeMinutes = (long) minutes;
        b.putInt((int) whole).putInt(1).putInt((int) wholeMinutes).putInt(1);
        b.putInt((int) Math.round((minutes - wholeMinutes) * 60 * 1_000_000)).putInt(1_000_000);
    }

    /** EXIF that points a thousand times at the same 50 kB and at itself. */
    public static byte[] hostileExif() {
        int entries = 1000;
        int region = 50_000;
        ByteBuffer b = ByteBuffer.allocate(14 + entries * 12 + region).order(ByteOrder.LITTLE_ENDIAN);
        b.put((byte) 'I').put((byte) 'I').putShort((short) 42).putInt(8).putShort((short) entries);
        entry(b, 0x8769, 4, 1, 8);
        entry(b, 0x8825, 4, 1, 8);
        for (int i = 2; i < entries; i++) {
            entry(b, 0x9000 + i, 5, region / 8, 14 + entries * 12);
        }
        return b.array();
    }

    /** A PNG header that claims so many pixels, and hardly a byte of them. */
    public static byte[] pngBomb(int width, int height) {
        return png(width, height, new byte[100], List.of());
    }

    /** A good PNG with a text that unpacks to so many bytes. */
    public static byte[] pngTextBomb(int unpackedBytes) {
        byte[] rows = new byte[16 * 17];
        byte[] text = deflated(new byte[unpackedBytes]);
        ByteBuffer chunk = ByteBuffer.allocate(text.length + 6);
        chunk.put("bomb\0\0".getBytes(StandardCharsets.ISO_8859_1)).put(text);
        return png(16, 16, rows, List.of(chunk.array()));
    }

    /** A palette picture; decoders read all chunks of those. */
    private static byte[] png(int width, int height, byte[] rows, List<byte[]> texts) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        bytes.writeBytes(new byte[] {(byte) 0x89, 'P', 'N', 'G', 13, 10, 26, 10});
        ByteBuffer header = ByteBuffer.allocate(13).putInt(width).putInt(height);
        header.put((byte) 8).put((byte) 3);
        chunk(bytes, "IHDR", header.array());
        texts.forEach(text -> chunk(bytes, "zTXt", text));
        chunk(bytes, "PLTE", new byte[] {(byte) 255, 0, 0, 0, 0, (byte) 255});
        chunk(bytes, "IDAT", deflated(rows));
        chunk(bytes, "IEND", new byte[0]);
        return bytes.toByteArray();
    }

    private static byte[] deflated(byte[] bytes) {
        Deflater deflater = new Deflater(9);
        deflater.setInput(bytes);
        deflater.finish();
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        byte[] buffer = new byte[8192];
        while (!deflater.finished()) {
            packed.write(buffer, 0, deflater.deflate(buffer));
        }
        deflater.end();
        return packed.toByteArray();
    }

    private static void chunk(ByteArrayOutputStream out, String type, byte[] body) {
        ByteBuffer chunk = ByteBuffer.allocate(12 + body.length).putInt(body.length);
        chunk.put(type.getBytes(StandardCharsets.ISO_8859_1)).put(body);
        CRC32 crc = new CRC32();
        crc.update(chunk.array(), 4, 4 + body.length);
        out.writeBytes(chunk.putInt((int) crc.getValue()).array());
    }

    /** An MP4 with its movie header behind the pictures, as cameras write it. */
    public static byte[] mp4(Instant created, int seconds, int width, int height, String iso6709) {
        byte[] mvhd = ByteBuffer.allocate(100)
                .putInt(0)
                .putInt((int) (created.getEpochSecond() + 2_082_844_800L))
                .putInt(0)
                .putInt(1000)
                .putInt(seconds * 1000)
                .array();
        ByteBuffer tkhd = ByteBuffer.allocate(84);
        tkhd.putInt(40, 1 << 16).putInt(56, 1 << 16).putInt(76, width << 16).putInt(80, height << 16);
        byte[] place = iso6709.getBytes(StandardCharsets.ISO_8859_1);
        byte[] xyz = ByteBuffer.allocate(4 + place.length)
                .putShort((short) place.length)
                .putShort((short) 0x15C7)
                .put(place)
                .array();
        return joined(
                box("ftyp", "isom\0\0\0\1isommp42".getBytes(StandardCharsets.ISO_8859_1)),
                box("mdat", new byte[5000]),
                box(
                        "moov",
                        joined(
                                box("mvhd", mvhd),
                                box("trak", box("tkhd", tkhd.array())),
                                box("udta", box("\u00A9xyz", xyz)))));
    }

    private static byte[] box(String type, byte[] body) {
        return ByteBuffer.allocate(8 + body.length)
                .putInt(8 + body.length)
                .put(type.getBytes(StandardCharsets.ISO_8859_1))
                .put(body)
                .array();
    }

    private static byte[] joined(byte[]... parts) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            out.writeBytes(part);
        }
        return out.toByteArray();
    }

    /** Silence of 8 kHz, one channel, one byte a sample. */
    public static byte[] wav(int seconds) {
        int data = 8000 * seconds;
        ByteBuffer b = ByteBuffer.allocate(44 + data).order(ByteOrder.LITTLE_ENDIAN);
        b.put(ascii("RIFF")).putInt(36 + data).put(ascii("WAVEfmt ")).putInt(16);
        b.putShort((short) 1)
                .putShort((short) 1)
                .putInt(8000)
                .putInt(8000)
                .putShort((short) 1)
                .putShort((short) 8);
        return b.put(ascii("data")).putInt(data).array();
    }

    /** Frames of 128 kbit/s and 44.1 kHz, 1,152 samples each, behind a tag. */
    public static byte[] mp3(int frames) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        byte[] title = ascii("\0Dawn chorus");
        out.writeBytes(ByteBuffer.allocate(10)
                .put(ascii("ID3"))
                .put((byte) 3)
                .put((byte) 0)
                .put((byte) 0)
                .putInt(10 + title.length)
                .array());
        out.writeBytes(ByteBuffer.allocate(10 + title.length)
                .put(ascii("TIT2"))
                .putInt(title.length)
                .putShort((short) 0)
                .put(title)
                .array());
        for (int i = 0; i < frames; i++) {
            out.writeBytes(ByteBuffer.allocate(417).putInt(0xFFFB9000).array());
        }
        return out.toByteArray();
    }

    /** An extended WebP that holds nothing but its size and EXIF. */
    public static byte[] webp(int width, int height, byte[] exif) {
        ByteBuffer b = ByteBuffer.allocate(38 + exif.length + (exif.length & 1)).order(ByteOrder.LITTLE_ENDIAN);
        b.put(ascii("RIFF")).putInt(b.capacity() - 8).put(ascii("WEBPVP8X")).putInt(10);
        b.put((byte) 8).put(new byte[3]).putShort((short) (width - 1)).put((byte) 0);
        b.putShort((short) (height - 1)).put((byte) 0);
        return b.put(ascii("EXIF")).putInt(exif.length).put(exif).array();
    }

    /** A GPX track with one point a minute, one step of degrees apart. */
    public static byte[] gpx(Instant first, int points, double lat, double lon, double step) {
        StringBuilder xml = new StringBuilder("<?xml version=\"1.0\"?>\n<gpx version=\"1.1\"><trk><trkseg>\n");
        for (int i = 0; i < points; i++) {
            xml.append("<trkpt lat=\"")
                    .append(lat + i * step)
                    .append("\" lon=\"")
                    .append(lon + i * step);
            xml.append("\"><ele>3</ele><time>")
                    .append(first.plusSeconds(60L * i))
                    .append("</time></trkpt>\n");
        }
        return xml.append("</trkseg></trk></gpx>").toString().getBytes(StandardCharsets.UTF_8);
    }

    /** XML whose entities grow without end. */
    public static byte[] billionLaughs() {
        List<String> lines = new ArrayList<>(List.of("<?xml version=\"1.0\"?><!DOCTYPE gpx [<!ENTITY a0 \"ha\">"));
        for (int i = 1; i < 40; i++) {
            lines.add("<!ENTITY a" + i + " \"&a" + (i - 1) + ";&a" + (i - 1) + ";\">");
        }
        lines.add("]><gpx><trk><trkseg><trkpt lat=\"1\" lon=\"1\"><time>&a39;</time></trkpt></trkseg></trk></gpx>");
        return String.join("\n", lines).getBytes(StandardCharsets.UTF_8);
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }
}
