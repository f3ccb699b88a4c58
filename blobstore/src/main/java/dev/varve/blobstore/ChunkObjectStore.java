package dev.varve.blobstore;

import dev.varve.blobstore.chunk.ChunkId;
import dev.varve.blobstore.chunk.ChunkStore;
import dev.varve.blobstore.chunk.Chunks;
import dev.varve.blobstore.meta.Extent;
import dev.varve.blobstore.meta.MetaOp;
import dev.varve.blobstore.meta.MetaReads;
import dev.varve.blobstore.meta.StaleChunkException;
import dev.varve.blobstore.meta.StoredVersion;
import dev.varve.blobstore.object.Body;
import dev.varve.blobstore.object.Bucket;
import dev.varve.blobstore.object.BucketSettings;
import dev.varve.blobstore.object.Change;
import dev.varve.blobstore.object.Checksum;
import dev.varve.blobstore.object.ChecksumAlgorithm;
import dev.varve.blobstore.object.Digester;
import dev.varve.blobstore.object.ListRequest;
import dev.varve.blobstore.object.Listing;
import dev.varve.blobstore.object.ObjectDraft;
import dev.varve.blobstore.object.ObjectException;
import dev.varve.blobstore.object.ObjectKey;
import dev.varve.blobstore.object.ObjectProblem;
import dev.varve.blobstore.object.ObjectReader;
import dev.varve.blobstore.object.ObjectRules;
import dev.varve.blobstore.object.ObjectWrite;
import dev.varve.blobstore.object.Retention;
import dev.varve.blobstore.object.StoredObject;
import dev.varve.blobstore.object.Upload;
import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;

/**
 * An object store of chunks, which hold bytes, and of shards, which hold what is known of them; on one node or on many.
 *
 * <p>An object comes into being by: make its bytes durable as chunks that nothing refers to, then commit one operation that
 * does. The operation decides whether conditions hold. A crash in between leaves orphans, which {@link #maintenance} finds.
 * What only prepares an operation, or looks again at what was shown before, is read without asking other nodes.
 *
 * <p>Thread-safe. A thread that writes holds at most four chunks in memory: three on their way to the disk, and one more.
 */
public final class ChunkObjectStore implements ObjectStore {
    private static final int READ_BYTES = 16 << 10;

    private final ObjectStoreConfig config;
    private final Chunks chunks;
    private final Shards shards;
    private final Runnable closing;
    private final Buffers buffers;
    private final Pins pins = new Pins();

    /** As wide as the machine: digests of what is being written. */
    private final ExecutorService computing = Executors.newFixedThreadPool(
            Runtime.getRuntime().availableProcessors(),
            Thread.ofPlatform().name("store digest ", 0).daemon().factory());

    private final StoreMaintenance maintenance;

    /**
     * A store of what is open already.
     *
     * @param disk what this node has of the chunks
     * @param closing closes the chunks
     */
    ChunkObjectStore(
            ObjectStoreConfig config,
            Chunks chunks,
            Shards shards,
            ChunkStore disk,
            InstantSource clock,
            Runnable closing) {
        this.config = config;
        this.chunks = chunks;
        this.shards = shards;
        this.closing = closing;
        this.buffers = new Buffers(config.chunkBytes(), config.bufferBytes());
        this.maintenance = new StoreMaintenance(this, config, disk, shards, pins, clock);
    }

    /** What keeps the store in order; to be called from time to time. */
    public StoreMaintenance maintenance() {
        return maintenance;
    }

    /** Chunks that somebody on this node reads. */
    Pins pins() {
        return pins;
    }

    // -- buckets

    @Override
    public Bucket createBucket(String name, String owner, BucketSettings settings) {
        ObjectRules.checkBucketName(name);
        ObjectRules.checkSettings(Optional.empty(), settings);
        return shards.call(new MetaOp.CreateBucket(name, owner, settings));
    }

    @Override
    public Optional<Bucket> bucket(String name) {
        return shards.reads(name).bucket(name).map(MetaReads.BucketRevision::bucket);
    }

    /** A bucket as it is, or a little before; the operation looks again. */
    private MetaReads.BucketRevision existing(String name) {
        return shards.heard()
                .bucket(name)
                .or(() -> shards.reads(name).bucket(name))
                .orElseThrow(() -> new ObjectException(ObjectProblem.NO_SUCH_BUCKET, "there is no bucket " + name));
    }

