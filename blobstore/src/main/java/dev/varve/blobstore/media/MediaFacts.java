package dev.varve.blobstore.media;

import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What a medium says about itself.
 *
 * @param size in pixels as encoded, before the orientation is applied
 * @param orientation 1 to 8 as in EXIF; 1 is upright
 * @param attributes texts by name, such as {@code make} and {@code model}
 * @param notes what could not be read, and why
 */
public record MediaFacts(
        MediaType type,
        Optional<Size> size,
        Optional<Duration> duration,
        Optional<Taken> taken,
        Optional<Place> place,
        int orientation,
        Map<String, String> attributes,
        List<String> notes) {
    public MediaFacts {
        attributes = Map.copyOf(attributes);
        notes = List.copyOf(notes);
    }

    /** Pixels. */
    public record Size(int width, int height) {
        public long pixels() {
            return (long) width * height;
        }
    }

    /** WGS84 degrees, and metres above the sea where known. */
    public record Place(double lat, double lon, Optional<Double> altitude) {}

    /** When it was taken by its own clock, and that clock's offset from UTC where it says so. */
    public record Taken(LocalDateTime local, Optional<ZoneOffset> offset) {
        /** The instant; a clock without an offset is taken to show the time of {@code assumed}. */
        public Instant instant(ZoneId assumed) {
            return offset.isPresent()
                    ? local.toInstant(offset.get())
                    : local.atZone(assumed).toInstant();
        }
    }

    /** Collects facts while they are found; the first finding of each holds. One thread. */
    static final class Draft {
        private static final int MOST_NOTES = 20;
        private static final int MOST_ATTRIBUTES = 50;

        private final Map<String, String> attributes = new TreeMap<>();
        private final List<String> notes = new ArrayList<>();
        private @Nullable Size size;
        private @Nullable Duration duration;
        private @Nullable Taken taken;
        private @Nullable Place place;
        private int orientation = 1;

        void size(long width, long height) {
            if (size == null && width > 0 && height > 0 && width <= Integer.MAX_VALUE && height <= Integer.MAX_VALUE) {
                size = new Size((int) width, (int) height);
            }
        }

        boolean hasSize() {
            return size != null;
        }

        void duration(Duration found) {
            if (duration == null && !found.isNegative()) {
                duration = found;
            }
        }

        void taken(LocalDateTime local, @Nullable ZoneOffset offset) {
            if (taken == null) {
                taken = new Taken(local, Optional.ofNullable(offset));
            }
        }

        boolean hasTaken() {
            return taken != null;
        }

        void place(double lat, double lon, @Nullable Double altitude) {
            boolean isOnEarth = Math.abs(lat) <= 90 && Math.abs(lon) <= 180;
            if (!isOnEarth) {
                note("its place " + lat + ", " + lon + " is not on Earth");
            } else if (place == null) {
                place = new Place(lat, lon, Optional.ofNullable(altitude));
            }
        }

        void orientation(int found) {
            if (found >= 1 && found <= 8) {
                orientation = found;
            }
        }

        void attribute(String name, @Nullable String value) {
            if (value != null && !value.isBlank() && attributes.size() < MOST_ATTRIBUTES) {
                attributes.putIfAbsent(name, value.strip());
            }
        }

        void note(String note) {
            if (notes.size() < MOST_NOTES) {
                notes.add(note);
            }
        }

        MediaFacts facts(MediaType type) {
            return new MediaFacts(
                    type,
                    Optional.ofNullable(size),
                    Optional.ofNullable(duration),
                    Optional.ofNullable(taken),
                    Optional.ofNullable(place),
                    orientation,
                    attributes,
                    notes);
        }
    }
}
