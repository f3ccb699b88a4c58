package dev.varve.blobstore.meta;

import dev.varve.blobstore.object.BucketSettings.DefaultRetention;
import dev.varve.blobstore.object.BucketSettings.Versioning;
import dev.varve.blobstore.object.Change;
import dev.varve.blobstore.object.Checksum;
import dev.varve.blobstore.object.Condition;
import dev.varve.blobstore.object.ObjectException;
import dev.varve.blobstore.object.ObjectKey;
import dev.varve.blobstore.object.ObjectProblem;
import dev.varve.blobstore.object.ObjectWrite;
import dev.varve.blobstore.object.Retention;
import dev.varve.blobstore.object.StoredObject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** Operations on objects and their versions. */
final class ObjectOps {
    private final Step step;

    ObjectOps(Step step) {
        this.step = step;
    }

    private byte[] inKey(BucketRow bucket, ObjectKey key) {
        return RowKeys.inKey(step.shard(), bucket.id(), key);
    }

    private @Nullable ObjectRow current(byte[] inKey) {
        Row row = step.rows().first(Family.OBJECT, inKey, inKey);
        return row == null ? null : ObjectRow.decode(RowKeys.versionOf(row.key()), row.value());
    }

    private @Nullable ObjectRow version(byte[] inKey, long version) {
        byte[] row = step.rows().get(Family.OBJECT, RowKeys.version(inKey, version));
        return row == null ? null : ObjectRow.decode(version, row);
    }

    private @Nullable ObjectRow version(byte[] inKey, String versionId) {
        if (versionId.equals(StoredObject.NULL_VERSION)) {
            return nullVersion(inKey, current(inKey));
        }
        OptionalLong number = ObjectRow.number(versionId);
        ObjectRow row = number.isPresent() ? version(inKey, number.getAsLong()) : null;
        return row == null || row.isNull() ? null : row;
    }

    private @Nullable ObjectRow nullVersion(byte[] inKey, @Nullable ObjectRow current) {
        if (current == null || current.isNull()) {
            return current;
        }
        byte[] covered = step.rows().get(Family.NULL_VERSION, inKey);
        return covered == null ? null : version(inKey, RowKeys.lastLong(covered));
    }

    private void remove(byte[] inKey, ObjectRow row) {
        step.rows().delete(Family.OBJECT, RowKeys.version(inKey, row.version()));
        if (row.isNull()) {
            step.rows().delete(Family.NULL_VERSION, inKey);
        }
        if (row.upload() != 0) {
            step.rows().delete(Family.COMPLETED, RowKeys.completed(step.shard(), row.upload()));
        }
        step.discard(row.extents());
    }

    /** What an upload of the key has become, if it still exists. */
    @Nullable
    StoredObject completed(BucketRow bucket, ObjectKey key, long upload) {
        byte[] completed = step.rows().get(Family.COMPLETED, RowKeys.completed(step.shard(), upload));
        if (completed == null) {
            return null;
        }
        byte[] inKey = inKey(bucket, key);
        ObjectRow row = version(inKey, RowKeys.lastLong(completed));
        return row == null ? null : row.object(key, isSame(row, current(inKey)));
    }

    private void replace(byte[] inKey, ObjectRow row) {
        step.rows().put(Family.OBJECT, RowKeys.version(inKey, row.version()), row.encode());
    }

    /** Makes room for a version on top: a null version takes the place of the old one, others cover it. */
    private void cover(BucketRow bucket, ObjectKey key, byte[] inKey, @Nullable ObjectRow current) {
        if (bucket.settings().versioning() == Versioning.ENABLED) {
            if (current != null && current.isNull()) {
                step.rows()
                        .put(
                                Family.NULL_VERSION,
                                inKey,
                                new BytesOut(Long.BYTES)
                                        .fixed64(current.version())
                                        .toBytes());
            }
            return;
        }
        ObjectRow old = nullVersion(inKey, current);
        if (old != null) {
            Rules.checkRemovable(step, key, old, false);
            remove(inKey, old);
        }
    }

    List<Change.Done> change(BucketRow bucket, MetaOp.ChangeObjects op) {
        List<Change.Done> done = new ArrayList<>(op.changes().size());
        for (MetaOp.ObjectChange change : op.changes()) {
            done.add(
                    switch (change) {
                        case MetaOp.Put put -> put(bucket, put);
                        case MetaOp.Delete delete -> delete(bucket, delete);
                    });
        }
        return done;
    }