    @Override
    public List<Bucket> buckets() {
        return shards.reads().buckets();
    }

    @Override
    public Bucket changeBucket(String name, UnaryOperator<BucketSettings> change) {
        while (true) {
            MetaReads.BucketRevision now = existing(name);
            BucketSettings settings = now.bucket().settings();
            BucketSettings changed = change.apply(settings);
            ObjectRules.checkSettings(Optional.of(settings), changed);
            try {
                return shards.call(new MetaOp.ChangeBucket(name, now.revision(), changed));
            } catch (ObjectException e) {
                // Another change came between; it is not lost.
                if (e.problem() != ObjectProblem.PRECONDITION_FAILED) {
                    throw e;
                }
            }
        }
    }

    @Override
    public void deleteBucket(String name) {
        shards.call(new MetaOp.DeleteBucket(name));
    }

    // -- writing

    @Override
    public StoredObject put(ObjectWrite write, Body body) {
        check(write);
        try (ChunkDraft draft = newDraft(write, body.algorithms(), ObjectRules.OBJECT_BYTES)) {
            receive(body, draft);
            return put(draft);
        }
    }

    private StoredObject put(ChunkDraft draft) {
        return change(draft.write().bucket(), List.of(new Change.Put(draft)))
                .getFirst()
                .object()
                .orElseThrow();
    }

    private void check(ObjectWrite write) {
        ObjectRules.checkWrite(write);
        existing(write.bucket());
    }

    /** Refuses to begin what the disk has no room for. */
    private ChunkDraft newDraft(ObjectWrite write, Set<ChecksumAlgorithm> algorithms, long mostBytes) {
        if (chunks.usableBytes() <= 0) {
            throw new VarveException(ErrorCode.DISK_FULL, "the disk is full but for a reserve for deletes and logs")
                    .withHint("free some space; nothing acknowledged is lost");
        }
        Writing writing = shards.begin(write.bucket());
        try {
            return new ChunkDraft(
                    chunks, buffers, config, write, new Digester(algorithms), mostBytes, writing, computing);
        } catch (RuntimeException e) {
            writing.close();
            throw e;
        }
    }

