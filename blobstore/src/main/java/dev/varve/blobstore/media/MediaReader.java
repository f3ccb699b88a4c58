package dev.varve.blobstore.media;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Locale;

/** Learns the facts of a medium. */
public final class MediaReader {
    private MediaReader() {}

    /** Never fails for what the bytes are; failures of the source pass through. */
    public static MediaFacts read(MediaSource source, MediaLimits limits) {
        byte[] head = new byte[(int) Math.min(MediaType.HEAD_BYTES, source.length())];
        if (head.length > 0) {
            source.read(0, ByteBuffer.wrap(head));
        }
        MediaType type = MediaType.of(head);
        MediaFacts.Draft draft = new MediaFacts.Draft();
        Span whole = Span.whole(source, limits);
        try {
            switch (type) {
                case JPEG -> Jpeg.read(whole, draft);
                case PNG -> Png.read(whole, draft);
                case GIF ->
                    draft.size(
                            whole.in(ByteOrder.LITTLE_ENDIAN).u16(6),
                            whole.in(ByteOrder.LITTLE_ENDIAN).u16(8));
                case BMP ->
                    draft.size(whole.in(ByteOrder.LITTLE_ENDIAN).u32(18), Math.abs((long)
                            whole.in(ByteOrder.LITTLE_ENDIAN).i32(22)));
                case TIFF -> Exif.read(whole, draft, Exif.Use.WHOLE_FILE);
                case WEBP -> Riff.readWebp(whole, draft);
                case HEIC, AVIF -> Heif.read(whole, draft);
                case MP4, QUICKTIME, M4A -> Movie.read(whole, draft);
                case WAV -> Riff.readWav(whole, draft);
                case MP3 -> Mp3.read(whole, draft);
                case GPX -> track(source, limits, draft);
                case MATROSKA, AVI, FLAC, OGG, PDF, ZIP, GZIP, TEXT, UNKNOWN -> {}
            }
        } catch (UnreadableException e) {
            draft.note(type.name().toLowerCase(Locale.ROOT) + " " + e.getMessage());
        }
        return draft.facts(type);
    }

    private static void track(MediaSource source, MediaLimits limits, MediaFacts.Draft draft)
            throws UnreadableException {
        Track.read(source, limits).describe(draft);
    }
}