    private Change.Done put(BucketRow bucket, MetaOp.Put put) {
        ObjectWrite write = put.write();
        step.checkBirth(put.gcBirth());
        checkLock(bucket, write);
        Made made = new Made(put.size(), put.etag(), put.checksums(), put.partSizes(), List.of(), put.extents(), 0);
        ObjectRow row = add(bucket, write, write.condition(), made);
        return new Change.Done(write.key(), Optional.of(row.object(write.key(), true)));
    }

    /** What a writer asks for must fit the bucket and the time of asking. */
    void checkLock(BucketRow bucket, ObjectWrite write) {
        if ((write.retention().isPresent() || write.legalHold())
                && !bucket.settings().objectLock()) {
            throw noLock(write.bucket());
        }
        write.retention().ifPresent(this::checkFuture);
    }

    private static ObjectException noLock(String bucket) {
        return new ObjectException(ObjectProblem.INVALID_STATE, bucket + " has no object lock");
    }

    private void checkFuture(Retention retention) {
        if (!retention.until().isAfter(step.time())) {
            throw new ObjectException(
                    ObjectProblem.INVALID_ARGUMENT,
                    "a retention until " + retention.until() + ", which is past at " + step.time());
        }
    }

    /**
     * What the bytes of a new version are.
     *
     * @param upload number of the upload they came by; 0 if they were written at once
     */
    record Made(
            long size,
            String etag,
            List<Checksum> checksums,
            List<Long> partSizes,
            List<Checksum> partChecksums,
            List<Extent> extents,
            long upload) {}

    /** Adds a version on top of a key. */
    ObjectRow add(BucketRow bucket, ObjectWrite write, Condition condition, Made made) {
        ObjectKey key = write.key();
        byte[] inKey = inKey(bucket, key);
        ObjectRow current = current(inKey);
        Rules.check(condition, key, current);
        if (bucket.settings().writeOnce() && current != null && !current.isDeleteMarker()) {
            throw new ObjectException(
                    ObjectProblem.LOCKED, "the bucket " + write.bucket() + " is written once and has " + key);
        }
        cover(bucket, key, inKey, current);
        Optional<Retention> retention =
                write.retention().or(() -> bucket.settings().defaultRetention().map(this::fromNow));
        long number = step.nextNumber();
        ObjectRow row = new ObjectRow(
                number,
                number,
                bucket.settings().versioning() != Versioning.ENABLED,
                false,
                write.isFile(),
                made.upload(),
                step.time(),
                made.size(),
                made.etag(),
                made.checksums(),
                made.partSizes(),
                made.partChecksums(),
                write.owner(),
                write.headers(),
                write.metadata(),
                write.tags(),
                retention,
                write.legalHold(),
                made.extents());
        step.rows().insert(Family.OBJECT, RowKeys.version(inKey, number), row.encode());
        return row;
    }

    private Retention fromNow(DefaultRetention retention) {
        return new Retention(retention.mode(), step.latestTime().plus(Duration.ofDays(retention.days())));
    }

    private Change.Done delete(BucketRow bucket, MetaOp.Delete delete) {
        ObjectKey key = delete.key();
        byte[] inKey = inKey(bucket, key);
        ObjectRow current = current(inKey);
        if (delete.versionId().isPresent()) {
            ObjectRow row = version(inKey, delete.versionId().get());
            Rules.check(delete.condition(), key, row);
            if (row == null) {
                return new Change.Done(key, Optional.empty());
            }
            Rules.checkRemovable(step, key, row, delete.bypassGovernance());
            remove(inKey, row);
            return new Change.Done(key, Optional.of(row.object(key, isSame(row, current))));
        }
        Rules.check(delete.condition(), key, current);
        return new Change.Done(key, deleteCurrent(bucket, key, inKey, current, delete.bypassGovernance()));
    }

    private static boolean isSame(ObjectRow row, @Nullable ObjectRow other) {
        return other != null && other.version() == row.version();
    }

