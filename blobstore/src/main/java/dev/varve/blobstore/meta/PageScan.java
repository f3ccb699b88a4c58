package dev.varve.blobstore.meta;

import dev.varve.blobstore.object.ListRequest;
import dev.varve.blobstore.object.Listing;
import dev.varve.blobstore.object.ObjectKey;
import dev.varve.blobstore.object.StoredObject;
import dev.varve.blobstore.object.Upload;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * One page of a bucket's rows in the order of keys. What a common prefix or the versions of a key hide is skipped by seeking
 * behind it, so a page costs what it shows. Used once, by one thread.
 */
final class PageScan {
    /** So many older versions of a key are stepped over before seeking behind them. */
    private static final int STEPS = 8;

    private final RowStore rows;
    private final int shard;
    private final long bucket;
    private final ListRequest request;
    private final byte[] prefix;
    private final byte[] delimiter;
    private final byte[] after;

    private final List<ObjectKey.Prefix> prefixes = new ArrayList<>();
    private int found;
    private boolean isTruncated;
    private @Nullable ObjectKey lastKey;

    PageScan(RowStore rows, int shard, long bucket, ListRequest request) {
        this.rows = rows;
        this.shard = shard;
        this.bucket = bucket;
        this.request = request;
        this.prefix = request.prefix().bytes();
        this.delimiter = request.delimiter().orElse("").getBytes(StandardCharsets.UTF_8);
        this.after = request.after().bytes();
    }

    private RowStore.Cursor cursor(Family family) {
        return rows.cursor(family, RowKeys.behind(withPrefix(prefix)));
    }

    private byte[] withPrefix(byte[] bytes) {
        return RowKeys.withPrefix(shard, bucket, bytes);
    }

    /** Where to begin: behind all rows of the key {@code after}. */
    private byte[] start() {
        byte[] first = withPrefix(prefix);
        if (after.length == 0) {
            return first;
        }
        byte[] behind = RowKeys.behind(inAfter());
        return Arrays.compareUnsigned(behind, first) > 0 ? behind : first;
    }

    /** What begins the rows of the key {@code after}, which as a prefix may be longer than keys are. */
    private byte[] inAfter() {
        byte[] escaped = withPrefix(after);
        return new BytesOut(escaped.length + 2).raw(escaped).octet(0).octet(1).toBytes();
    }

    /** The common prefix that stands for a key; null if the key stands for itself. */
    private byte @Nullable [] commonPrefix(byte[] key) {
        if (delimiter.length == 0) {
            return null;
        }
        for (int at = prefix.length; at + delimiter.length <= key.length; at++) {
            if (Arrays.equals(key, at, at + delimiter.length, delimiter, 0, delimiter.length)) {
                return Arrays.copyOf(key, at + delimiter.length);
            }
        }
        return null;
    }

    /** Whether there is room for one more; if not, the page is truncated. */
    private boolean hasRoom() {
        if (found >= request.most()) {
            isTruncated = request.most() > 0;
            return false;
        }
        found++;
        return true;
    }

    /** Takes a common prefix unless the page before ended with it; false if there is no room. */
    private boolean add(byte[] commonPrefix) {
        if (Arrays.equals(commonPrefix, after)) {
            return true;
        }
        if (!hasRoom()) {
            return false;
        }
        prefixes.add(ObjectKey.Prefix.of(commonPrefix));
        lastKey = null;
        return true;
    }

    /** Takes rows that stand for themselves. */
    private interface Taker {
        void take(ObjectKey key, byte[] row, byte[] value);
    }

    /** Walks from the cursor's row to the end of the page. */
    private void scan(RowStore.Cursor cursor, boolean isCurrentOnly, Taker taker) {
        boolean more = true;
        while (more) {
            byte[] row = cursor.key();
            byte[] value = cursor.value();
            if (isCurrentOnly && ObjectRow.isDeleteMarker(value)) {
                more = skipKey(cursor, row);
                continue;
            }
            ObjectKey key = RowKeys.keyOf(row);
            byte[] commonPrefix = commonPrefix(key.bytes());
            if (commonPrefix != null) {
                more = add(commonPrefix) && cursor.seek(RowKeys.behind(withPrefix(commonPrefix)));
            } else if (hasRoom()) {
                taker.take(key, row, value);
                lastKey = key;
                more = isCurrentOnly ? skipKey(cursor, row) : cursor.next();
            } else {
                more = false;
            }
        }
    }

