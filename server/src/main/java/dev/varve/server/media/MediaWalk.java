package dev.varve.server.media;

import dev.varve.blobstore.ObjectStore;
import dev.varve.blobstore.object.Bucket;
import dev.varve.blobstore.object.ListRequest;
import dev.varve.blobstore.object.Listing;
import dev.varve.blobstore.object.ObjectKey;
import dev.varve.blobstore.object.StoredObject;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Compares media buckets with their rows and brings up to date what differs. One thread. */
final class MediaWalk {
    private static final int MOST_ROWS = 10_000;

    private final ObjectStore objects;
    private final MediaTable table;
    private final Answers answers;
    private final RowUpdates updates;
    private final MediaIndex.Indexed onIndexed;

    MediaWalk(
            ObjectStore objects, MediaTable table, Answers answers, RowUpdates updates, MediaIndex.Indexed onIndexed) {
        this.objects = objects;
        this.table = table;
        this.answers = answers;
        this.updates = updates;
        this.onIndexed = onIndexed;
    }

    private record Row(ObjectKey key, long sequence, String type) {}

    /** Walks through all buckets; returns how many keys differed. */
    int all() {
        int found = 0;
        Set<String> walked = new HashSet<>();
        for (Bucket bucket : objects.buckets()) {
            if (MediaRef.mayBeIn(bucket)) {
                walked.add(bucket.name());
                found += walk(bucket.name());
            }
        }
        return found + forget(walked);
    }

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
                    found += flush(stale, RowUpdates.MOST_AT_ONCE);
                    listed.advance();
                }
                boolean isSame =
                        object != null && object.key().equals(row.key()) && object.sequence() == row.sequence();
                if (isSame) {
                    onIndexed.indexed(new MediaRef(bucket, row.key()), object, row.type());
                    listed.advance();
                } else {
                    stale.add(new MediaRef(bucket, row.key()));
                    found += flush(stale, RowUpdates.MOST_AT_ONCE);
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
            found += flush(stale, RowUpdates.MOST_AT_ONCE);
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
                            RowUpdates.key(row),
                            RowUpdates.number(row, "sequence"),
                            Objects.requireNonNullElse(row.text("type"), ""))));
        }
        return page;
    }

    private int flush(List<MediaRef> stale, int least) {
        if (stale.size() < least) {
            return 0;
        }
        int count = stale.size();
        updates.update(stale.stream().distinct().toList());
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
                    row -> keys.add(new MediaRef(bucket, RowUpdates.key(row))));
            count += keys.size();
            for (int i = 0; i < keys.size(); i += RowUpdates.MOST_AT_ONCE) {
                updates.update(keys.subList(i, Math.min(keys.size(), i + RowUpdates.MOST_AT_ONCE)));
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
}
