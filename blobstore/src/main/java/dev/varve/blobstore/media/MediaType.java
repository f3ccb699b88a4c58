package dev.varve.blobstore.media;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Set;

/** Kinds of media that are told from their first bytes. */
public enum MediaType {
    JPEG("image/jpeg", Kind.IMAGE),
    PNG("image/png", Kind.IMAGE),
    GIF("image/gif", Kind.IMAGE),
    TIFF("image/tiff", Kind.IMAGE),
    WEBP("image/webp", Kind.IMAGE),
    HEIC("image/heic", Kind.IMAGE),
    AVIF("image/avif", Kind.IMAGE),
    BMP("image/bmp", Kind.IMAGE),
    MP4("video/mp4", Kind.VIDEO),
    QUICKTIME("video/quicktime", Kind.VIDEO),
    M4A("audio/mp4", Kind.AUDIO),
    MATROSKA("video/x-matroska", Kind.VIDEO),
    AVI("video/x-msvideo", Kind.VIDEO),
    WAV("audio/wav", Kind.AUDIO),
    MP3("audio/mpeg", Kind.AUDIO),
    FLAC("audio/flac", Kind.AUDIO),
    OGG("audio/ogg", Kind.AUDIO),
    GPX("application/gpx+xml", Kind.TRACK),
    PDF("application/pdf", Kind.OTHER),
    ZIP("application/zip", Kind.OTHER),
    GZIP("application/gzip", Kind.OTHER),
    TEXT("text/plain", Kind.OTHER),
    UNKNOWN("application/octet-stream", Kind.OTHER);

    /** What a medium is to a person. */
    public enum Kind {
        IMAGE,
        VIDEO,
        AUDIO,
        TRACK,
        OTHER
    }

    /** Bytes from the start that suffice to tell the type. */
    public static final int HEAD_BYTES = 4096;

    private static final Set<String> HEIC_BRANDS =
            Set.of("heic", "heix", "heim", "heis", "hevc", "hevx", "mif1", "msf1");
    private static final Set<String> AVIF_BRANDS = Set.of("avif", "avis");

    private final String mime;
    private final Kind kind;

    MediaType(String mime, Kind kind) {
        this.mime = mime;
        this.kind = kind;
    }

    public String mime() {
        return mime;
    }

    public Kind kind() {
        return kind;
    }

    /** The type that the first bytes of a file show; names and claims play no part. */
    public static MediaType of(byte[] head) {
        Head start = new Head(head);
        if (start.is(0, 0xFF, 0xD8, 0xFF)) {
            return JPEG;
        } else if (start.is(0, 0x89, 'P', 'N', 'G', 0x0D, 0x0A, 0x1A, 0x0A)) {
            return PNG;
        } else if (start.is(0, "GIF87a") || start.is(0, "GIF89a")) {
            return GIF;
        } else if (start.is(0, 'I', 'I', 42, 0) || start.is(0, 'M', 'M', 0, 42)) {
            return TIFF;
        } else if (start.is(0, "RIFF") || start.is(0, "RF64")) {
            return start.is(8, "WEBP") ? WEBP : start.is(8, "WAVE") ? WAV : start.is(8, "AVI ") ? AVI : UNKNOWN;
        } else if (start.is(4, "ftyp")) {
            return ofBrands(start);
        } else if (start.is(4, "moov") || start.is(4, "mdat") || start.is(4, "wide")) {
            return QUICKTIME;
        } else if (start.is(0, 0x1A, 0x45, 0xDF, 0xA3)) {
            return MATROSKA;
        } else if (start.is(0, "ID3") || Mp3.isFrame(head, 0)) {
            return MP3;
        } else if (start.is(0, "fLaC")) {
            return FLAC;
        } else if (start.is(0, "OggS")) {
            return OGG;
        } else if (start.is(0, "%PDF-")) {
            return PDF;
        } else if (start.is(0, 'P', 'K', 3, 4) || start.is(0, 'P', 'K', 5, 6)) {
            return ZIP;
        } else if (start.is(0, 0x1F, 0x8B)) {
            return GZIP;
        } else if (start.is(0, "BM") && head.length > 26 && start.is(6, 0, 0, 0, 0)) {
            return BMP;
        }
        return ofText(head);
    }

    private static MediaType ofBrands(Head start) {
        int end = Math.min(64, Math.max(16, start.u32(0)));
        for (int at = 8; at + 4 <= Math.min(end, start.bytes.length); at += at == 8 ? 8 : 4) {
            String brand = new String(start.bytes, at, 4, StandardCharsets.ISO_8859_1);
            if (AVIF_BRANDS.contains(brand)) {
                return AVIF;
            } else if (HEIC_BRANDS.contains(brand)) {
                return HEIC;
            } else if (brand.equals("qt  ")) {
                return QUICKTIME;
            } else if (brand.equals("M4A ") || brand.equals("M4B ")) {
                return M4A;
            }
        }
        return MP4;
    }

    private static MediaType ofText(byte[] head) {
        int length = Math.min(head.length, HEAD_BYTES);
        if (length == 0) {
            return UNKNOWN;
        }
        for (int i = 0; i < length; i++) {
            int c = head[i] & 0xFF;
            boolean isSpace = c == '\t' || c == '\n' || c == '\r' || c == '\f';
            if ((c < 0x20 && !isSpace) || c == 0x7F) {
                return UNKNOWN;
            }
        }
        String text = new String(head, 0, length, StandardCharsets.UTF_8);
        if (text.indexOf('\uFFFD') >= 0 && text.indexOf('\uFFFD') < text.length() - 1) {
            return UNKNOWN;
        }
        return text.stripLeading().startsWith("<") && text.contains("<gpx") ? GPX : TEXT;
    }

    /** The first bytes of a file; what lies behind them matches nothing. */
    private static final class Head {
        private final byte[] bytes;

        Head(byte[] bytes) {
            this.bytes = bytes;
        }

        boolean is(int offset, int... wanted) {
            if (bytes.length < offset + wanted.length) {
                return false;
            }
            for (int i = 0; i < wanted.length; i++) {
                if ((bytes[offset + i] & 0xFF) != wanted[i]) {
                    return false;
                }
            }
            return true;
        }

        boolean is(int offset, String wanted) {
            byte[] ascii = wanted.getBytes(StandardCharsets.ISO_8859_1);
            return bytes.length >= offset + ascii.length
                    && Arrays.equals(bytes, offset, offset + ascii.length, ascii, 0, ascii.length);
        }

        int u32(int offset) {
            return (bytes[offset] & 0xFF) << 24
                    | (bytes[offset + 1] & 0xFF) << 16
                    | (bytes[offset + 2] & 0xFF) << 8
                    | (bytes[offset + 3] & 0xFF);
        }
    }
}
