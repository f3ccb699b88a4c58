package dev.varve.server.media;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.varve.blobstore.ObjectStore;
import dev.varve.blobstore.media.MediaType;
import dev.varve.blobstore.object.Bucket;
import dev.varve.blobstore.object.ListRequest;
import dev.varve.blobstore.object.Listing;
import dev.varve.blobstore.object.ObjectException;
import dev.varve.blobstore.object.ObjectKey;
import dev.varve.blobstore.object.StoredObject;
import dev.varve.model.ErrorCode;
import dev.varve.model.Schema;
import dev.varve.model.VarveException;
import dev.varve.server.wire.Json;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the dataset {@code media} equal to what is in the media buckets.
 *
 * <p>The rows are a function of the objects, and the rows themselves are the only memory of what has been done: each has
 * its object's sequence. One thread brings keys up to date that were told as committed, many at a time. At the start,
 * from time to time, and when more keys were told than are remembered, it walks through each bucket and its rows side by
 * side, both in the order of keys, and so finds whatever a crash, an expiry or a failure left undone. A failure leaves
 * keys undone until the next walk.
 *
 * <p>A row is identified by bucket, key and time. So a version with another time comes with a row that marks the one it
 * replaces as deleted, in one batch.
 */
final class MediaIndex implements AutoCloseable, ObservedObjects.Listener {
    private static final Logger LOG = LoggerFactory.getLogger(MediaIndex.class);
    private static final int MOST_WAITING = 100_000;
    private static final int MOST_AT_ONCE = 200;
    private static final int MOST_ROWS = 10_000;
    private static final int MOST_BESIDE_TRACK = 10_000;
    private static final String GPX = ".gpx";
    private static final String TRACK = "track" + GPX;

    private final ObjectStore objects;
    private final MediaTable table;
    private final Answers answers;
    private final MediaRows rows;
    private final Indexed onIndexed;
    private final Duration pause;
    private final Thread thread;
    /** Keys to be looked at, guarded by this; the value completes when that is done. */
    private final LinkedHashMap<MediaRef, CompletableFuture<Void>> waiting = new LinkedHashMap<>();

    private boolean mustWalk = true;
    private boolean isClosed;
    private CompletableFuture<Void> walked = new CompletableFuture<>();

    /** What the dataset knows of a key: the row's time and version, and the object's sequence. */
    private record Known(long time, long version, long sequence, String type) {}

    /** Told of each key whose row is up to date, on the indexing thread; must return at once. */
    interface Indexed {
        /** Both are null if there is no such medium. */
        void indexed(MediaRef ref, @Nullable StoredObject object, @Nullable String type);
    }

    MediaIndex(ObjectStore objects, MediaTable table, Answers answers, Duration pause, Indexed onIndexed) {
        this.objects = objects;
        this.table = table;
        this.answers = answers;
        this.pause = pause;
        this.onIndexed = onIndexed;
        this.rows = new MediaRows(objects);
        this.thread = Thread.ofPlatform().daemon().name("varve-media-index").unstarted(this::run);
    }

    void start() {
        thread.start();
    }

    static boolean isMedia(Bucket bucket) {
        return Objects.equals(bucket.settings().tags().get(MediaLibrary.KIND_TAG), MediaLibrary.MEDIA_KIND);
    }

    @Override
    public void committed(String bucket, ObjectKey key) {
        if (objects.bucket(bucket).filter(MediaIndex::isMedia).isPresent()) {
            var _ = upToDate(new MediaRef(bucket, key));
        }
    }

    @Override
    public void bucketChanged(String bucket) {
        synchronized (this) {
            mustWalk = true;
            notifyAll();
        }
    }

    /** Completes when the key's row is what its object says now, exceptionally if that failed. */
    synchronized CompletableFuture<Void> upToDate(MediaRef ref) {
        if (isClosed) {
            return CompletableFuture.failedFuture(new IllegalStateException("closed"));
        }
        CompletableFuture<Void> done = waiting.get(ref);
        if (done == null) {
            if (waiting.size() >= MOST_WAITING) {
                mustWalk = true;
                return walked;
            }
            done = new CompletableFuture<>();
            waiting.put(ref, done);
            notifyAll();
        }
        return done;
    }

