package dev.varve.blobstore.meta;

import dev.varve.blobstore.object.ChecksumAlgorithm;
import dev.varve.blobstore.object.ObjectException;
import dev.varve.blobstore.object.ObjectKey;
import dev.varve.blobstore.object.ObjectProblem;
import dev.varve.blobstore.object.ObjectRules;
import dev.varve.blobstore.object.PartsWhole;
import dev.varve.blobstore.object.StoredObject;
import dev.varve.blobstore.object.Upload;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Operations on multipart uploads. */
final class UploadOps {
    private final Step step;
    private final ObjectOps objects;

    UploadOps(Step step, ObjectOps objects) {
        this.step = step;
        this.objects = objects;
    }

    private byte[] rowKey(BucketRow bucket, ObjectKey key, long number) {
        return RowKeys.upload(RowKeys.inKey(step.shard(), bucket.id(), key), number);
    }

    private @Nullable UploadRow find(BucketRow bucket, ObjectKey key, String uploadId) {
        OptionalLong number = ObjectRow.number(uploadId);
        if (number.isEmpty()) {
            return null;
        }
        byte[] row = step.rows().get(Family.UPLOAD, rowKey(bucket, key, number.getAsLong()));
        return row == null ? null : UploadRow.decode(number.getAsLong(), row);
    }

    static ObjectException noSuchUpload(ObjectKey key, String uploadId) {
        return new ObjectException(ObjectProblem.NO_SUCH_UPLOAD, "there is no upload " + uploadId + " of " + key);
    }

    private UploadRow existing(BucketRow bucket, ObjectKey key, String uploadId) {
        UploadRow row = find(bucket, key, uploadId);
        if (row == null) {
            throw noSuchUpload(key, uploadId);
        }
        return row;
    }

    Upload create(BucketRow bucket, MetaOp.CreateUpload op) {
        objects.checkLock(bucket, op.write());
        ObjectRules.checkUpload(op.checksum(), op.isComposite());
        UploadRow row = new UploadRow(step.nextNumber(), step.time(), op.write(), op.checksum(), op.isComposite());
        step.rows().insert(Family.UPLOAD, rowKey(bucket, op.write().key(), row.number()), row.encode());
        return row.upload();
    }

    Upload.Part putPart(BucketRow bucket, MetaOp.PutPart op) {
        UploadRow upload = existing(bucket, op.key(), op.uploadId());
        ObjectRules.checkPartNumber(op.number());
        upload.checksum().ifPresent(algorithm -> checkHas(op, algorithm));
        step.checkBirth(op.gcBirth());
        byte[] rowKey = RowKeys.part(step.shard(), upload.number(), op.number());
        byte[] old = step.rows().get(Family.PART, rowKey);
        if (old != null) {
            step.discard(PartRow.decode(op.number(), old).extents());
        }
        PartRow row = new PartRow(op.number(), step.time(), op.size(), op.etag(), op.checksums(), op.extents());
        step.rows().put(Family.PART, rowKey, row.encode());
        return row.part();
    }

    private static void checkHas(MetaOp.PutPart op, ChecksumAlgorithm algorithm) {
        if (op.checksums().stream().noneMatch(checksum -> checksum.algorithm() == algorithm)) {
            throw new ObjectException(
                    ObjectProblem.INVALID_ARGUMENT, "part " + op.number() + " of " + op.key() + " has no " + algorithm);
        }
    }

    MetaOp.None abort(BucketRow bucket, MetaOp.AbortUpload op) {
        UploadRow upload = existing(bucket, op.key(), op.uploadId());
        parts(upload).values().forEach(part -> step.discard(part.extents()));
        remove(bucket, op.key(), upload);
        return MetaOp.None.DONE;
    }

    private SortedMap<Integer, PartRow> parts(UploadRow upload) {
        byte[] prefix = RowKeys.inUpload(step.shard(), upload.number());
        SortedMap<Integer, PartRow> parts = new TreeMap<>();
        for (Row row : step.rows().rows(Family.PART, prefix, prefix, Upload.MOST_PARTS)) {
            int number = RowKeys.partOf(row.key());
            parts.put(number, PartRow.decode(number, row.value()));
        }
        return parts;
    }

    /** Removes an upload and its parts; their chunks have found another place. */
    private void remove(BucketRow bucket, ObjectKey key, UploadRow upload) {
        byte[] prefix = RowKeys.inUpload(step.shard(), upload.number());
        for (Row row : step.rows().rows(Family.PART, prefix, prefix, Upload.MOST_PARTS)) {
            step.rows().delete(Family.PART, row.key());
        }
        step.rows().delete(Family.UPLOAD, rowKey(bucket, key, upload.number()));
    }

    StoredObject complete(BucketRow bucket, MetaOp.CompleteUpload op) {
        ObjectKey key = op.key();
        UploadRow upload = find(bucket, key, op.uploadId());
        if (upload == null) {
            return completed(bucket, key, op.uploadId());
        }
        SortedMap<Integer, PartRow> rows = parts(upload);
        SortedMap<Integer, Upload.Part> uploaded = new TreeMap<>();
        rows.forEach((number, row) -> uploaded.put(number, row.part()));
        PartsWhole whole = PartsWhole.of(upload.upload(), uploaded, op.completion());
        List<Extent> extents = new ArrayList<>();
        for (Upload.Part part : whole.parts()) {
            PartRow row = rows.remove(part.number());
            if (row != null) {
                extents.addAll(row.extents());
            }
        }
        ObjectOps.Made made = new ObjectOps.Made(
                whole.size(),
                whole.etag(),
                whole.checksums(),
                whole.sizes(),
                whole.partChecksums(),
                extents,
                upload.number());
        ObjectRow row = objects.add(bucket, upload.write(), op.completion().condition(), made);
        rows.values().forEach(unused -> step.discard(unused.extents()));
        remove(bucket, key, upload);
        step.rows()
                .insert(
                        Family.COMPLETED,
                        RowKeys.completed(step.shard(), upload.number()),
                        new BytesOut(Long.BYTES).fixed64(row.version()).toBytes());
        return row.object(key, true);
    }

    /** What the upload has already become. */
    private StoredObject completed(BucketRow bucket, ObjectKey key, String uploadId) {
        OptionalLong number = ObjectRow.number(uploadId);
        StoredObject object = number.isEmpty() ? null : objects.completed(bucket, key, number.getAsLong());
        if (object == null) {
            throw noSuchUpload(key, uploadId);
        }
        return object;
    }
}
