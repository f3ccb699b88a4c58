package dev.varve.blobstore.media;

import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.LocalDateTime;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** MPEG audio of layers I to III behind an ID3v2 tag: length by the Xing or VBRI header, else by the bit rate. */
final class Mp3 {
    private static final int[] V1_L1 = {0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448};
    private static final int[] V1_L2 = {0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384};
    private static final int[] V1_L3 = {0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320};
    private static final int[] V2_L1 = {0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256};
    private static final int[] V2_L23 = {0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160};
    private static final int[] RATES = {44_100, 48_000, 32_000};
    private static final int SEARCHED_BYTES = 64 << 10;
    private static final int MOST_TEXT = 1_000;
    private static final Pattern TIME =
            Pattern.compile("(\\d{4})-(\\d\\d)-(\\d\\d)[T ](\\d\\d):(\\d\\d)(?::(\\d\\d))?.*");

    private Mp3() {}

    /** A frame's header. */
    private record Frame(int version, int layer, int kilobits, int rate, boolean isMono) {
        int samples() {
            return layer == 1 ? 384 : layer == 3 && version != 3 ? 576 : 1152;
        }

        int bytes(int padding) {
            return layer == 1
                    ? (12 * kilobits * 1000 / rate + padding) * 4
                    : samples() / 8 * kilobits * 1000 / rate + padding;
        }
    }

    private static boolean isHeader(int b0, int b1, int b2) {
        return b0 == 0xFF
                && (b1 & 0xE0) == 0xE0
                && (b1 >> 3 & 3) != 1
                && (b1 >> 1 & 3) != 0
                && (b2 >> 4) != 15
                && (b2 >> 4) != 0
                && (b2 >> 2 & 3) != 3;
    }

    private static Frame frame(int b1, int b2, int b3) {
        int version = b1 >> 3 & 3;
        int layer = 4 - (b1 >> 1 & 3);
        int[] table = version == 3 ? (layer == 1 ? V1_L1 : layer == 2 ? V1_L2 : V1_L3) : (layer == 1 ? V2_L1 : V2_L23);
        int rate = RATES[b2 >> 2 & 3] / (version == 3 ? 1 : version == 2 ? 2 : 4);
        return new Frame(version, layer, table[b2 >> 4], rate, (b3 >> 6) == 3);
    }

    /** Whether two frames follow each other there, which chance hardly makes. */
    static boolean isFrame(byte[] bytes, int at) {
        if (bytes.length < at + 4 || !isHeader(bytes[at] & 0xFF, bytes[at + 1] & 0xFF, bytes[at + 2] & 0xFF)) {
            return false;
        }
        Frame frame = frame(bytes[at + 1] & 0xFF, bytes[at + 2] & 0xFF, bytes[at + 3] & 0xFF);
        int next = at + frame.bytes(bytes[at + 2] >> 1 & 1);
        return bytes.length < next + 3 || isHeader(bytes[next] & 0xFF, bytes[next + 1] & 0xFF, bytes[next + 2] & 0xFF);
    }

    static void read(Span file, MediaFacts.Draft draft) throws UnreadableException {
        long at = file.isAt(0, "ID3") ? tag(file, draft) : 0;
        long end = Math.min(file.length() - 4, at + SEARCHED_BYTES);
        while (at < end && !isHeader(file.u8(at), file.u8(at + 1), file.u8(at + 2))) {
            at++;
        }
        if (at >= end) {
            throw new UnreadableException("has no frame of sound");
        }
        Frame frame = frame(file.u8(at + 1), file.u8(at + 2), file.u8(at + 3));
        draft.attribute("sampleRate", Integer.toString(frame.rate()));
        draft.attribute("channels", frame.isMono() ? "1" : "2");
        int side = frame.version() == 3 ? (frame.isMono() ? 17 : 32) : (frame.isMono() ? 9 : 17);
        long xing = at + 4 + side;
        long frames = 0;
        if ((file.isAt(xing, "Xing") || file.isAt(xing, "Info")) && (file.u32(xing + 4) & 1) == 1) {
            frames = file.u32(xing + 8);
        } else if (file.isAt(at + 36, "VBRI")) {
            frames = file.u32(at + 36 + 14);
        }
        if (frames > 0) {
            draft.duration(Riff.seconds((double) frames * frame.samples() / frame.rate()));
            return;
        }
        long tail = file.length() >= at + 128 && file.isAt(file.length() - 128, "TAG") ? 128 : 0;
        draft.duration(Riff.seconds((file.length() - tail - at) * 8.0 / (frame.kilobits() * 1000.0)));
    }

    /** Reads the tag's few frames of interest; returns where the sound begins. */
    private static long tag(Span file, MediaFacts.Draft draft) throws UnreadableException {
        int version = file.u8(3);
        long end = 10 + syncSafe(file, 6) + ((file.u8(5) & 0x10) != 0 ? 10 : 0);
        if ((file.u8(5) & 0xC0) != 0 || version < 3 || version > 4) {
            return end;
        }
        for (long at = 10; at + 10 < end && file.has(at, 10) && file.u8(at) != 0; ) {
            file.step();
            long length = version == 4 ? syncSafe(file, at + 4) : file.u32(at + 4);
            switch (file.ascii(at, 4)) {
                case "TIT2" -> draft.attribute("title", text(file, at + 10, length));
                case "TPE1" -> draft.attribute("artist", text(file, at + 10, length));
                case "TALB" -> draft.attribute("album", text(file, at + 10, length));
                case "TDRC", "TDOR" -> time(text(file, at + 10, length), draft);
                default -> {}
            }
            at += 10 + length;
        }
        return end;
    }

    private static void time(String text, MediaFacts.Draft draft) {
        Matcher parts = TIME.matcher(text);
        if (parts.matches()) {
            try {
                String seconds = parts.group(6) == null ? "00" : parts.group(6);
                draft.taken(
                        LocalDateTime.parse(parts.group(1) + "-" + parts.group(2) + "-" + parts.group(3) + "T"
                                + parts.group(4) + ":" + parts.group(5) + ":" + seconds),
                        null);
            } catch (DateTimeException e) {
                draft.note("its recording time is none");
            }
        }
    }

    private static String text(Span file, long at, long length) throws UnreadableException {
        if (length < 2 || !file.has(at, length)) {
            return "";
        }
        Charset charset = switch (file.u8(at)) {
            case 1 -> StandardCharsets.UTF_16;
            case 2 -> StandardCharsets.UTF_16BE;
            case 3 -> StandardCharsets.UTF_8;
            default -> StandardCharsets.ISO_8859_1;
        };
        String text = new String(file.bytes(at + 1, (int) Math.min(length - 1, MOST_TEXT)), charset);
        return text.replaceAll("\\p{Cntrl}", " ").strip();
    }

    private static long syncSafe(Span file, long at) throws UnreadableException {
        return (file.u8(at) & 0x7FL) << 21
                | (file.u8(at + 1) & 0x7F) << 14
                | (file.u8(at + 2) & 0x7F) << 7
                | (file.u8(at + 3) & 0x7F);
    }
}
