package dev.varve.blobstore.meta;

import dev.varve.blobstore.object.Bucket;
import dev.varve.blobstore.object.ListRequest;
import dev.varve.blobstore.object.Listing;
import dev.varve.blobstore.object.ObjectKey;
import dev.varve.blobstore.object.StoredObject;
import dev.varve.blobstore.object.Upload;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Questions to the rows; each is answered from one moment, and sees everything applied before it was asked. Thread-safe. */
public final class MetaReads {
    private final RowStore rows;

    MetaReads(RowStore rows) {
        this.rows = rows;
    }

    /**
     * A bucket as it was at some revision of its settings.
     *
     * @param revision to be named when they are changed
     */
    public record BucketRevision(Bucket bucket, long revision) {}

    /** A chunk in the trash since some time. */
    public record TrashedChunk(MetaOp.TrashId id, long length, Instant since) {}

    public Optional<BucketRevision> bucket(String name) {
        return rows.use(
                MetaState.shardOf(name),
                () -> findBucket(name).map(row -> new BucketRevision(row.bucket(name), row.revision())));
    }

    private Optional<BucketRow> findBucket(String name) {
        return Optional.ofNullable(rows.get(Family.BUCKET, RowKeys.bucket(MetaState.shardOf(name), name)))
                .map(BucketRow::decode);
    }

    private BucketRow existing(String name) {
        return findBucket(name).orElseThrow(() -> BucketOps.noSuchBucket(name));
    }

    /** All buckets by name. */
    public List<Bucket> buckets() {
        return rows.useAll(() -> {
            List<Bucket> buckets = new ArrayList<>();
            try (RowStore.Cursor cursor = rows.cursor(Family.BUCKET, RowKeys.shard(MetaState.SHARDS))) {
                for (boolean more = cursor.seek(RowKeys.shard(0)); more; more = cursor.next()) {
                    String name = RowKeys.bucketOf(cursor.key());
                    buckets.add(BucketRow.decode(cursor.value()).bucket(name));
                }
            }
            buckets.sort(Comparator.comparing(Bucket::name));
            return buckets;
        });
    }

    /**
     * A version or delete marker of a key.
     *
     * @param versionId empty for the current one
     */
    public Optional<StoredVersion> find(String bucket, ObjectKey key, Optional<String> versionId) {
        return rows.use(MetaState.shardOf(bucket), () -> {
            byte[] inKey =
                    RowKeys.inKey(MetaState.shardOf(bucket), existing(bucket).id(), key);
            try (RowStore.Cursor cursor = rows.cursor(Family.OBJECT, RowKeys.behind(inKey))) {
                if (!cursor.seek(inKey)) {
                    return Optional.empty();
                }
                ObjectRow current = row(cursor);
                if (versionId.isEmpty()) {
                    return Optional.of(found(key, current, true));
                }
                return version(cursor, inKey, current, versionId.get())
                        .map(row -> found(key, row, row.version() == current.version()));
            }
        });
    }

    private Optional<ObjectRow> version(RowStore.Cursor cursor, byte[] inKey, ObjectRow current, String versionId) {
        boolean isNull = versionId.equals(StoredObject.NULL_VERSION);
        OptionalLong number = isNull ? nullVersion(inKey, current) : ObjectRow.number(versionId);
        if (number.isEmpty()) {
            return Optional.empty();
        }
        if (number.getAsLong() == current.version()) {
            return Optional.of(current).filter(row -> row.isNull() == isNull);
        }
        if (!cursor.seek(RowKeys.version(inKey, number.getAsLong()))) {
            return Optional.empty();
        }
        ObjectRow row = row(cursor);
        return Optional.of(row).filter(found -> found.version() == number.getAsLong() && found.isNull() == isNull);
    }

    private OptionalLong nullVersion(byte[] inKey, ObjectRow current) {
        if (current.isNull()) {
            return OptionalLong.of(current.version());
        }
        byte[] covered = rows.get(Family.NULL_VERSION, inKey);
        return covered == null ? OptionalLong.empty() : OptionalLong.of(RowKeys.lastLong(covered));
    }

    private static ObjectRow row(RowStore.Cursor cursor) {
        return ObjectRow.decode(RowKeys.versionOf(cursor.key()), cursor.value());
    }

    private static StoredVersion found(ObjectKey key, ObjectRow row, boolean isLatest) {
        return new StoredVersion(row.object(key, isLatest), row.isFile(), row.extents());
    }

    /** Current versions that are no delete markers. */
    public Listing list(ListRequest request) {
        return rows.use(
                MetaState.shardOf(request.bucket()), () -> listing(request).currents());
    }

    /** All versions and delete markers, newest first in each key. */
    public Listing listVersions(ListRequest request) {
        return rows.use(MetaState.shardOf(request.bucket()), () -> {
            long bucket = existing(request.bucket()).id();
            OptionalLong after = request.afterVersion()
                    .map(id -> afterVersion(request, bucket, id))
                    .orElse(OptionalLong.empty());
            return new PageScan(rows, MetaState.shardOf(request.bucket()), bucket, request).versions(after);
        });
    }

    private PageScan listing(ListRequest request) {
        return new PageScan(
                rows,
                MetaState.shardOf(request.bucket()),
                existing(request.bucket()).id(),
                request);
    }

