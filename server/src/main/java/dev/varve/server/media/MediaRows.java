package dev.varve.server.media;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.varve.blobstore.ObjectStore;
import dev.varve.blobstore.media.MediaFacts;
import dev.varve.blobstore.media.MediaLimits;
import dev.varve.blobstore.media.MediaReader;
import dev.varve.blobstore.media.MediaSource;
import dev.varve.blobstore.media.MediaType;
import dev.varve.blobstore.media.Track;
import dev.varve.blobstore.object.Checksum;
import dev.varve.blobstore.object.ChecksumAlgorithm;
import dev.varve.blobstore.object.ObjectException;
import dev.varve.blobstore.object.ObjectKey;
import dev.varve.blobstore.object.ObjectReader;
import dev.varve.blobstore.object.StoredObject;
import dev.varve.server.wire.Json;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Makes the row of an object: what was given, what the bytes say, and where a track says it was. One thread. */
final class MediaRows {
    private static final int CACHED_TRACKS = 4;

    private final ObjectStore objects;
    private final MediaLimits limits;
    private final Map<TrackVersion, Optional<Track>> tracks = new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<TrackVersion, Optional<Track>> eldest) {
            return size() > CACHED_TRACKS;
        }
    };

    MediaRows(ObjectStore objects, MediaLimits limits) {
        this.objects = objects;
        this.limits = limits;
    }

    private record TrackVersion(MediaRef ref, long sequence) {}

    /**
     * A medium as a row.
     *
     * @param time in microseconds
     */
    record Described(MediaFacts facts, long time, ObjectNode row) {}

    /** The bytes of an opened object. */
    static MediaSource source(ObjectReader reader) {
        return new MediaSource() {
            @Override
            public long length() {
                return reader.object().size();
            }

            @Override
            public void read(long offset, ByteBuffer target) {
                reader.read(offset, target);
            }
        };
    }

    Described describe(MediaRef ref, StoredObject object) {
        ObjectNode notes = Json.object();
        GivenFacts given = GivenFacts.of(object.metadata(), notes);
        MediaFacts facts;
        try (ObjectReader reader = objects.open(ref.bucket(), object)) {
            facts = MediaReader.read(source(reader), limits);
        }
        ObjectNode row = Json.object();
        Instant time = time(given, facts, object, row);
        ObjectNode attributes = Json.object();
        facts.attributes().forEach(attributes::put);
        place(ref, given, facts, time, row, attributes);
        if (facts.orientation() != 1) {
            attributes.put("orientation", facts.orientation());
        }
        given.attributes().forEach(attributes::set);
        facts.notes().forEach(note -> notes.withArray("media").add(note));
        if (!notes.isEmpty()) {
            attributes.set("notes", notes);
        }
        row.put("bucket", ref.bucket())
                .put("key", ref.key().text())
                .put("version_id", object.versionId())
                .put("sequence", object.sequence())
                .put("size", object.size())
                .put("type", facts.type().mime())
                .put("kind", facts.type().kind().name().toLowerCase(Locale.ROOT))
                .put("checksum", checksum(object))
                .put("owner", object.owner())
                .put("uploaded", text(object.lastModified()))
                .put("attributes", new String(Json.bytes(attributes), StandardCharsets.UTF_8));
        facts.size().ifPresent(size -> row.put("width", size.width()).put("height", size.height()));
        facts.duration().ifPresent(duration -> row.put("duration", duration.toMillis() / 1000.0));
        return new Described(facts, micros(time), row);
    }

    private static Instant time(GivenFacts given, MediaFacts facts, StoredObject object, ObjectNode row) {
        ZoneId zone = Objects.requireNonNullElse(given.zone(), ZoneOffset.UTC);
        Optional<Instant> taken = facts.taken()
                .map(found -> found.instant(zone))
                .filter(found -> !found.isBefore(GivenFacts.FIRST) && found.isBefore(GivenFacts.LAST));
        Instant time;
        String source;
        if (given.time() != null) {
            time = given.time();
            source = "given";
        } else if (taken.isPresent()) {
            time = taken.get();
            source = "exif";
        } else {
            time = object.lastModified();
            source = "upload";
        }
        Instant stored = time.truncatedTo(ChronoUnit.MICROS);
        row.put("time", text(stored)).put("time_source", source);
        return stored;
    }

    private void place(
            MediaRef ref, GivenFacts given, MediaFacts facts, Instant time, ObjectNode row, ObjectNode attributes) {
        if (given.lat() != null && given.lon() != null) {
            row.put("lat", given.lat()).put("lon", given.lon()).put("place_source", "given");
            return;
        }
        if (facts.place().isPresent()) {
            put(row, facts.place().get(), "exif");
            return;
        }
        if (facts.type() == MediaType.GPX || row.path("time_source").asText().equals("upload")) {
            return;
        }
        for (String candidate : sideCars(ref.key().text(), given.track())) {
            Optional<MediaFacts.Place> place = at(ref.bucket(), candidate, time);
            if (place.isPresent()) {
                put(row, place.get(), "gpx");
                attributes.put("track", candidate);
                return;
            }
        }
    }

    private static void put(ObjectNode row, MediaFacts.Place place, String source) {
        row.put("lat", place.lat()).put("lon", place.lon()).put("place_source", source);
        place.altitude().ifPresent(altitude -> row.put("altitude", altitude));
    }

    /** Keys of tracks that may tell where a medium was. */
    private static List<String> sideCars(String key, @Nullable String named) {
        if (named != null) {
            return List.of(named);
        }
        String folder = key.substring(0, key.lastIndexOf('/') + 1);
        int dot = key.lastIndexOf('.');
        String stem = dot > folder.length() ? key.substring(0, dot) : key;
        return List.of(stem + ".gpx", key + ".gpx", folder + "track.gpx");
    }

    private Optional<MediaFacts.Place> at(String bucket, String key, Instant time) {
        if (key.isEmpty() || key.getBytes(StandardCharsets.UTF_8).length > ObjectKey.MAX_BYTES) {
            return Optional.empty();
        }
        MediaRef ref = new MediaRef(bucket, ObjectKey.of(key));
        Optional<StoredObject> found =
                objects.find(bucket, ref.key(), Optional.empty()).filter(object -> !object.isDeleteMarker());
        return found.flatMap(object -> track(ref, object)).flatMap(track -> track.at(time));
    }

    private Optional<Track> track(MediaRef ref, StoredObject object) {
        TrackVersion version = new TrackVersion(ref, object.sequence());
        Optional<Track> cached = tracks.get(version);
        if (cached != null) {
            return cached;
        }
        Optional<Track> track;
        try (ObjectReader reader = objects.open(ref.bucket(), object)) {
            track = Track.of(source(reader), limits);
        } catch (ObjectException replacedMeanwhile) {
            // Its successor's commit is told as well and will place the media again.
            return Optional.empty();
        }
        tracks.put(version, track);
        return track;
    }

    private static String checksum(StoredObject object) {
        Optional<Checksum> sha256 = object.checksums().stream()
                .filter(checksum -> checksum.algorithm() == ChecksumAlgorithm.SHA256 && !checksum.isComposite())
                .findFirst();
        if (sha256.isPresent()) {
            return "sha256:" + HexFormat.of().formatHex(sha256.get().bytes());
        }
        return (object.etag().contains("-") ? "etag:" : "md5:") + object.etag();
    }

    static long micros(Instant time) {
        return ChronoUnit.MICROS.between(Instant.EPOCH, time);
    }

    static Instant instant(long micros) {
        return Instant.EPOCH.plus(micros, ChronoUnit.MICROS);
    }

    static String text(Instant time) {
        return time.truncatedTo(ChronoUnit.MICROS).toString();
    }
}