    /** Lets the bytes flow into the draft, and its sender have the last word. */
    private static void receive(Body body, ChunkDraft draft) {
        byte[] bytes = new byte[READ_BYTES];
        try {
            InputStream in = body.stream();
            for (int count = in.read(bytes); count >= 0; count = in.read(bytes)) {
                draft.out().write(bytes, 0, count);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        body.verify(draft.digests());
    }

    @Override
    public ObjectDraft draft(ObjectWrite write) {
        check(write);
        return newDraft(write, Set.of(), ObjectRules.OBJECT_BYTES);
    }

    @Override
    public List<Change.Done> change(String bucket, List<? extends Change> changes) {
        List<MetaOp.ObjectChange> ops = new ArrayList<>();
        List<ChunkDraft> drafts = new ArrayList<>();
        for (Change change : changes) {
            ops.add(
                    switch (change) {
                        case Change.Put(ChunkDraft draft) -> {
                            drafts.add(draft);
                            yield op(bucket, draft);
                        }
                        case Change.Put(ObjectDraft other) ->
                            throw new IllegalArgumentException("a draft of another store: " + other);
                        case Change.Delete delete ->
                            new MetaOp.Delete(
                                    delete.key(), delete.versionId(), delete.condition(), delete.bypassGovernance());
                    });
        }
        if (Set.copyOf(drafts).size() < drafts.size()) {
            throw new IllegalArgumentException("a draft is named twice in one change");
        }
        return commit(drafts, new MetaOp.ChangeObjects(bucket, ops));
    }

    private static MetaOp.Put op(String bucket, ChunkDraft draft) {
        ObjectWrite write = draft.write();
        if (!write.bucket().equals(bucket)) {
            throw new IllegalArgumentException(
                    "the draft of " + write.key() + " is for bucket " + write.bucket() + ", not " + bucket);
        }
        Written written = draft.finish();
        Body.Digests digests = written.digests();
        return new MetaOp.Put(
                write,
                digests.length(),
                digests.md5Hex(),
                digests.checksums(),
                List.of(),
                written.extents(),
                written.birth());
    }

    /** Makes an operation that refers to the drafts' chunks. */
    private <A> A commit(List<ChunkDraft> drafts, MetaOp<A> op) {
        try {
            A answer = shards.call(op);
            drafts.forEach(ChunkDraft::keep);
            return answer;
        } catch (ObjectException | StaleChunkException e) {
            throw e;
        } catch (RuntimeException e) {
            // It may have taken effect all the same.
            drafts.forEach(ChunkDraft::keep);
            throw e;
        }
    }

    // -- reading

    @Override
    public Optional<StoredObject> find(String bucket, ObjectKey key, Optional<String> versionId) {
        return shards.reads(bucket).find(bucket, key, versionId).map(StoredVersion::object);
    }

    @Override
    public ObjectReader open(String bucket, StoredObject object) {
        List<Extent> extents = same(bucket, object).extents();
        List<ChunkId> pinned = Written.chunks(extents);
        pins.add(pinned);
        try {
            // A version that is still there now has chunks that are not yet in the trash, and the pins keep them.
            if (!pinned.isEmpty() && !same(bucket, object).extents().equals(extents)) {
                throw gone(object);
            }
        } catch (RuntimeException e) {
            pins.remove(pinned);
            throw e;
        }
        return new ExtentReader(chunks, pins, object, extents);
    }

    /** Chunks of the current version of an object, as far as this node has heard of it. */
    List<ChunkId> heardChunks(String bucket, ObjectKey key) {
        return hasHeardOf(bucket)
                ? shards.heard()
                        .find(bucket, key, Optional.empty())
                        .map(found -> Written.chunks(found.extents()))
                        .orElse(List.of())
                : List.of();
    }

    /** Another node may have made the bucket a moment ago. */
    private boolean hasHeardOf(String bucket) {
        return !shards.isShared() || shards.heard().bucket(bucket).isPresent();
    }

    /** The version whose bytes the caller was shown. */
    private StoredVersion same(String bucket, StoredObject shown) {
        Optional<StoredVersion> heard = hasHeardOf(bucket) ? same(shards.heard(), bucket, shown) : Optional.empty();
        StoredVersion version = heard.or(
                        () -> shards.isShared() ? same(shards.reads(bucket), bucket, shown) : Optional.empty())
                .orElseThrow(() -> gone(shown));
        if (version.object().isDeleteMarker()) {
            throw new ObjectException(
                    ObjectProblem.IS_DELETE_MARKER,
                    "version " + shown.versionId() + " of " + shown.key() + " is a delete marker");
        }
        return version;
    }

    private static Optional<StoredVersion> same(MetaReads reads, String bucket, StoredObject shown) {
        return reads.find(bucket, shown.key(), Optional.of(shown.versionId()))
                .filter(found -> found.object().etag().equals(shown.etag())
                        && found.object().lastModified().equals(shown.lastModified())
                        && found.object().size() == shown.size()
                        && found.object().isDeleteMarker() == shown.isDeleteMarker());
    }

    private static ObjectException gone(StoredObject object) {
        return new ObjectException(
                ObjectProblem.NO_SUCH_VERSION,
                "version " + object.versionId() + " of " + object.key() + " is no longer there");
    }

    @Override
    public Path file(String bucket, StoredObject object) {
        StoredVersion version = same(bucket, object);
        if (!version.isFile() || !(version.extents().getFirst() instanceof Extent.Chunk chunk)) {
            throw new ObjectException(ObjectProblem.INVALID_STATE, object.key() + " was not written as a file");
        }
        return chunks.file(Written.ref(chunk));
    }

    // -- copies

    @Override
    public StoredObject copy(
            String fromBucket, StoredObject from, ObjectWrite write, Optional<ChecksumAlgorithm> checksum) {
        check(write);
        Set<ChecksumAlgorithm> algorithms = checksum.map(Set::of)
                .orElseGet(
                        () -> from.checksums().stream().map(Checksum::algorithm).collect(Collectors.toSet()));
        try (ObjectReader reader = open(fromBucket, from);
                InputStream in = ObjectInput.range(reader, 0, from.size());
                ChunkDraft draft = newDraft(write, algorithms, ObjectRules.OBJECT_BYTES)) {
            receive(Body.of(in), draft);
            return put(draft);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    // -- what is known of a version

    @Override
    public StoredObject setTags(String bucket, ObjectKey key, Optional<String> versionId, Map<String, String> tags) {
        ObjectRules.checkTags(tags);
        return shards.call(new MetaOp.SetTags(bucket, key, versionId, tags));
    }

    @Override
    public StoredObject setRetention(
            String bucket,
            ObjectKey key,
            Optional<String> versionId,
            Optional<Retention> retention,
            boolean bypassGovernance) {
        return shards.call(new MetaOp.SetRetention(bucket, key, versionId, retention, bypassGovernance));
    }

    @Override
    public StoredObject setLegalHold(String bucket, ObjectKey key, Optional<String> versionId, boolean isOn) {
        return shards.call(new MetaOp.SetLegalHold(bucket, key, versionId, isOn));
    }

    // -- listing

    @Override
    public Listing list(ListRequest request) {
        return shards.reads(request.bucket()).list(request);
    }

    @Override
    public Listing listVersions(ListRequest request) {
        return shards.reads(request.bucket()).listVersions(request);
    }

    // -- multipart uploads

    @Override
    public Upload createUpload(ObjectWrite write, Optional<ChecksumAlgorithm> checksum, boolean isComposite) {
        check(write);
        ObjectRules.checkUpload(checksum, isComposite);
        if (write.isFile()) {
            throw new ObjectException(ObjectProblem.INVALID_ARGUMENT, "a file cannot be uploaded in parts");
        }
        return shards.call(new MetaOp.CreateUpload(write, checksum, isComposite));
    }

    private Upload upload(String bucket, ObjectKey key, String uploadId) {
        return shards.reads(bucket)
                .upload(bucket, key, uploadId)
                .orElseThrow(() -> new ObjectException(
                        ObjectProblem.NO_SUCH_UPLOAD, "there is no upload " + uploadId + " of " + key));
    }

    @Override
    public Upload.Part putPart(String bucket, ObjectKey key, String uploadId, int number, Body body) {
        ObjectRules.checkPartNumber(number);
        Upload upload = upload(bucket, key, uploadId);
        Set<ChecksumAlgorithm> algorithms = EnumSet.noneOf(ChecksumAlgorithm.class);
        algorithms.addAll(body.algorithms());
        upload.checksum().ifPresent(algorithms::add);
        try (ChunkDraft draft = newDraft(upload.write(), algorithms, ObjectRules.PART_BYTES)) {
            receive(body, draft);
            return putPart(upload, number, draft);
        }
    }

    private Upload.Part putPart(Upload upload, int number, ChunkDraft draft) {
        Written written = draft.finish();
        Body.Digests digests = written.digests();
        return commit(
                List.of(draft),
                new MetaOp.PutPart(
                        upload.write().bucket(),
                        upload.write().key(),
                        upload.id(),
                        number,
                        digests.length(),
                        digests.md5Hex(),
                        digests.checksums(),
                        written.extents(),
                        written.birth()));
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
        ObjectRules.checkPartNumber(number);
        Upload upload = upload(bucket, key, uploadId);
        Set<ChecksumAlgorithm> algorithms = upload.checksum().map(Set::of).orElse(Set.of());
        try (ObjectReader reader = open(fromBucket, from);
                InputStream in = ObjectInput.range(reader, offset, length);
                ChunkDraft draft = newDraft(upload.write(), algorithms, ObjectRules.PART_BYTES)) {
            receive(Body.of(in), draft);
            return putPart(upload, number, draft);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public StoredObject completeUpload(String bucket, ObjectKey key, String uploadId, Upload.Completion completion) {
        return shards.call(new MetaOp.CompleteUpload(bucket, key, uploadId, completion));
    }

    @Override
    public void abortUpload(String bucket, ObjectKey key, String uploadId) {
        shards.call(new MetaOp.AbortUpload(bucket, key, uploadId));
    }

    @Override
    public Upload.Parts parts(String bucket, ObjectKey key, String uploadId, int after, int most) {
        return shards.reads(bucket).parts(bucket, key, uploadId, after, most);
    }

    @Override
    public Upload.Uploads uploads(ListRequest request) {
        return shards.reads(request.bucket()).uploads(request);
    }

    // -- the whole

    @Override
    public long usableBytes() {
        return chunks.usableBytes();
    }

    @Override
    public void close() {
        try {
            shards.close();
        } finally {
            closing.run();
            computing.shutdown();
        }
    }
}
