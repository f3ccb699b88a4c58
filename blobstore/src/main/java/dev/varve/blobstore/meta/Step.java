package dev.varve.blobstore.meta;

import java.time.Instant;

/** One batch being applied to a shard, operation by operation: what they share. */
final class Step {
    private final int shard;
    private final PendingRows rows;
    private final ShardHead before;
    private final Instant time;
    private final Instant trusted;
    private final BucketOps buckets;
    private final ObjectOps objects;
    private final UploadOps uploads;

    private long lastNumber;
    private long floor;
    private long lastNumberBefore;
    private long floorBefore;

    Step(int shard, PendingRows rows, ShardHead before, MetaBatch batch) {
        this.shard = shard;
        this.rows = rows;
        this.before = before;
        this.time = batch.time();
        this.trusted = batch.trusted();
        this.lastNumber = before.lastNumber();
        this.floor = before.gcFloor();
        this.buckets = new BucketOps(this);
        this.objects = new ObjectOps(this);
        this.uploads = new UploadOps(this, objects);
    }

    void begin() {
        lastNumberBefore = lastNumber;
        floorBefore = floor;
    }

    void rollBack() {
        lastNumber = lastNumberBefore;
        floor = floorBefore;
    }

    Object apply(MetaOp<?> op) {
        return switch (op) {
            case MetaOp.CreateBucket create -> buckets.create(create);
            case MetaOp.ChangeBucket change -> buckets.change(change);
            case MetaOp.DeleteBucket delete -> buckets.delete(delete);
            case MetaOp.ChangeObjects change -> objects.change(buckets.find(change.bucket()), change);
            case MetaOp.SetTags set -> objects.setTags(buckets.find(set.bucket()), set);
            case MetaOp.SetRetention set -> objects.setRetention(buckets.find(set.bucket()), set);
            case MetaOp.SetLegalHold set -> objects.setLegalHold(buckets.find(set.bucket()), set);
            case MetaOp.Expire expire -> objects.expire(buckets.find(expire.bucket()), expire);
            case MetaOp.CreateUpload create -> uploads.create(buckets.find(create.bucket()), create);
            case MetaOp.PutPart put -> uploads.putPart(buckets.find(put.bucket()), put);
            case MetaOp.CompleteUpload complete -> uploads.complete(buckets.find(complete.bucket()), complete);
            case MetaOp.AbortUpload abort -> uploads.abort(buckets.find(abort.bucket()), abort);
            case MetaOp.RaiseFloor raise -> {
                floor = Math.max(floor, raise.floor());
                yield floor;
            }
            case MetaOp.EmptyTrash empty -> {
                empty.chunks().forEach(chunk -> rows.delete(Family.TRASH, RowKeys.trash(shard, chunk)));
                yield MetaOp.None.DONE;
            }
        };
    }

    ShardHead head(long next, RowHash hash) {
        Instant latest = trusted.isAfter(before.trusted()) ? trusted : before.trusted();
        return new ShardHead(next, lastNumber, floor, latest, hash);
    }

    int shard() {
        return shard;
    }

    PendingRows rows() {
        return rows;
    }

    /** When what is written now was modified. */
    Instant time() {
        return time;
    }

    /** Whether a time has passed by the clock that does not jump ahead. */
    boolean hasPassed(Instant until) {
        return !until.isAfter(trusted);
    }

    /** A time from which a period can be counted so that it is not too short: no clock seen so far was later. */
    Instant latestTime() {
        return time.isAfter(before.trusted()) ? time : before.trusted();
    }

    /** A number that this shard has not given out yet, greater than all before. */
    long nextNumber() {
        return ++lastNumber;
    }

    void checkBirth(long gcBirth) {
        if (gcBirth < floor) {
            throw new StaleChunkException(gcBirth, floor);
        }
    }

    /** Chunks that nothing refers to from now on. */
    void discard(Iterable<Extent> extents) {
        for (Extent extent : extents) {
            if (extent instanceof Extent.Chunk(long high, long low, long length, int ignored)) {
                rows.put(
                        Family.TRASH,
                        RowKeys.trash(shard, new MetaOp.TrashId(floor, high, low)),
                        new TrashRow(time, length).encode());
            }
        }
    }
}
