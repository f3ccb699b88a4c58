package dev.varve.blobstore.meta;

import dev.varve.blobstore.object.Bucket;
import dev.varve.blobstore.object.BucketSettings;
import dev.varve.blobstore.object.Change;
import dev.varve.blobstore.object.Checksum;
import dev.varve.blobstore.object.ChecksumAlgorithm;
import dev.varve.blobstore.object.Condition;
import dev.varve.blobstore.object.ObjectKey;
import dev.varve.blobstore.object.ObjectWrite;
import dev.varve.blobstore.object.Retention;
import dev.varve.blobstore.object.StoredObject;
import dev.varve.blobstore.object.Upload;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * A change of one shard's rows, as it is written to the shard's log. It takes effect as a whole or is refused and has
 * none; conditions are decided when it is applied.
 *
 * @param <A> what it answers
 */
public sealed interface MetaOp<A> {
    Pattern MD5 = Pattern.compile("[0-9a-f]{32}");

    /** An operation on one bucket, which lies in the shard of the bucket's name. */
    sealed interface InBucket<A> extends MetaOp<A> {
        String bucket();
    }

    /** An operation on a shard. */
    sealed interface InShard<A> extends MetaOp<A> {
        int shard();
    }

    record CreateBucket(String bucket, String owner, BucketSettings settings) implements InBucket<Bucket> {}

    /**
     * Gives a bucket other settings.
     *
     * @param revision of the settings they were made from, else it is refused with {@code PRECONDITION_FAILED}
     */
    record ChangeBucket(String bucket, long revision, BucketSettings settings) implements InBucket<Bucket> {}

    record DeleteBucket(String bucket) implements InBucket<None> {}

    /** Several changes of objects in their order, all or none. */
    record ChangeObjects(String bucket, List<ObjectChange> changes) implements InBucket<List<Change.Done>> {
        public ChangeObjects {
            changes = List.copyOf(changes);
        }
    }

    /** A change of one key. */
    sealed interface ObjectChange {
        ObjectKey key();
    }

    /**
     * A new version; {@link ObjectWrite#bucket} is the operation's.
     *
     * @param gcBirth the shard's floor when the first of its chunks was begun
     */
    record Put(
            ObjectWrite write,
            long size,
            String etag,
            List<Checksum> checksums,
            List<Long> partSizes,
            List<Extent> extents,
            long gcBirth)
            implements ObjectChange {
        public Put {
            checksums = List.copyOf(checksums);
            partSizes = List.copyOf(partSizes);
            extents = List.copyOf(extents);
            checkLength(size, extents);
        }

        @Override
        public ObjectKey key() {
            return write.key();
        }
    }

    record Delete(ObjectKey key, Optional<String> versionId, Condition condition, boolean bypassGovernance)
            implements ObjectChange {}

    record CreateUpload(ObjectWrite write, Optional<ChecksumAlgorithm> checksum, boolean isComposite)
            implements InBucket<Upload> {
        @Override
        public String bucket() {
            return write.bucket();
        }
    }

    /**
     * Adds a part to an upload, or puts it in the place of the one with its number.
     *
     * @param etag hexadecimal MD5 of its bytes
     */
    record PutPart(
            String bucket,
            ObjectKey key,
            String uploadId,
            int number,
            long size,
            String etag,
            List<Checksum> checksums,
            List<Extent> extents,
            long gcBirth)
            implements InBucket<Upload.Part> {
        public PutPart {
            checksums = List.copyOf(checksums);
            extents = List.copyOf(extents);
            checkLength(size, extents);
            if (!MD5.matcher(etag).matches()) {
                throw new IllegalArgumentException("a part's ETag is an MD5, not " + etag);
            }
        }
    }

    /** Makes an object of parts; their chunks become its chunks. Repeated, it answers the object as long as it exists. */
    record CompleteUpload(String bucket, ObjectKey key, String uploadId, Upload.Completion completion)
            implements InBucket<StoredObject> {}

    record AbortUpload(String bucket, ObjectKey key, String uploadId) implements InBucket<None> {}

    record SetTags(String bucket, ObjectKey key, Optional<String> versionId, Map<String, String> tags)
            implements InBucket<StoredObject> {
        public SetTags {
            tags = Map.copyOf(tags);
        }
    }

    record SetRetention(
            String bucket,
            ObjectKey key,
            Optional<String> versionId,
            Optional<Retention> retention,
            boolean bypassGovernance)
            implements InBucket<StoredObject> {}

    record SetLegalHold(String bucket, ObjectKey key, Optional<String> versionId, boolean isOn)
            implements InBucket<StoredObject> {}

    /** Deletes what has expired and is still as it was; says of each whether it did. Locked versions stay. */
    record Expire(String bucket, List<Expiry> expiries) implements InBucket<List<Boolean>> {
        public Expire {
            expiries = List.copyOf(expiries);
        }
    }

    /**
     * A version that has expired.
     *
     * @param sequence of the version when that was decided
     */
    record Expiry(ObjectKey key, String versionId, long sequence, Kind kind) {
        /** Why it goes, which must still hold. */
        public enum Kind {
            /** It is the current version: it is deleted as by a caller who names no version. */
            CURRENT,
            /** It is not the current version: it is removed. */
            NONCURRENT,
            /** It is a delete marker and the key's only version: it is removed. */
            MARKER
        }
    }

    /** From now on refuses chunks that were born below the floor; answers the floor, which never falls. */
    record RaiseFloor(int shard, long floor) implements InShard<Long> {}

    /** Forgets chunks that were deleted from disk; those unknown are ignored. */
    record EmptyTrash(int shard, List<TrashId> chunks) implements InShard<None> {
        public EmptyTrash {
            chunks = List.copyOf(chunks);
        }
    }

    /**
     * A chunk in the trash.
     *
     * @param epoch the shard's floor when it got there
     */
    record TrashId(long epoch, long high, long low) {}

    /** The answer that says no more than: it is done. */
    enum None {
        DONE
    }

    private static void checkLength(long size, List<Extent> extents) {
        long sum = extents.stream().mapToLong(Extent::length).sum();
        if (size != sum) {
            throw new IllegalArgumentException("extents of " + sum + " bytes for " + size);
        }
    }
}
