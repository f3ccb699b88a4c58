package dev.varve.blobstore.media;

/** JPEG: segments up to the first scan. */
final class Jpeg {
    private Jpeg() {}

    static void read(Span file, MediaFacts.Draft draft) throws UnreadableException {
        long at = 2;
        while (true) {
            file.step();
            int marker = file.u8(at);
            if (marker != 0xFF) {
                throw new UnreadableException("has no marker at byte " + at);
            }
            int code = file.u8(at + 1);
            if (code == 0xFF) {
                at++;
                continue;
            }
            if (code == 0x01 || (code >= 0xD0 && code <= 0xD8)) {
                at += 2;
                continue;
            }
            if (code == 0xD9 || code == 0xDA) {
                return;
            }
            int length = file.u16(at + 2);
            if (length < 2) {
                throw new UnreadableException("has a segment of length " + length + " at byte " + at);
            }
            Span body = file.part(at + 4, length - 2L);
            boolean isFrame = code >= 0xC0 && code <= 0xCF && code != 0xC4 && code != 0xC8 && code != 0xCC;
            if (isFrame) {
                draft.size(body.u16(3), body.u16(1));
            } else if (code == 0xE1 && body.isAt(0, "Exif\0")) {
                exif(body.from(6), draft);
            }
            at += 2L + length;
        }
    }

    /** Broken EXIF does not make the picture unreadable. */
    static void exif(Span tiff, MediaFacts.Draft draft) {
        try {
            Exif.read(tiff, draft, Exif.Use.EMBEDDED);
        } catch (UnreadableException e) {
            draft.note("exif " + e.getMessage());
        }
    }
}
