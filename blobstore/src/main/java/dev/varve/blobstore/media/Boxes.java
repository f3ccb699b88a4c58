package dev.varve.blobstore.media;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The boxes of ISO 14496-12 that lie one after the other in a span. */
final class Boxes {
    private final Span span;
    private final MediaFacts.Draft draft;
    private long at;

    Boxes(Span span, MediaFacts.Draft draft) {
        this.span = span;
        this.draft = draft;
    }

    /** One box; the body is cut off where the file ends. */
    record Box(String type, Span body) {}

    /** The next box, or null at the end. */
    @Nullable
    Box next() throws UnreadableException {
        if (!span.has(at, 8)) {
            return null;
        }
        span.step();
        long size = span.u32(at);
        String type = span.ascii(at + 4, 4);
        int header = 8;
        if (size == 1) {
            size = span.i64(at + 8);
            header = 16;
        } else if (size == 0) {
            size = span.length() - at;
        }
        if (size < header) {
            throw new UnreadableException("has a box '" + printable(type) + "' of size " + size);
        }
        Span body = span.part(at + header, size - header);
        if (body.length() < size - header) {
            draft.note("truncated: box '" + printable(type) + "' announces " + size + " bytes, " + (span.length() - at)
                    + " are there");
        }
        at = size > Long.MAX_VALUE - at ? Long.MAX_VALUE : at + size;
        return new Box(type, body);
    }

    /** The first box of that type. */
    static Optional<Span> find(Span span, String type, MediaFacts.Draft draft) throws UnreadableException {
        Boxes boxes = new Boxes(span, draft);
        for (Box box = boxes.next(); box != null; box = boxes.next()) {
            if (box.type().equals(type)) {
                return Optional.of(box.body());
            }
        }
        return Optional.empty();
    }

    static String printable(String type) {
        return type.replaceAll("[^ -~]", "?");
    }
}