    /** Goes behind the versions of a row's key. */
    private static boolean skipKey(RowStore.Cursor cursor, byte[] row) {
        byte[] inKey = RowKeys.withoutNumber(row);
        for (int step = 0; step < STEPS; step++) {
            if (!cursor.next()) {
                return false;
            }
            if (!RowKeys.startsWith(cursor.key(), inKey)) {
                return true;
            }
        }
        return cursor.seek(RowKeys.behind(inKey));
    }

    Listing currents() {
        List<StoredObject> objects = new ArrayList<>();
        try (RowStore.Cursor cursor = cursor(Family.OBJECT)) {
            if (request.most() > 0 && cursor.seek(start())) {
                scan(
                        cursor,
                        true,
                        (key, row, value) -> objects.add(ObjectRow.decodeHead(RowKeys.versionOf(row), value)
                                .object(key, true)));
            }
        }
        return new Listing(objects, prefixes, nextAfter(), Optional.empty());
    }

    /**
     * Versions and delete markers.
     *
     * @param afterVersion of the key {@code after}, those below it too
     */
    Listing versions(OptionalLong afterVersion) {
        List<StoredObject> objects = new ArrayList<>();
        try (RowStore.Cursor cursor = cursor(Family.OBJECT)) {
            byte[] start = start();
            byte[] keyBefore = null;
            if (isInPrefix(afterVersion)) {
                byte[] older = RowKeys.after(RowKeys.version(inAfter(), afterVersion.getAsLong()));
                // If there is a newer version of the key, the first one on this page is not its current one.
                boolean hasNewer = cursor.seek(inAfter()) && Arrays.compareUnsigned(cursor.key(), older) < 0;
                keyBefore = hasNewer ? inAfter() : null;
                start = older;
            }
            if (request.most() > 0 && cursor.seek(start)) {
                VersionTaker taker = new VersionTaker(objects, keyBefore);
                scan(cursor, false, taker);
            }
        }
        boolean endsWithVersion = isTruncated && lastKey != null;
        return new Listing(
                objects,
                prefixes,
                nextAfter(),
                endsWithVersion ? Optional.of(objects.getLast().versionId()) : Optional.empty());
    }

    /** Whether to begin within the rows of the key {@code after}. */
    private boolean isInPrefix(OptionalLong afterNumber) {
        return afterNumber.isPresent() && after.length > 0 && RowKeys.startsWith(inAfter(), withPrefix(prefix));
    }

    /** The first version of each key is its current one. */
    private static final class VersionTaker implements Taker {
        private final List<StoredObject> objects;
        private byte @Nullable [] keyBefore;

        VersionTaker(List<StoredObject> objects, byte @Nullable [] keyBefore) {
            this.objects = objects;
            this.keyBefore = keyBefore;
        }

        @Override
        public void take(ObjectKey key, byte[] row, byte[] value) {
            byte[] inKey = RowKeys.withoutNumber(row);
            boolean isLatest = !Arrays.equals(inKey, keyBefore);
            keyBefore = inKey;
            objects.add(ObjectRow.decodeHead(RowKeys.versionOf(row), value).object(key, isLatest));
        }
    }

    /**
     * Uploads.
     *
     * @param afterUpload of the key {@code after}, those behind it too
     */
    Upload.Uploads uploads(OptionalLong afterUpload) {
        List<Upload> uploads = new ArrayList<>();
        try (RowStore.Cursor cursor = cursor(Family.UPLOAD)) {
            byte[] start = isInPrefix(afterUpload)
                    ? RowKeys.after(RowKeys.upload(inAfter(), afterUpload.getAsLong()))
                    : start();
            if (request.most() > 0 && cursor.seek(start)) {
                scan(
                        cursor,
                        false,
                        (key, row, value) -> uploads.add(
                                UploadRow.decode(RowKeys.lastLong(row), value).upload()));
            }
        }
        boolean endsWithUpload = isTruncated && lastKey != null;
        return new Upload.Uploads(
                uploads,
                prefixes,
                nextAfter(),
                endsWithUpload ? Optional.of(uploads.getLast().id()) : Optional.empty());
    }

    private Optional<ObjectKey.Prefix> nextAfter() {
        if (!isTruncated) {
            return Optional.empty();
        }
        return Optional.of(lastKey != null ? ObjectKey.Prefix.of(lastKey.bytes()) : prefixes.getLast());
    }
}