    /** Removes the only version, or covers the versions by a marker. */
    private Optional<StoredObject> deleteCurrent(
            BucketRow bucket, ObjectKey key, byte[] inKey, @Nullable ObjectRow current, boolean bypassGovernance) {
        if (bucket.settings().versioning() == Versioning.OFF) {
            if (current == null) {
                return Optional.empty();
            }
            Rules.checkRemovable(step, key, current, bypassGovernance);
            remove(inKey, current);
            return Optional.of(current.object(key, true));
        }
        cover(bucket, key, inKey, current);
        long number = step.nextNumber();
        ObjectRow marker = ObjectRow.marker(
                number, bucket.settings().versioning() == Versioning.SUSPENDED, step.time(), bucket.owner());
        step.rows().insert(Family.OBJECT, RowKeys.version(inKey, number), marker.encode());
        return Optional.of(marker.object(key, true));
    }

    StoredObject setTags(BucketRow bucket, MetaOp.SetTags op) {
        byte[] inKey = inKey(bucket, op.key());
        ObjectRow row = target(inKey, op.key(), op.versionId()).withTags(step.nextNumber(), op.tags());
        return changed(inKey, op.key(), row);
    }

    StoredObject setRetention(BucketRow bucket, MetaOp.SetRetention op) {
        if (!bucket.settings().objectLock()) {
            throw noLock(op.bucket());
        }
        byte[] inKey = inKey(bucket, op.key());
        ObjectRow row = target(inKey, op.key(), op.versionId());
        op.retention().ifPresent(this::checkFuture);
        Rules.checkRetention(step, op.key(), row, op.retention().orElse(null), op.bypassGovernance());
        return changed(inKey, op.key(), row.withRetention(step.nextNumber(), op.retention()));
    }

    StoredObject setLegalHold(BucketRow bucket, MetaOp.SetLegalHold op) {
        if (!bucket.settings().objectLock()) {
            throw noLock(op.bucket());
        }
        byte[] inKey = inKey(bucket, op.key());
        ObjectRow row = target(inKey, op.key(), op.versionId());
        return changed(inKey, op.key(), row.withLegalHold(step.nextNumber(), op.isOn()));
    }

    private StoredObject changed(byte[] inKey, ObjectKey key, ObjectRow row) {
        replace(inKey, row);
        return row.object(key, isSame(row, current(inKey)));
    }

    /** The version that a caller wants to change. */
    private ObjectRow target(byte[] inKey, ObjectKey key, Optional<String> versionId) {
        if (versionId.isEmpty()) {
            ObjectRow current = current(inKey);
            if (current == null || current.isDeleteMarker()) {
                throw new ObjectException(ObjectProblem.NO_SUCH_KEY, "there is no object " + key);
            }
            return current;
        }
        ObjectRow row = version(inKey, versionId.get());
        if (row == null) {
            throw new ObjectException(
                    ObjectProblem.NO_SUCH_VERSION, "there is no version " + versionId.get() + " of " + key);
        }
        if (row.isDeleteMarker()) {
            throw new ObjectException(
                    ObjectProblem.IS_DELETE_MARKER,
                    "version " + versionId.get() + " of " + key + " is a delete marker");
        }
        return row;
    }

    List<Boolean> expire(BucketRow bucket, MetaOp.Expire op) {
        return op.expiries().stream().map(expiry -> expire(bucket, expiry)).toList();
    }

    private boolean expire(BucketRow bucket, MetaOp.Expiry expiry) {
        byte[] inKey = inKey(bucket, expiry.key());
        ObjectRow current = current(inKey);
        ObjectRow row = version(inKey, expiry.versionId());
        if (row == null || row.sequence() != expiry.sequence()) {
            return false;
        }
        boolean isCurrent = isSame(row, current);
        switch (expiry.kind()) {
            case CURRENT -> {
                boolean isRemoved = bucket.settings().versioning() != Versioning.ENABLED;
                if (!isCurrent || row.isDeleteMarker() || (isRemoved && Rules.isLocked(step, row, false))) {
                    return false;
                }
                deleteCurrent(bucket, expiry.key(), inKey, current, false);
            }
            case NONCURRENT -> {
                if (isCurrent || Rules.isLocked(step, row, false)) {
                    return false;
                }
                remove(inKey, row);
            }
            case MARKER -> {
                if (!row.isDeleteMarker()
                        || step.rows().rows(Family.OBJECT, inKey, inKey, 2).size() != 1) {
                    return false;
                }
                remove(inKey, row);
            }
        }
        return true;
    }
}
