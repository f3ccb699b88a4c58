package dev.varve.server.media;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.varve.blobstore.ObjectStore;
import dev.varve.blobstore.media.MediaType;
import dev.varve.blobstore.object.ListRequest;
import dev.varve.blobstore.object.Listing;
import dev.varve.blobstore.object.ObjectException;
import dev.varve.blobstore.object.ObjectKey;
import dev.varve.blobstore.object.StoredObject;
import dev.varve.model.ErrorCode;
import dev.varve.model.Schema;
import dev.varve.model.VarveException;
import dev.varve.server.wire.Json;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes the rows of some keys say what their objects are now, and those of the media beside a track that changed. One
 * thread.
 *
 * <p>A row is identified by bucket, key and time. So a version with another time comes with a row that marks the one it
 * replaces as deleted, in one batch.
 */
final class RowUpdates {
    static final int MOST_AT_ONCE = 200;

    private static final Logger LOG = LoggerFactory.getLogger(RowUpdates.class);
    private static final int MOST_BESIDE_TRACK = 10_000;
    private static final String GPX = ".gpx";
    private static final String TRACK = "track" + GPX;

    private final ObjectStore objects;
    private final MediaTable table;
    private final Answers answers;
    private final MediaRows rows;
    private final MediaIndex.Indexed onIndexed;

    RowUpdates(ObjectStore objects, MediaTable table, Answers answers, MediaRows rows, MediaIndex.Indexed onIndexed) {
        this.objects = objects;
        this.table = table;
        this.answers = answers;
        this.rows = rows;
        this.onIndexed = onIndexed;
    }

    /** What the dataset knows of a key: the row's time and version, and the object's sequence. */
    private record Known(long time, long version, long sequence, String type) {}

    /** Brings these rows up to date; one bad medium does not keep the others from theirs. */
    void update(List<MediaRef> refs) {
        try {
            index(refs, false);
        } catch (VarveException e) {
            boolean isOfOne = e.code() == ErrorCode.CORRUPT || e.code() == ErrorCode.ROWS_REJECTED;
            if (!isOfOne) {
                throw e;
            }
            if (refs.size() == 1) {
                MediaRef ref = refs.getFirst();
                LOG.warn("no row for a medium bucket={} key={}", ref.bucket(), ref.key(), e);
                return;
            }
            refs.forEach(ref -> update(List.of(ref)));
        }
    }

    /**
     * Brings the rows of these keys up to date, in one batch. The row of a track that changed is written after those of
     * the media beside it, so that it says that they are done.
     *
     * @param isAnew whether rows are made anew also of objects that they know
     */
    private void index(List<MediaRef> refs, boolean isAnew) {
        Map<MediaRef, List<Known>> known = known(refs);
        List<ObjectNode> lines = new ArrayList<>();
        StringBuilder basis = new StringBuilder();
        Map<MediaRef, Done> indexed = new LinkedHashMap<>();
        List<MediaRef> tracks = new ArrayList<>();
        for (MediaRef ref : refs) {
            if (!ObjectKey.of(ref.key().text()).equals(ref.key())) {
                LOG.warn(
                        "no row for a key that is not UTF-8 bucket={} key={}",
                        ref.bucket(),
                        ref.key().text());
                continue;
            }
            List<Known> before = known.getOrDefault(ref, List.of());
            Optional<StoredObject> object = current(ref);
            boolean isKnown = object.isPresent()
                    && before.size() == 1
                    && before.getFirst().sequence() == object.get().sequence();
            if (isKnown && !isAnew) {
                indexed.put(ref, new Done(object, before.getFirst().type()));
                continue;
            }
            MediaRows.Described described = null;
            if (object.isPresent()) {
                try {
                    described = rows.describe(ref, object.get());
                } catch (ObjectException e) {
                    // Replaced or deleted while it was read; that commit is told as well.
                    object = Optional.empty();
                }
            }
            for (Known row : before) {
                basis.append(row.version()).append(' ');
                if (described == null || row.time() != described.time()) {
                    lines.add(deleted(ref, row));
                }
            }
            if (described != null) {
                lines.add(described.row());
            }
            boolean wasTrack = before.stream().anyMatch(row -> row.type().equals(MediaType.GPX.mime()));
            boolean isTrack = described != null && described.facts().type() == MediaType.GPX;
            if ((wasTrack || isTrack) && !isKnown) {
                tracks.add(ref);
            }
            String type = described == null ? null : described.facts().type().mime();
            indexed.put(ref, new Done(object, type));
        }
        tracks.forEach(this::indexBeside);
        if (!lines.isEmpty()) {
            lines.forEach(basis::append);
            table.write(MediaTable.MEDIA, lines, "media-" + Sha256.hex(basis.toString()));
        }
        indexed.forEach((ref, done) -> onIndexed.indexed(ref, done.object().orElse(null), done.type()));
    }

