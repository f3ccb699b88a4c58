package dev.varve.blobstore.media;

import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * EXIF 2.32 in a TIFF 6.0 structure.
 *
 * <p>Only three directories are visited (the first, EXIF and GPS), each once, and of each only the entries named here; an
 * entry is never larger than a text of 1,000 bytes or three fractions. So a file that claims more costs nothing.
 */
final class Exif {
    /** Whether the structure is an image of its own or describes another one. */
    enum Use {
        WHOLE_FILE,
        EMBEDDED
    }

    private static final int MOST_ENTRIES = 1_000;
    private static final int MOST_TEXT = 1_000;
    private static final int WIDTH = 0x100;
    private static final int HEIGHT = 0x101;
    private static final int DESCRIPTION = 0x10E;
    private static final int MAKE = 0x10F;
    private static final int MODEL = 0x110;
    private static final int ORIENTATION = 0x112;
    private static final int SOFTWARE = 0x131;
    private static final int TIME = 0x132;
    private static final int ARTIST = 0x13B;
    private static final int COPYRIGHT = 0x8298;
    private static final int EXIF_DIRECTORY = 0x8769;
    private static final int GPS_DIRECTORY = 0x8825;
    private static final int EXPOSURE_SECONDS = 0x829A;
    private static final int F_NUMBER = 0x829D;
    private static final int ISO = 0x8827;
    private static final int TIME_ORIGINAL = 0x9003;
    private static final int TIME_DIGITIZED = 0x9004;
    private static final int OFFSET_TIME = 0x9010;
    private static final int OFFSET_ORIGINAL = 0x9011;
    private static final int OFFSET_DIGITIZED = 0x9012;
    private static final int SUBSECOND = 0x9290;
    private static final int SUBSECOND_ORIGINAL = 0x9291;
    private static final int SUBSECOND_DIGITIZED = 0x9292;
    private static final int FOCAL_LENGTH = 0x920A;
    private static final int LENS = 0xA434;

    private static final Pattern DATE_TIME =
            Pattern.compile("(\\d{4})[:/-](\\d\\d?)[:/-](\\d\\d?)[ T](\\d\\d?):(\\d\\d)(?::(\\d\\d))?.*");
    private static final Pattern OFFSET = Pattern.compile("([+-])(\\d\\d?):?(\\d\\d)");

    private final Span tiff;

    private Exif(Span tiff) {
        this.tiff = tiff;
    }

    /** Where an entry's value lies. */
    private record Entry(int type, long count, long offset) {}

    static void read(Span bytes, MediaFacts.Draft draft, Use use) throws UnreadableException {
        ByteOrder order =
                bytes.isAt(0, "II") ? ByteOrder.LITTLE_ENDIAN : bytes.isAt(0, "MM") ? ByteOrder.BIG_ENDIAN : null;
        if (order == null || bytes.in(order).u16(2) != 42) {
            throw new UnreadableException("does not begin as TIFF does");
        }
        Span tiff = bytes.in(order);
        new Exif(tiff).read(draft, use);
    }

    private void read(MediaFacts.Draft draft, Use use) throws UnreadableException {
        Map<Integer, Entry> first = directory(tiff.u32(4));
        if (use == Use.WHOLE_FILE) {
            draft.size(number(first.get(WIDTH), 0), number(first.get(HEIGHT), 0));
        }
        draft.orientation((int) number(first.get(ORIENTATION), 1));
        draft.attribute("description", text(first.get(DESCRIPTION)));
        draft.attribute("make", text(first.get(MAKE)));
        draft.attribute("model", text(first.get(MODEL)));
        draft.attribute("software", text(first.get(SOFTWARE)));
        draft.attribute("artist", text(first.get(ARTIST)));
        draft.attribute("copyright", text(first.get(COPYRIGHT)));
        Map<Integer, Entry> exif = directory(first, EXIF_DIRECTORY, "exif", draft);
        draft.attribute("lens", text(exif.get(LENS)));
        draft.attribute("exposureSeconds", decimal(exif.get(EXPOSURE_SECONDS)));
        draft.attribute("fNumber", decimal(exif.get(F_NUMBER)));
        draft.attribute("focalLengthMillimetres", decimal(exif.get(FOCAL_LENGTH)));
        long iso = number(exif.get(ISO), 0);
        draft.attribute("iso", iso > 0 ? Long.toString(iso) : null);
        time(draft, exif.get(TIME_ORIGINAL), exif.get(SUBSECOND_ORIGINAL), exif.get(OFFSET_ORIGINAL));
        time(draft, exif.get(TIME_DIGITIZED), exif.get(SUBSECOND_DIGITIZED), exif.get(OFFSET_DIGITIZED));
        Map<Integer, Entry> gps = directory(first, GPS_DIRECTORY, "gps", draft);
        gps(gps, draft);
        time(draft, first.get(TIME), exif.get(SUBSECOND), exif.get(OFFSET_TIME));
    }

