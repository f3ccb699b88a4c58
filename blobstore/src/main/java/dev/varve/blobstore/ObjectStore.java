package dev.varve.blobstore;

import dev.varve.blobstore.object.Body;
import dev.varve.blobstore.object.Bucket;
import dev.varve.blobstore.object.BucketSettings;
import dev.varve.blobstore.object.Change;
import dev.varve.blobstore.object.ChecksumAlgorithm;
import dev.varve.blobstore.object.ListRequest;
import dev.varve.blobstore.object.Listing;
import dev.varve.blobstore.object.ObjectDraft;
import dev.varve.blobstore.object.ObjectKey;
import dev.varve.blobstore.object.ObjectReader;
import dev.varve.blobstore.object.ObjectWrite;
import dev.varve.blobstore.object.Retention;
import dev.varve.blobstore.object.StoredObject;
import dev.varve.blobstore.object.Upload;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * Buckets of objects with versions, conditions and locks.
 *
 * <p>Every change is durable when the call returns, and operations on a key are linearizable; a bucket is a linearizable
 * set of keys. A refused operation throws {@code ObjectException} and never takes effect. Failures of the disk are
 * {@code VarveException} with {@code STORAGE}, {@code DISK_FULL} or {@code CORRUPT}. All methods block, are safe to call
 * from many threads, and check nobody's rights: that is for the callers.
 */
public interface ObjectStore extends AutoCloseable {
    /** Makes a bucket; names follow the rules of S3 (3 to 63 of a-z, 0-9, dot and hyphen). */
    Bucket createBucket(String name, String owner, BucketSettings settings);

    Optional<Bucket> bucket(String name);

    /** All buckets by name. */
    List<Bucket> buckets();

    /** Changes a bucket's settings; the operator may run more than once. */
    Bucket changeBucket(String name, UnaryOperator<BucketSettings> change);

    /** Deletes a bucket that has no versions, delete markers or uploads. */
    void deleteBucket(String name);

    /**
     * Writes an object by streaming; it exists, whole, after the call returns, else not at all. An {@code IOException} of
     * the body's own stream comes back as {@code UncheckedIOException}.
     */
    StoredObject put(ObjectWrite write, Body body);

    /** Begins an object that becomes part of a {@link #change}. */
    ObjectDraft draft(ObjectWrite write);

    /**
     * Makes all changes in one step, in their order, or none if one is refused; then drafts can be part of another
     * change.
     */
    List<Change.Done> change(String bucket, List<? extends Change> changes);

    /**
     * One version of an object, or a delete marker.
     *
     * @param versionId empty for the current one
     */
    Optional<StoredObject> find(String bucket, ObjectKey key, Optional<String> versionId);

    /** Opens a version that {@link #find} gave; {@code NO_SUCH_VERSION} if it was deleted since. */
    ObjectReader open(String bucket, StoredObject object);

    /** A file with exactly the bytes of an object written with {@link ObjectWrite#isFile}; never written to. */
    Path file(String bucket, StoredObject object);

    /** Writes an object with the bytes of another one (or of itself, to change what is known of it). */
    StoredObject copy(String fromBucket, StoredObject from, ObjectWrite write, Optional<ChecksumAlgorithm> checksum);

    StoredObject setTags(String bucket, ObjectKey key, Optional<String> versionId, Map<String, String> tags);

    /** Locks a version until a time; empty takes the lock away. */
    StoredObject setRetention(
            String bucket,
            ObjectKey key,
            Optional<String> versionId,
            Optional<Retention> retention,
            boolean bypassGovernance);

    StoredObject setLegalHold(String bucket, ObjectKey key, Optional<String> versionId, boolean isOn);

    /** Current versions that are not delete markers. */
    Listing list(ListRequest request);

    /** All versions and delete markers. */
    Listing listVersions(ListRequest request);

    Upload createUpload(ObjectWrite write, Optional<ChecksumAlgorithm> checksum, boolean isComposite);

    /** Uploads a part; the same number again replaces it. */
    Upload.Part putPart(String bucket, ObjectKey key, String uploadId, int number, Body body);

    /** Makes a part of a range of an object's bytes. */
    Upload.Part copyPart(
            String bucket,
            ObjectKey key,
            String uploadId,
            int number,
            String fromBucket,
            StoredObject from,
            long offset,
            long length);

    /** The upload's object; repeating a completion that has succeeded answers the same. */
    StoredObject completeUpload(String bucket, ObjectKey key, String uploadId, Upload.Completion completion);

    void abortUpload(String bucket, ObjectKey key, String uploadId);

    /** Parts with numbers above {@code after}. */
    Upload.Parts parts(String bucket, ObjectKey key, String uploadId, int after, int most);

    /** Uploads that are neither completed nor aborted; {@code afterVersion} of the request names an upload. */
    Upload.Uploads uploads(ListRequest request);

    /** Bytes that can still be written. */
    long usableBytes();

    @Override
    void close();
}
