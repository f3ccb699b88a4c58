package dev.varve.blobstore.media;

import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** MP4 and QuickTime: the movie header, its tracks, and what cameras and phones note beside. */
final class Movie {
    private static final LocalDateTime EPOCH = LocalDateTime.of(1904, 1, 1, 0, 0);
    /** Cameras without a clock count from 1904 or 1970. */
    private static final LocalDateTime FIRST_VIDEO = LocalDateTime.of(1990, 1, 1, 0, 0);

    private static final int MOST_TEXT = 1_000;
    private static final Pattern ISO_6709 = Pattern.compile(
            "([+-]\\d{1,2}(?:\\.\\d{1,10})?)([+-]\\d{1,3}(?:\\.\\d{1,10})?)([+-]\\d{1,6}(?:\\.\\d{1,10})?)?.*");

    private final MediaFacts.Draft draft;

    private Movie(MediaFacts.Draft draft) {
        this.draft = draft;
    }

    static void read(Span file, MediaFacts.Draft draft) throws UnreadableException {
        Optional<Span> moov = Boxes.find(file, "moov", draft);
        if (moov.isEmpty()) {
            throw new UnreadableException("has no movie header; it may be cut off");
        }
        Movie movie = new Movie(draft);
        // What a phone says with its zone comes before what the header says without.
        Boxes first = new Boxes(moov.get(), draft);
        for (Boxes.Box box = first.next(); box != null; box = first.next()) {
            switch (box.type()) {
                case "udta" -> movie.userData(box.body());
                case "meta" -> movie.meta(box.body());
                default -> {}
            }
        }
        Boxes boxes = new Boxes(moov.get(), new MediaFacts.Draft());
        for (Boxes.Box box = boxes.next(); box != null; box = boxes.next()) {
            switch (box.type()) {
                case "mvhd" -> movie.header(box.body());
                case "trak" -> movie.track(box.body());
                case "mvex" -> movie.fragments(box.body(), moov.get());
                default -> {}
            }
        }
    }

    private void header(Span body) throws UnreadableException {
        boolean isLong = body.u8(0) == 1;
        long created = isLong ? body.i64(4) : body.u32(4);
        long timescale = body.u32(isLong ? 20 : 12);
        long duration = isLong ? body.i64(24) : body.u32(16);
        if (created > 0 && created < 1L << 34) {
            LocalDateTime time = EPOCH.plusSeconds(created);
            if (time.isAfter(FIRST_VIDEO)) {
                draft.taken(time, ZoneOffset.UTC);
            }
        }
        boolean isKnown = duration > 0 && duration != 0xFFFF_FFFFL;
        if (timescale > 0 && isKnown) {
            draft.duration(Riff.seconds((double) duration / timescale));
        }
    }

    /** A fragmented movie has its length here. */
    private void fragments(Span body, Span moov) throws UnreadableException {
        Optional<Span> length = Boxes.find(body, "mehd", draft);
        Optional<Span> header = Boxes.find(moov, "mvhd", new MediaFacts.Draft());
        if (length.isPresent() && header.isPresent()) {
            long timescale = header.get().u32(header.get().u8(0) == 1 ? 20 : 12);
            long duration =
                    length.get().u8(0) == 1 ? length.get().i64(4) : length.get().u32(4);
            if (timescale > 0 && duration > 0) {
                draft.duration(Riff.seconds((double) duration / timescale));
            }
        }
    }

    private void track(Span track) throws UnreadableException {
        Optional<Span> header = Boxes.find(track, "tkhd", draft);
        if (header.isEmpty()) {
            return;
        }
        Span body = header.get();
        int matrix = body.u8(0) == 1 ? 52 : 40;
        int width = body.u16(matrix + 36);
        int height = body.u16(matrix + 40);
        if (width > 0 && height > 0 && !draft.hasSize()) {
            draft.size(width, height);
            draft.orientation(orientation(body.i32(matrix), body.i32(matrix + 4)));
        }
    }

    private static int orientation(int a, int b) {
        int one = 1 << 16;
        return a == 0 && b == one ? 6 : a == -one && b == 0 ? 3 : a == 0 && b == -one ? 8 : 1;
    }

    private void userData(Span body) throws UnreadableException {
        Boxes boxes = new Boxes(body, draft);
        for (Boxes.Box box = boxes.next(); box != null; box = boxes.next()) {
            switch (box.type()) {
                case "\u00A9xyz" -> {
                    if (box.body().has(0, 4)) {
                        place(text(box.body().from(4)));
                    }
                }
                case "meta" -> meta(box.body());
                default -> {}
            }
        }
    }

    /** QuickTime's keys and values; ISO's own form has a version before its boxes. */
    private void meta(Span body) throws UnreadableException {
        Span boxes = body.isAt(4, "hdlr") ? body : body.from(Math.min(4, body.length()));
        Optional<Span> keys = Boxes.find(boxes, "keys", draft);
        Optional<Span> list = Boxes.find(boxes, "ilst", draft);
        if (keys.isEmpty() || list.isEmpty()) {
            return;
        }
        Map<Integer, String> names = new HashMap<>();
        Boxes named = new Boxes(keys.get().from(8), draft);
        int index = 1;
        for (Boxes.Box box = named.next(); box != null; box = named.next()) {
            names.put(index++, text(box.body()));
        }
        Boxes items = new Boxes(list.get(), draft);
        for (Boxes.Box box = items.next(); box != null; box = items.next()) {
            int key = code(box.type());
            Optional<Span> data = Boxes.find(box.body(), "data", draft);
            if (data.isPresent() && data.get().has(0, 8)) {
                value(names.getOrDefault(key, ""), text(data.get().from(8)));
            }
        }
    }

    private static int code(String type) {
        byte[] bytes = type.getBytes(StandardCharsets.ISO_8859_1);
        return (bytes[0] & 0xFF) << 24 | (bytes[1] & 0xFF) << 16 | (bytes[2] & 0xFF) << 8 | (bytes[3] & 0xFF);
    }

    private void value(String name, String text) {
        switch (name) {
            case "com.apple.quicktime.location.ISO6709" -> place(text);
            case "com.apple.quicktime.creationdate" -> time(text);
            case "com.apple.quicktime.make", "com.android.manufacturer" -> draft.attribute("make", text);
            case "com.apple.quicktime.model", "com.android.model" -> draft.attribute("model", text);
            case "com.apple.quicktime.software" -> draft.attribute("software", text);
            default -> {}
        }
    }

    private void time(String text) {
        try {
            OffsetDateTime time = OffsetDateTime.parse(text.replaceFirst("([+-]\\d\\d)(\\d\\d)$", "$1:$2"));
            draft.taken(time.toLocalDateTime(), time.getOffset());
        } catch (DateTimeException e) {
            draft.note("its creation date is none");
        }
    }

    private void place(String text) {
        Matcher parts = ISO_6709.matcher(text);
        if (parts.matches()) {
            draft.place(
                    Double.parseDouble(parts.group(1)),
                    Double.parseDouble(parts.group(2)),
                    parts.group(3) == null ? null : Double.valueOf(parts.group(3)));
        }
    }

    private static String text(Span body) throws UnreadableException {
        return new String(body.bytes(0, (int) Math.min(body.length(), MOST_TEXT)), StandardCharsets.UTF_8).strip();
    }
}