    private Map<Integer, Entry> directory(Map<Integer, Entry> parent, int tag, String what, MediaFacts.Draft draft) {
        Entry pointer = parent.get(tag);
        if (pointer == null) {
            return Map.of();
        }
        try {
            return directory(number(pointer, 0));
        } catch (UnreadableException e) {
            draft.note(what + " directory " + e.getMessage());
            return Map.of();
        }
    }

    private Map<Integer, Entry> directory(long offset) throws UnreadableException {
        int count = tiff.u16(offset);
        if (count > MOST_ENTRIES) {
            throw new UnreadableException("claims a directory of " + count + " entries");
        }
        Map<Integer, Entry> entries = new HashMap<>();
        for (int i = 0; i < count && tiff.has(offset + 2 + 12L * i, 12); i++) {
            tiff.step();
            long at = offset + 2 + 12L * i;
            int type = tiff.u16(at + 2);
            long values = tiff.u32(at + 4);
            long bytes = width(type) * values;
            entries.putIfAbsent(tiff.u16(at), new Entry(type, values, bytes <= 4 ? at + 8 : tiff.u32(at + 8)));
        }
        return entries;
    }

    private static int width(int type) {
        return switch (type) {
            case 1, 2, 6, 7 -> 1;
            case 3, 8 -> 2;
            case 4, 9, 11, 13 -> 4;
            case 5, 10, 12 -> 8;
            default -> 0;
        };
    }

    private long number(@Nullable Entry entry, long absent) throws UnreadableException {
        if (entry == null || entry.count() < 1) {
            return absent;
        }
        return switch (entry.type()) {
            case 1, 6, 7 -> tiff.u8(entry.offset());
            case 3, 8 -> tiff.u16(entry.offset());
            case 4, 9, 13 -> tiff.u32(entry.offset());
            default -> absent;
        };
    }

    /** The value at an index; NaN when it is none. */
    private double fraction(@Nullable Entry entry, int index) throws UnreadableException {
        if (entry == null || index >= entry.count() || !tiff.has(entry.offset(), width(entry.type()) * (index + 1L))) {
            return Double.NaN;
        }
        long at = entry.offset() + (long) width(entry.type()) * index;
        return switch (entry.type()) {
            case 5 -> (double) tiff.u32(at) / tiff.u32(at + 4);
            case 10 -> (double) tiff.i32(at) / tiff.i32(at + 4);
            case 3 -> tiff.u16(at);
            case 4 -> tiff.u32(at);
            case 11 -> Float.intBitsToFloat(tiff.i32(at));
            case 12 -> Double.longBitsToDouble(tiff.i64(at));
            default -> Double.NaN;
        };
    }

    private @Nullable String decimal(@Nullable Entry entry) throws UnreadableException {
        double value = fraction(entry, 0);
        if (!Double.isFinite(value) || value <= 0) {
            return null;
        }
        return value == Math.rint(value) && value < 1e9
                ? Long.toString((long) value)
                : String.format(Locale.ROOT, "%.6g", value).replaceAll("0+$", "");
    }

    private @Nullable String text(@Nullable Entry entry) throws UnreadableException {
        if (entry == null || width(entry.type()) != 1 || entry.count() < 1) {
            return null;
        }
        int count = (int) Math.min(entry.count(), MOST_TEXT);
        if (!tiff.has(entry.offset(), count)) {
            return null;
        }
        byte[] bytes = tiff.bytes(entry.offset(), count);
        int end = 0;
        while (end < bytes.length && bytes[end] != 0) {
            end++;
        }
        String utf8 = new String(bytes, 0, end, StandardCharsets.UTF_8);
        String text = utf8.indexOf('\uFFFD') < 0 ? utf8 : new String(bytes, 0, end, StandardCharsets.ISO_8859_1);
        String clean = text.replaceAll("\\p{Cntrl}", " ").strip();
        return clean.isEmpty() ? null : clean;
    }

