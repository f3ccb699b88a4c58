package dev.varve.blobstore.meta;

import dev.varve.blobstore.object.Bucket;
import dev.varve.blobstore.object.ObjectException;
import dev.varve.blobstore.object.ObjectProblem;
import dev.varve.blobstore.object.ObjectRules;
import java.util.Optional;

/** Operations on buckets themselves. */
final class BucketOps {
    private final Step step;

    BucketOps(Step step) {
        this.step = step;
    }

    private byte[] rowKey(String name) {
        return RowKeys.bucket(step.shard(), name);
    }

    BucketRow find(String name) {
        byte[] row = step.rows().get(Family.BUCKET, rowKey(name));
        if (row == null) {
            throw noSuchBucket(name);
        }
        return BucketRow.decode(row);
    }

    static ObjectException noSuchBucket(String name) {
        return new ObjectException(ObjectProblem.NO_SUCH_BUCKET, "there is no bucket " + name);
    }

    Bucket create(MetaOp.CreateBucket op) {
        String name = op.bucket();
        ObjectRules.checkBucketName(name);
        ObjectRules.checkSettings(Optional.empty(), op.settings());
        if (step.rows().get(Family.BUCKET, rowKey(name)) != null) {
            throw new ObjectException(ObjectProblem.BUCKET_EXISTS, "there is a bucket " + name);
        }
        long id = step.nextNumber();
        BucketRow row = new BucketRow(id, id, op.owner(), step.time(), op.settings());
        step.rows().put(Family.BUCKET, rowKey(name), row.encode());
        return row.bucket(name);
    }

    Bucket change(MetaOp.ChangeBucket op) {
        BucketRow old = find(op.bucket());
        if (old.revision() != op.revision()) {
            throw new ObjectException(
                    ObjectProblem.PRECONDITION_FAILED,
                    "settings of " + op.bucket() + " are at " + old.revision() + ", not at " + op.revision());
        }
        ObjectRules.checkSettings(Optional.of(old.settings()), op.settings());
        BucketRow row = new BucketRow(old.id(), step.nextNumber(), old.owner(), old.created(), op.settings());
        step.rows().put(Family.BUCKET, rowKey(op.bucket()), row.encode());
        return row.bucket(op.bucket());
    }

    MetaOp.None delete(MetaOp.DeleteBucket op) {
        BucketRow row = find(op.bucket());
        byte[] inBucket = RowKeys.inBucket(step.shard(), row.id());
        if (step.rows().first(Family.OBJECT, inBucket, inBucket) != null) {
            throw new ObjectException(ObjectProblem.BUCKET_NOT_EMPTY, op.bucket() + " holds objects");
        }
        if (step.rows().first(Family.UPLOAD, inBucket, inBucket) != null) {
            throw new ObjectException(ObjectProblem.BUCKET_NOT_EMPTY, op.bucket() + " holds uploads");
        }
        step.rows().delete(Family.BUCKET, rowKey(op.bucket()));
        return MetaOp.None.DONE;
    }
}