    /** The number of the version that a page ended with; of a null version that is gone nothing is known any more. */
    private OptionalLong afterVersion(ListRequest request, long bucket, String versionId) {
        if (!versionId.equals(StoredObject.NULL_VERSION)) {
            return ObjectRow.number(versionId);
        }
        byte[] prefix = request.after().bytes();
        if (prefix.length == 0) {
            return OptionalLong.empty();
        }
        byte[] inKey = RowKeys.inKey(MetaState.shardOf(request.bucket()), bucket, ObjectKey.of(prefix));
        try (RowStore.Cursor cursor = rows.cursor(Family.OBJECT, RowKeys.behind(inKey))) {
            return cursor.seek(inKey) ? nullVersion(inKey, row(cursor)) : OptionalLong.empty();
        }
    }

    /** Uploads that are neither completed nor aborted, in order of key and begin. */
    public Upload.Uploads uploads(ListRequest request) {
        return rows.use(
                MetaState.shardOf(request.bucket()),
                () -> listing(request)
                        .uploads(request.afterVersion().map(ObjectRow::number).orElse(OptionalLong.empty())));
    }

    public Optional<Upload> upload(String bucket, ObjectKey key, String uploadId) {
        return rows.use(
                MetaState.shardOf(bucket),
                () -> Optional.ofNullable(findUpload(bucket, key, uploadId)).map(UploadRow::upload));
    }

    private @Nullable UploadRow findUpload(String bucket, ObjectKey key, String uploadId) {
        byte[] inKey = RowKeys.inKey(MetaState.shardOf(bucket), existing(bucket).id(), key);
        OptionalLong number = ObjectRow.number(uploadId);
        if (number.isEmpty()) {
            return null;
        }
        byte[] row = rows.get(Family.UPLOAD, RowKeys.upload(inKey, number.getAsLong()));
        return row == null ? null : UploadRow.decode(number.getAsLong(), row);
    }

    /** Parts with numbers above {@code after}. */
    public Upload.Parts parts(String bucket, ObjectKey key, String uploadId, int after, int most) {
        return rows.use(MetaState.shardOf(bucket), () -> {
            UploadRow upload = findUpload(bucket, key, uploadId);
            if (upload == null) {
                throw UploadOps.noSuchUpload(key, uploadId);
            }
            int shard = MetaState.shardOf(bucket);
            byte[] inUpload = RowKeys.inUpload(shard, upload.number());
            List<Upload.Part> parts = new ArrayList<>();
            int next = 0;
            int first = Math.clamp(after, 0, Upload.MOST_PARTS) + 1;
            try (RowStore.Cursor cursor = rows.cursor(Family.PART, RowKeys.behind(inUpload))) {
                boolean more = cursor.seek(RowKeys.part(shard, upload.number(), first));
                for (; more && parts.size() < most; more = cursor.next()) {
                    parts.add(PartRow.decode(RowKeys.partOf(cursor.key()), cursor.value())
                            .part());
                }
                if (more && !parts.isEmpty()) {
                    next = parts.getLast().number();
                }
            }
            return new Upload.Parts(upload.upload(), parts, next);
        });
    }

    /** Chunks in a shard's trash, those of the lowest floors first. */
    public List<TrashedChunk> trash(int shard, int most) {
        return rows.use(shard, () -> {
            List<TrashedChunk> chunks = new ArrayList<>();
            byte[] prefix = RowKeys.shard(shard);
            try (RowStore.Cursor cursor = rows.cursor(Family.TRASH, RowKeys.behind(prefix))) {
                for (boolean more = cursor.seek(prefix); more && chunks.size() < most; more = cursor.next()) {
                    chunks.add(trashed(cursor));
                }
            }
            return chunks;
        });
    }

    private static TrashedChunk trashed(RowStore.Cursor cursor) {
        TrashRow row = TrashRow.decode(cursor.value());
        return new TrashedChunk(RowKeys.trashOf(cursor.key()), row.length(), row.since());
    }

    /**
     * Gives every chunk that an object, a part or the trash of any shard refers to, all as of one moment. What was applied
     * before the call is seen, so an orphan is what is not given and was born below every shard's floor at the call.
     */
    public void chunks(Consumer<Extent.Chunk> sink) {
        rows.useAll(() -> {
            byte[] from = RowKeys.shard(0);
            byte[] below = RowKeys.shard(MetaState.SHARDS);
            try (RowStore.Image image = rows.image()) {
                try (RowStore.Cursor cursor = image.cursor(Family.OBJECT, below)) {
                    for (boolean more = cursor.seek(from); more; more = cursor.next()) {
                        give(row(cursor).extents(), sink);
                    }
                }
                try (RowStore.Cursor cursor = image.cursor(Family.PART, below)) {
                    for (boolean more = cursor.seek(from); more; more = cursor.next()) {
                        give(
                                PartRow.decode(RowKeys.partOf(cursor.key()), cursor.value())
                                        .extents(),
                                sink);
                    }
                }
                try (RowStore.Cursor cursor = image.cursor(Family.TRASH, below)) {
                    for (boolean more = cursor.seek(from); more; more = cursor.next()) {
                        TrashedChunk chunk = trashed(cursor);
                        sink.accept(
                                new Extent.Chunk(chunk.id().high(), chunk.id().low(), chunk.length(), 0));
                    }
                }
            }
            return MetaOp.None.DONE;
        });
    }

    private static void give(List<Extent> extents, Consumer<Extent.Chunk> sink) {
        for (Extent extent : extents) {
            if (extent instanceof Extent.Chunk chunk) {
                sink.accept(chunk);
            }
        }
    }
}
