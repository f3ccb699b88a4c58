package dev.varve.server.media;

import dev.varve.blobstore.ObjectStore;
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
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.UnaryOperator;

/**
 * An object store that tells who listens which key was committed, whoever committed it.
 *
 * <p>What it tells is a hint: a crash between commit and telling loses it, so listeners compare from time to time.
 */
public final class ObservedObjects implements ObjectStore {
    /** Listens; called after the commit on the committing thread, must return at once and not throw. */
    public interface Listener {
        void committed(String bucket, ObjectKey key);

        void bucketChanged(String bucket);
    }

    private final ObjectStore store;
    private final List<Listener> listeners = new CopyOnWriteArrayList<>();

    public ObservedObjects(ObjectStore store) {
        this.store = store;
    }

    public void listen(Listener listener) {
        listeners.add(listener);
    }

    private <T> T committed(String bucket, ObjectKey key, T result) {
        listeners.forEach(listener -> listener.committed(bucket, key));
        return result;
    }

    private <T> T bucketChanged(String bucket, T result) {
        listeners.forEach(listener -> listener.bucketChanged(bucket));
        return result;
    }

    @Override
    public Bucket createBucket(String name, String owner, BucketSettings settings) {
        return bucketChanged(name, store.createBucket(name, owner, settings));
    }

    @Override
    public Optional<Bucket> bucket(String name) {
        return store.bucket(name);
    }

    @Override
    public List<Bucket> buckets() {
        return store.buckets();
    }

    @Override
    public Bucket changeBucket(String name, UnaryOperator<BucketSettings> change) {
        return bucketChanged(name, store.changeBucket(name, change));
    }

    @Override
    public void deleteBucket(String name) {
        store.deleteBucket(name);
        bucketChanged(name, name);
    }

    @Override
    public StoredObject put(ObjectWrite write, Body body) {
        return committed(write.bucket(), write.key(), store.put(write, body));
    }

    @Override
    public ObjectDraft draft(ObjectWrite write) {
        return store.draft(write);
    }

    @Override
    public List<Change.Done> change(String bucket, List<? extends Change> changes) {
        List<Change.Done> done = store.change(bucket, changes);
        done.forEach(one -> committed(bucket, one.key(), one));
        return done;
    }

    @Override
    public Optional<StoredObject> find(String bucket, ObjectKey key, Optional<String> versionId) {
        return store.find(bucket, key, versionId);
    }

    @Override
    public ObjectReader open(String bucket, StoredObject object) {
        return store.open(bucket, object);
    }

    @Override
    public Path file(String bucket, StoredObject object) {
        return store.file(bucket, object);
    }

    @Override
    public StoredObject copy(
            String fromBucket, StoredObject from, ObjectWrite write, Optional<ChecksumAlgorithm> checksum) {
        return committed(write.bucket(), write.key(), store.copy(fromBucket, from, write, checksum));
    }

    @Override
    public StoredObject setTags(String bucket, ObjectKey key, Optional<String> versionId, Map<String, String> tags) {
        return committed(bucket, key, store.setTags(bucket, key, versionId, tags));
    }

    @Override
    public StoredObject setRetention(
            String bucket,
            ObjectKey key,
            Optional<String> versionId,
            Optional<Retention> retention,
            boolean bypassGovernance) {
        return committed(bucket, key, store.setRetention(bucket, key, versionId, retention, bypassGovernance));
    }

    @Override
    public StoredObject setLegalHold(String bucket, ObjectKey key, Optional<String> versionId, boolean isOn) {
        return committed(bucket, key, store.setLegalHold(bucket, key, versionId, isOn));
    }

    @Override
    public Listing list(ListRequest request) {
        return store.list(request);
    }

    @Override
    public Listing listVersions(ListRequest request) {
        return store.listVersions(request);
    }

    @Override
    public Upload createUpload(ObjectWrite write, Optional<ChecksumAlgorithm> checksum, boolean isComposite) {
        return store.createUpload(write, checksum, isComposite);
    }

    @Override
    public Upload.Part putPart(String bucket, ObjectKey key, String uploadId, int number, Body body) {
        return store.putPart(bucket, key, uploadId, number, body);
    }

    @Override
    public Upload.Part copyPart(
            String bucket,
            ObjectKey key,
            String uploadId,
            int number,
            String fromBucket,
            StoredObject from,
            long offset,
            long length) {
        return store.copyPart(bucket, key, uploadId, number, fromBucket, from, offset, length);
    }

    @Override
    public StoredObject completeUpload(String bucket, ObjectKey key, String uploadId, Upload.Completion completion) {
        return committed(bucket, key, store.completeUpload(bucket, key, uploadId, completion));
    }

    @Override
    public void abortUpload(String bucket, ObjectKey key, String uploadId) {
        store.abortUpload(bucket, key, uploadId);
    }

    @Override
    public Upload.Parts parts(String bucket, ObjectKey key, String uploadId, int after, int most) {
        return store.parts(bucket, key, uploadId, after, most);
    }

    @Override
    public Upload.Uploads uploads(ListRequest request) {
        return store.uploads(request);
    }

    @Override
    public long usableBytes() {
        return store.usableBytes();
    }

    /** Leaves the store open, which belongs to whoever opened it. */
    @Override
    public void close() {
        listeners.clear();
    }
}
