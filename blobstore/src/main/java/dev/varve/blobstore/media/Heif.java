package dev.varve.blobstore.media;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** HEIF and AVIF: the primary picture's size and turn, and its EXIF item. */
final class Heif {
    private final MediaFacts.Draft draft;
    private final Span file;
    private final Map<Long, String> types = new HashMap<>();
    private final Map<Long, Span> items = new HashMap<>();

    private Heif(Span file, MediaFacts.Draft draft) {
        this.file = file;
        this.draft = draft;
    }

    static void read(Span file, MediaFacts.Draft draft) throws UnreadableException {
        Optional<Span> meta = Boxes.find(file, "meta", draft);
        if (meta.isEmpty()) {
            throw new UnreadableException("has no description of its pictures; it may be cut off");
        }
        new Heif(file, draft).read(meta.get().from(4));
    }

    private void read(Span meta) throws UnreadableException {
        long primary = 0;
        Optional<Span> properties = Optional.empty();
        Boxes boxes = new Boxes(meta, draft);
        for (Boxes.Box box = boxes.next(); box != null; box = boxes.next()) {
            Span body = box.body();
            switch (box.type()) {
                case "pitm" -> primary = body.u8(0) == 0 ? body.u16(4) : body.u32(4);
                case "iinf" -> types(body);
                case "iloc" -> places(body);
                case "iprp" -> properties = Optional.of(body);
                default -> {}
            }
        }
        if (properties.isPresent()) {
            properties(properties.get(), primary);
        }
        for (Map.Entry<Long, String> item : types.entrySet()) {
            Span data = items.get(item.getKey());
            if (item.getValue().equals("Exif") && data != null && data.has(0, 4)) {
                // The number says how many bytes stand before the TIFF header, mostly "Exif\0\0".
                Jpeg.exif(data.from(4 + data.u32(0)), draft);
            }
        }
    }

    private void types(Span body) throws UnreadableException {
        boolean isShort = body.u8(0) == 0;
        Boxes entries = new Boxes(body.from(isShort ? 6 : 8), draft);
        for (Boxes.Box box = entries.next(); box != null; box = entries.next()) {
            int version = box.body().u8(0);
            if (box.type().equals("infe") && version >= 2) {
                long id = version == 2 ? box.body().u16(4) : box.body().u32(4);
                types.put(id, box.body().ascii(version == 2 ? 8 : 10, 4));
            }
        }
    }

    private void places(Span body) throws UnreadableException {
        int version = body.u8(0);
        int offsetBytes = body.u8(4) >> 4;
        int lengthBytes = body.u8(4) & 15;
        int baseBytes = body.u8(5) >> 4;
        int indexBytes = version > 0 ? body.u8(5) & 15 : 0;
        long at = version < 2 ? 8 : 10;
        long count = version < 2 ? body.u16(6) : body.u32(6);
        for (long i = 0; i < count; i++) {
            body.step();
            long id = version < 2 ? body.u16(at) : body.u32(at);
            at += version < 2 ? 2 : 4;
            int method = version > 0 ? body.u16(at) & 15 : 0;
            at += version > 0 ? 4 : 2;
            long base = sized(body, at, baseBytes);
            at += baseBytes;
            int extents = body.u16(at);
            at += 2;
            for (int e = 0; e < extents; e++) {
                body.step();
                at += indexBytes;
                long offset = sized(body, at, offsetBytes);
                at += offsetBytes;
                long length = sized(body, at, lengthBytes);
                at += lengthBytes;
                if (e == 0 && method == 0 && file.has(base + offset, 0)) {
                    items.put(id, file.part(base + offset, length));
                }
            }
        }
    }

    private static long sized(Span body, long at, int bytes) throws UnreadableException {
        return switch (bytes) {
            case 4 -> body.u32(at);
            case 8 -> Math.max(0, body.i64(at));
            default -> 0;
        };
    }

    /** The properties that belong to the primary picture. */
    private void properties(Span body, long primary) throws UnreadableException {
        List<Boxes.Box> all = new ArrayList<>();
        Optional<Span> container = Boxes.find(body, "ipco", draft);
        Optional<Span> associations = Boxes.find(body, "ipma", draft);
        if (container.isEmpty() || associations.isEmpty()) {
            return;
        }
        Boxes boxes = new Boxes(container.get(), draft);
        for (Boxes.Box box = boxes.next(); box != null; box = boxes.next()) {
            all.add(box);
        }
        Span map = associations.get();
        boolean isLongId = map.u8(0) > 0;
        boolean isLongIndex = (map.u8(3) & 1) == 1;
        long at = 8;
        long count = map.u32(4);
        for (long i = 0; i < count; i++) {
            map.step();
            long id = isLongId ? map.u32(at) : map.u16(at);
            at += isLongId ? 4 : 2;
            int indexes = map.u8(at++);
            for (int k = 0; k < indexes; k++) {
                int index = isLongIndex ? map.u16(at) & 0x7FFF : map.u8(at) & 0x7F;
                at += isLongIndex ? 2 : 1;
                if (id == primary && index >= 1 && index <= all.size()) {
                    property(all.get(index - 1));
                }
            }
        }
    }

    private void property(Boxes.Box box) throws UnreadableException {
        switch (box.type()) {
            case "ispe" -> draft.size(box.body().u32(4), box.body().u32(8));
            // Quarter turns to the left.
            case "irot" ->
                draft.orientation(
                        switch (box.body().u8(0) & 3) {
                            case 1 -> 8;
                            case 2 -> 3;
                            case 3 -> 6;
                            default -> 1;
                        });
            default -> {}
        }
    }
}