    private record Done(
            Optional<StoredObject> object, @Nullable String type) {}

    private Optional<StoredObject> current(MediaRef ref) {
        if (objects.bucket(ref.bucket()).filter(MediaRef::mayBeIn).isEmpty()) {
            return Optional.empty();
        }
        return objects.find(ref.bucket(), ref.key(), Optional.empty()).filter(object -> !object.isDeleteMarker());
    }

    private static ObjectNode deleted(MediaRef ref, Known row) {
        return Json.object()
                .put("time", MediaRows.text(MediaRows.instant(row.time())))
                .put("bucket", ref.bucket())
                .put("key", ref.key().text())
                .put("sequence", row.sequence())
                .put(Schema.DELETED.name(), true);
    }

    private Map<MediaRef, List<Known>> known(List<MediaRef> refs) {
        Map<MediaRef, List<Known>> known = new HashMap<>();
        if (!table.isThere(MediaTable.MEDIA)) {
            return known;
        }
        Map<String, List<String>> keys = new LinkedHashMap<>();
        for (MediaRef ref : refs) {
            keys.computeIfAbsent(ref.bucket(), any -> new ArrayList<>())
                    .add(ref.key().text());
        }
        keys.forEach((bucket, names) -> {
            List<@Nullable Object> params = new ArrayList<>();
            params.add(bucket);
            params.addAll(names);
            String marks = "?, ".repeat(names.size());
            answers.each(
                    "SELECT key, time, version, sequence, type FROM media WHERE bucket = ? AND key IN ("
                            + marks.substring(0, marks.length() - 2) + ") ORDER BY version",
                    params,
                    row -> known.computeIfAbsent(new MediaRef(bucket, key(row)), any -> new ArrayList<>())
                            .add(new Known(
                                    number(row, "time"),
                                    number(row, "version"),
                                    number(row, "sequence"),
                                    Objects.requireNonNullElse(row.text("type"), ""))));
        });
        return known;
    }

    static ObjectKey key(Answers.Row row) {
        return ObjectKey.of(Objects.requireNonNullElse(row.text("key"), "?"));
    }

    static long number(Answers.Row row, String column) {
        return Objects.requireNonNullElse(row.number(column), -1L);
    }

    /** A track that came, changed or went may place the media beside it anew. */
    private void indexBeside(MediaRef track) {
        String key = track.key().text();
        boolean isOfFolder = key.endsWith("/" + TRACK) || key.equals(TRACK);
        String prefix =
                isOfFolder ? key.substring(0, key.length() - TRACK.length()) : key.replaceFirst("(?i)\\.gpx$", "");
        List<MediaRef> beside = new ArrayList<>();
        if (objects.bucket(track.bucket()).isEmpty()) {
            return;
        }
        ListRequest request = ListRequest.of(track.bucket(), ObjectKey.Prefix.of(prefix));
        Listing page = objects.list(request);
        while (beside.size() < MOST_BESIDE_TRACK) {
            for (StoredObject object : page.objects()) {
                String name = object.key()
                        .text()
                        .substring(Math.min(prefix.length(), object.key().text().length()));
                boolean isBeside = isOfFolder ? !name.contains("/") : name.isEmpty() || name.startsWith(".");
                // Tracks need no other track to tell where they were.
                if (isBeside && !object.key().text().toLowerCase(Locale.ROOT).endsWith(GPX)) {
                    beside.add(new MediaRef(track.bucket(), object.key()));
                }
            }
            if (page.nextAfter().isEmpty()) {
                break;
            }
            page = objects.list(new ListRequest(
                    track.bucket(),
                    request.prefix(),
                    request.delimiter(),
                    page.nextAfter().get(),
                    request.afterVersion(),
                    request.most()));
        }
        for (int i = 0; i < beside.size(); i += MOST_AT_ONCE) {
            index(beside.subList(i, Math.min(beside.size(), i + MOST_AT_ONCE)), true);
        }
    }
}