    private void time(MediaFacts.Draft draft, @Nullable Entry time, @Nullable Entry subsecond, @Nullable Entry offset)
            throws UnreadableException {
        String text = text(time);
        if (draft.hasTaken() || text == null) {
            return;
        }
        Matcher parts = DATE_TIME.matcher(text);
        if (!parts.matches() || text.startsWith("0000")) {
            if (text.chars().anyMatch(c -> c >= '1' && c <= '9')) {
                draft.note("its time '" + text.substring(0, Math.min(text.length(), 30)) + "' is none");
            }
            return;
        }
        try {
            LocalDateTime local = LocalDateTime.of(
                            part(parts, 1),
                            part(parts, 2),
                            part(parts, 3),
                            part(parts, 4),
                            part(parts, 5),
                            part(parts, 6))
                    .plusNanos(nanos(text(subsecond)));
            draft.taken(local, offset(text(offset)));
        } catch (DateTimeException e) {
            draft.note("its time '" + text.substring(0, Math.min(text.length(), 30)) + "' is none");
        }
    }

    private static int part(Matcher parts, int group) {
        String digits = parts.group(group);
        return digits == null ? 0 : Integer.parseInt(digits);
    }

    /** EXIF writes the digits behind the point. */
    private static long nanos(@Nullable String digits) {
        if (digits == null || !digits.matches("\\d{1,9}")) {
            return 0;
        }
        return Long.parseLong((digits + "00000000").substring(0, 9));
    }

    static @Nullable ZoneOffset offset(@Nullable String text) {
        if (text == null) {
            return null;
        }
        if (text.equals("Z")) {
            return ZoneOffset.UTC;
        }
        Matcher parts = OFFSET.matcher(text);
        if (!parts.matches()) {
            return null;
        }
        int minutes = part(parts, 2) * 60 + part(parts, 3);
        return minutes > 18 * 60
                ? null
                : ZoneOffset.ofTotalSeconds((parts.group(1).equals("-") ? -60 : 60) * minutes);
    }

    private void gps(Map<Integer, Entry> gps, MediaFacts.Draft draft) throws UnreadableException {
        double lat = degrees(gps.get(2), text(gps.get(1)), "S");
        double lon = degrees(gps.get(4), text(gps.get(3)), "W");
        if (!Double.isNaN(lat) && !Double.isNaN(lon)) {
            double altitude = fraction(gps.get(6), 0) * (number(gps.get(5), 0) == 1 ? -1 : 1);
            draft.place(lat, lon, Double.isFinite(altitude) ? altitude : null);
        }
        double bearing = fraction(gps.get(17), 0);
        if (bearing >= 0 && bearing <= 360) {
            draft.attribute("bearing", String.format(Locale.ROOT, "%.1f", bearing));
        }
        gpsTime(gps, draft);
    }

    /** GPS time is UTC; it is a fact of its own, and the time of last resort. */
    private void gpsTime(Map<Integer, Entry> gps, MediaFacts.Draft draft) throws UnreadableException {
        String date = text(gps.get(29));
        double hour = fraction(gps.get(7), 0);
        double minute = fraction(gps.get(7), 1);
        double second = fraction(gps.get(7), 2);
        double seconds = hour * 3600 + minute * 60 + second;
        if (date == null || !(seconds >= 0 && seconds <= 86_400)) {
            return;
        }
        Matcher parts = DATE_TIME.matcher(date + " 00:00:00");
        if (parts.matches()) {
            try {
                LocalDateTime utc = LocalDateTime.of(part(parts, 1), part(parts, 2), part(parts, 3), 0, 0)
                        .plusNanos(Math.round(seconds * 1e6) * 1000);
                draft.attribute("gpsTime", utc.truncatedTo(ChronoUnit.MILLIS) + "Z");
                draft.taken(utc, ZoneOffset.UTC);
            } catch (DateTimeException e) {
                draft.note("its GPS date '" + date + "' is none");
            }
        }
    }

    /** Degrees, minutes and seconds; NaN when absent or unknown, which some cameras write as 0/0. */
    private double degrees(@Nullable Entry entry, @Nullable String reference, String negative)
            throws UnreadableException {
        double degrees = fraction(entry, 0);
        double minutes = fraction(entry, 1);
        double seconds = fraction(entry, 2);
        if (Double.isNaN(degrees) || reference == null || Double.isInfinite(degrees)) {
            return Double.NaN;
        }
        double whole = degrees
                + (Double.isFinite(minutes) ? minutes / 60 : 0)
                + (Double.isFinite(seconds) ? seconds / 3600 : 0);
        return reference.startsWith(negative) ? -whole : whole;
    }
}