    /** Completes when all buckets have been walked through from now on. */
    synchronized CompletableFuture<Void> walk() {
        mustWalk = true;
        notifyAll();
        return walked;
    }

    private void run() {
        long nextWalkNanos = System.nanoTime();
        try {
            while (true) {
                Map<MediaRef, CompletableFuture<Void>> batch = new LinkedHashMap<>();
                CompletableFuture<Void> walking = null;
                synchronized (this) {
                    while (waiting.isEmpty() && !mustWalk && !isClosed && nextWalkNanos - System.nanoTime() > 0) {
                        wait(Math.max(1, (nextWalkNanos - System.nanoTime()) / 1_000_000));
                    }
                    if (isClosed) {
                        return;
                    }
                    take(batch);
                    if (batch.isEmpty()) {
                        mustWalk = false;
                        walking = walked;
                        walked = new CompletableFuture<>();
                    }
                }
                if (walking == null) {
                    settle(batch);
                } else {
                    walkAll(walking);
                    nextWalkNanos = System.nanoTime() + pause.toNanos();
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void take(Map<MediaRef, CompletableFuture<Void>> batch) {
        Iterator<Map.Entry<MediaRef, CompletableFuture<Void>>> first =
                waiting.entrySet().iterator();
        while (first.hasNext() && batch.size() < MOST_AT_ONCE) {
            Map.Entry<MediaRef, CompletableFuture<Void>> entry = first.next();
            batch.put(entry.getKey(), entry.getValue());
            first.remove();
        }
    }

    private void settle(Map<MediaRef, CompletableFuture<Void>> batch) {
        try {
            indexAll(List.copyOf(batch.keySet()));
            batch.values().forEach(done -> done.complete(null));
        } catch (RuntimeException e) {
            // A thread's work ends here: it must go on with the next keys. The next walk finds these again.
            LOG.warn(
                    "media rows could not be written, they will be later keys={} first={}",
                    batch.size(),
                    batch.keySet().iterator().next(),
                    e);
            batch.values().forEach(done -> done.completeExceptionally(e));
        }
    }

    private void walkAll(CompletableFuture<Void> done) {
        try {
            int found = 0;
            Set<String> walkedBuckets = new HashSet<>();
            for (Bucket bucket : objects.buckets()) {
                if (isMedia(bucket)) {
                    walkedBuckets.add(bucket.name());
                    found += walk(bucket.name());
                }
            }
            found += forget(walkedBuckets);
            if (found > 0) {
                LOG.info("media rows brought up to date keys={}", found);
            }
            done.complete(null);
        } catch (RuntimeException e) {
            LOG.warn("media buckets could not be compared with their rows, they will be later", e);
            done.completeExceptionally(e);
        }
    }

    private record Row(ObjectKey key, long sequence, String type) {}

    /** Walks through a bucket and its rows side by side, a page of rows at a time. */
    private int walk(String bucket) {
        int found = 0;
        BucketWalk listed = new BucketWalk(bucket);
        List<MediaRef> stale = new ArrayList<>();
        String after = "";
        while (true) {
            List<Row> page = rows(bucket, after);
            for (Row row : page) {
                StoredObject object = listed.current();
                for (; object != null && object.key().compareTo(row.key()) < 0; object = listed.current()) {
                    stale.add(new MediaRef(bucket, object.key()));
                    found += flush(stale, MOST_AT_ONCE);
                    listed.advance();
                }
                boolean isSame =
                        object != null && object.key().equals(row.key()) && object.sequence() == row.sequence();
                if (isSame) {
                    onIndexed.indexed(new MediaRef(bucket, row.key()), object, row.type());
                    listed.advance();
                } else {
                    stale.add(new MediaRef(bucket, row.key()));
                    found += flush(stale, MOST_AT_ONCE);
                    if (object != null && object.key().equals(row.key())) {
                        listed.advance();
                    }
                }
            }
            if (page.size() < MOST_ROWS) {
                break;
            }
            after = page.getLast().key().text();
        }
        for (StoredObject object = listed.current(); object != null; object = listed.current()) {
            stale.add(new MediaRef(bucket, object.key()));
            found += flush(stale, MOST_AT_ONCE);
            listed.advance();
        }
        return found + flush(stale, 1);
    }

    private List<Row> rows(String bucket, String after) {
        List<Row> page = new ArrayList<>();
        if (table.isThere(MediaTable.MEDIA)) {
            answers.each(
                    "SELECT key, sequence, type FROM media WHERE bucket = ? AND key > ? ORDER BY key LIMIT "
                            + MOST_ROWS,
                    List.of(bucket, after),
                    row -> page.add(new Row(
                            key(row), number(row, "sequence"), Objects.requireNonNullElse(row.text("type"), ""))));
        }
        return page;
    }

    private static ObjectKey key(Answers.Row row) {
        return ObjectKey.of(Objects.requireNonNullElse(row.text("key"), "?"));
    }

    private int flush(List<MediaRef> stale, int least) {
        if (stale.size() < least) {
            return 0;
        }
        int count = stale.size();
        indexAll(stale.stream().distinct().toList());
        stale.clear();
        return count;
    }

    /** Marks rows of buckets as deleted that are gone or no media buckets any more. */
    private int forget(Set<String> mediaBuckets) {
        if (!table.isThere(MediaTable.MEDIA)) {
            return 0;
        }
        List<String> gone = new ArrayList<>();
        answers.each("SELECT DISTINCT bucket FROM media", List.of(), row -> {
            String bucket = Objects.requireNonNullElse(row.text("bucket"), "");
            if (!mediaBuckets.contains(bucket)) {
                gone.add(bucket);
            }
        });
        int count = 0;
        for (String bucket : gone) {
            List<MediaRef> keys = new ArrayList<>();
            answers.each(
                    "SELECT DISTINCT key FROM media WHERE bucket = ?",
                    List.of(bucket),
                    row -> keys.add(new MediaRef(bucket, key(row))));
            count += keys.size();
            for (int i = 0; i < keys.size(); i += MOST_AT_ONCE) {
                indexAll(keys.subList(i, Math.min(keys.size(), i + MOST_AT_ONCE)));
            }
        }
        return count;
    }

    /** The current objects of a bucket in the order of keys, page by page. */
    private final class BucketWalk {
        private final String bucket;
        private Listing page;
        private int index;

        BucketWalk(String bucket) {
            this.bucket = bucket;
            this.page = objects.list(ListRequest.of(bucket, ObjectKey.Prefix.ALL));
            skipEmpty();
        }

        @Nullable
        StoredObject current() {
            return index < page.objects().size() ? page.objects().get(index) : null;
        }

        void advance() {
            index++;
            skipEmpty();
        }

        private void skipEmpty() {
            while (index >= page.objects().size() && page.nextAfter().isPresent()) {
                ListRequest first = ListRequest.of(bucket, ObjectKey.Prefix.ALL);
                page = objects.list(new ListRequest(
                        bucket,
                        first.prefix(),
                        first.delimiter(),
                        page.nextAfter().get(),
                        first.afterVersion(),
                        first.most()));
                index = 0;
            }
        }
    }

    /** One bad medium must not keep the others from their rows. */
    private void indexAll(List<MediaRef> refs) {
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
            refs.forEach(ref -> indexAll(List.of(ref)));
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
            table.write(MediaTable.MEDIA, lines, "media-" + sha256(basis.toString()));
        }
        indexed.forEach((ref, done) -> onIndexed.indexed(ref, done.object().orElse(null), done.type()));
    }

    private record Done(
            Optional<StoredObject> object, @Nullable String type) {}

    private Optional<StoredObject> current(MediaRef ref) {
        if (objects.bucket(ref.bucket()).filter(MediaIndex::isMedia).isEmpty()) {
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

    private static long number(Answers.Row row, String column) {
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

    static String sha256(String text) {
        return sha256(text.getBytes(StandardCharsets.UTF_8));
    }

    static String sha256(byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException("every JDK has SHA-256", impossible);
        }
    }

    @Override
    public void close() {
        synchronized (this) {
            isClosed = true;
            notifyAll();
        }
        try {
            thread.join(Duration.ofSeconds(30));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        synchronized (this) {
            waiting.values().forEach(done -> done.completeExceptionally(new IllegalStateException("closed")));
            waiting.clear();
            walked.completeExceptionally(new IllegalStateException("closed"));
        }
    }
}
