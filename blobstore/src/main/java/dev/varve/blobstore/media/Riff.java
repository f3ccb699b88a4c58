package dev.varve.blobstore.media;

import java.nio.ByteOrder;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.LocalDateTime;

/** RIFF: chunks of WebP and WAVE. */
final class Riff {
    private Riff() {}

    static void readWebp(Span file, MediaFacts.Draft draft) throws UnreadableException {
        Span riff = file.in(ByteOrder.LITTLE_ENDIAN);
        for (long at = 12; riff.has(at, 8); ) {
            riff.step();
            long length = riff.u32(at + 4);
            Span body = riff.part(at + 8, length);
            switch (riff.ascii(at, 4)) {
                case "VP8X" -> draft.size(body.u24(4) + 1, body.u24(7) + 1);
                case "VP8 " -> draft.size(body.u16(6) & 0x3FFF, body.u16(8) & 0x3FFF);
                case "VP8L" -> {
                    long bits = body.u32(1);
                    draft.size((bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1);
                }
                case "EXIF" -> Jpeg.exif(body.isAt(0, "Exif\0\0") ? body.from(6) : body, draft);
                default -> {}
            }
            at += 8 + length + (length & 1);
        }
    }

    static void readWav(Span file, MediaFacts.Draft draft) throws UnreadableException {
        Span riff = file.in(ByteOrder.LITTLE_ENDIAN);
        long bytesPerSecond = 0;
        long longDataBytes = -1;
        for (long at = 12; riff.has(at, 8); ) {
            riff.step();
            long length = riff.u32(at + 4);
            Span body = riff.part(at + 8, length);
            switch (riff.ascii(at, 4)) {
                case "ds64" -> longDataBytes = body.i64(8);
                case "fmt " -> {
                    draft.attribute("channels", Integer.toString(body.u16(2)));
                    draft.attribute("sampleRate", Long.toString(body.u32(4)));
                    bytesPerSecond = body.u32(8);
                }
                case "bext" -> origination(body, draft);
                case "data" -> {
                    length = length == 0xFFFF_FFFFL && longDataBytes >= 0 ? longDataBytes : length;
                    if (body.length() < length) {
                        draft.note("truncated: it announces " + length + " bytes of sound and has " + body.length());
                    }
                    if (bytesPerSecond > 0) {
                        draft.duration(seconds((double) Math.min(length, body.length()) / bytesPerSecond));
                    }
                }
                default -> {}
            }
            at += 8 + length + (length & 1);
        }
    }

    /** When a recorder of the broadcast format began; by its own clock. */
    private static void origination(Span body, MediaFacts.Draft draft) throws UnreadableException {
        if (!body.has(320, 18)) {
            return;
        }
        String date = body.ascii(320, 10).replaceAll("[^0-9]", "-");
        String time = body.ascii(330, 8).replaceAll("[^0-9]", ":");
        try {
            draft.taken(LocalDateTime.parse(date + "T" + time), null);
        } catch (DateTimeException e) {
            draft.note("its origination time is none");
        }
    }

    static Duration seconds(double seconds) {
        return Duration.ofMillis(Math.round(Math.min(seconds, 1e12) * 1000));
    }
}
