package dev.varve.blobstore.media;

/** PNG: chunks up to the end. */
final class Png {
    private Png() {}

    static void read(Span file, MediaFacts.Draft draft) throws UnreadableException {
        for (long at = 8; ; ) {
            file.step();
            long length = file.u32(at);
            switch (file.ascii(at + 4, 4)) {
                case "IHDR" -> draft.size(file.u32(at + 8), file.u32(at + 12));
                case "eXIf" -> Jpeg.exif(file.part(at + 8, length), draft);
                case "IEND" -> {
                    return;
                }
                default -> {}
            }
            at += 12 + length;
        }
    }
}
