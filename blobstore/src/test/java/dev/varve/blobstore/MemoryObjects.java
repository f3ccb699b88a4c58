package dev.varve.blobstore;

import dev.varve.blobstore.object.Body;
import dev.varve.blobstore.object.Bucket;
import dev.varve.blobstore.object.BucketSettings;
import dev.varve.blobstore.object.Change;
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
import dev.varve.blobstore.object.PartsWhole;
import dev.varve.blobstore.object.Retention;
import dev.varve.blobstore.object.StoredObject;
import dev.varve.blobstore.object.Upload;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The object store as simple as can be: maps behind one lock. It says what every other one must do. */
public final class MemoryObjects implements ObjectStore {
    private final InstantSource clock;
    private final TreeMap<String, MemoryBucket> buckets = new TreeMap<>();
    private @Nullable Path files;
    private long sequence;

    private MemoryObjects(InstantSource clock) {
        this.clock = clock;
    }

    public static MemoryObjects create(InstantSource clock) {
        return new MemoryObjects(clock);
    }

    private Instant now() {
        return clock.instant().truncatedTo(ChronoUnit.MILLIS);
    }

    private MemoryBucket in(String name) {
        MemoryBucket bucket = buckets.get(name);
        if (bucket == null) {
            throw new ObjectException(ObjectProblem.NO_SUCH_BUCKET, "there is no bucket " + name);
        }
        return bucket;
    }

    @Override
    public synchronized Bucket createBucket(String name, String owner, BucketSettings settings) {
        ObjectRules.checkBucketName(name);
        ObjectRules.checkSettings(Optional.empty(), settings);
        if (buckets.containsKey(name)) {
            throw new ObjectException(ObjectProblem.BUCKET_EXISTS, "bucket " + name + " is already there");
        }
        Bucket bucket = new Bucket(name, owner, now(), settings);
        buckets.put(name, new MemoryBucket(bucket));
        return bucket;
    }

    @Override
    public synchronized Optional<Bucket> bucket(String name) {
        return Optional.ofNullable(buckets.get(name)).map(MemoryBucket::bucket);
    }

    @Override
    public synchronized List<Bucket> buckets() {
        return buckets.values().stream().map(MemoryBucket::bucket).toList();
    }

    @Override
    public synchronized Bucket changeBucket(String name, UnaryOperator<BucketSettings> change) {
        return in(name).changeSettings(change);
    }

    @Override
    public synchronized void deleteBucket(String name) {
        if (!in(name).isEmpty()) {
            throw new ObjectException(ObjectProblem.BUCKET_NOT_EMPTY, "bucket " + name + " is not empty");
        }
        buckets.remove(name);
    }

    @Override
    public StoredObject put(ObjectWrite write, Body body) {
        check(write);
        Received received = receive(body, Set.of());
        synchronized (this) {
            return in(write.bucket()).put(++sequence, now(), write, received);
        }
    }

    private synchronized void check(ObjectWrite write) {
        ObjectRules.checkWrite(write);
        in(write.bucket());
    }

    /** Bytes as they came, with what is known of them. */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record Received(byte[] bytes, Body.Digests digests) {}

    private static Received receive(Body body, Set<ChecksumAlgorithm> more) {
        Set<ChecksumAlgorithm> algorithms = EnumSet.noneOf(ChecksumAlgorithm.class);
        algorithms.addAll(body.algorithms());
        algorithms.addAll(more);
        byte[] bytes;
        try {
            bytes = body.stream().readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Body.Digests digests = Digester.of(bytes, algorithms);
        body.verify(digests);
        return new Received(bytes, digests);
    }

    @Override
    public synchronized ObjectDraft draft(ObjectWrite write) {
        check(write);
        return new MemoryDraft(write, this::newFile);
    }

    private static final class MemoryDraft implements ObjectDraft {
        private final ObjectWrite write;
        private final Supplier<Path> files;
        private final ByteArrayOutputStream out = new ByteArrayOutputStream();

        /** Made when it is asked for. */
        private @Nullable Path file;

        private boolean isUsed;

        MemoryDraft(ObjectWrite write, Supplier<Path> files) {
            this.write = write;
            this.files = files;
        }

        Received received() {
            if (isUsed) {
                throw new IllegalStateException("the draft of " + write.key() + " is used up");
            }
            try {
                byte[] bytes = file == null ? out.toByteArray() : Files.readAllBytes(file);
                return new Received(bytes, Digester.of(bytes, Set.of()));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        @Override
        public OutputStream out() {
            return out;
        }

        @Override
        public Path path() {
            if (!write.isFile()) {
                throw new IllegalStateException("the draft of " + write.key() + " is not a file");
            }
            Path made = file != null ? file : files.get();
            file = made;
            return made;
        }

        @Override
        public ObjectWrite write() {
            return write;
        }

        @Override
        public void close() {
            isUsed = true;
            try {
                if (file != null) {
                    Files.deleteIfExists(file);
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    @Override
    public synchronized List<Change.Done> change(String bucket, List<? extends Change> changes) {
        MemoryBucket changed = in(bucket).copy();
        List<Change.Done> done = new ArrayList<>();
        for (Change change : changes) {
            done.add(
                    switch (change) {
                        case Change.Put(MemoryDraft draft) -> {
                            if (!draft.write.bucket().equals(bucket)) {
                                throw new IllegalArgumentException("the draft of " + draft.write.key()
                                        + " is for bucket " + draft.write.bucket() + ", not " + bucket);
                            }
                            StoredObject put = changed.put(++sequence, now(), draft.write, draft.received());
                            yield new Change.Done(put.key(), Optional.of(put));
                        }
                        case Change.Put(ObjectDraft other) ->
                            throw new IllegalArgumentException("a draft of another store: " + other);
                        case Change.Delete delete ->
                            new Change.Done(delete.key(), changed.delete(++sequence, now(), delete));
                    });
        }
        buckets.put(bucket, changed);
        for (Change change : changes) {
            if (change instanceof Change.Put(MemoryDraft draft)) {
                draft.close();
            }
        }
        return List.copyOf(done);
    }

    @Override
    public synchronized Optional<StoredObject> find(String bucket, ObjectKey key, Optional<String> versionId) {
        return in(bucket).find(key, versionId);
    }

    @Override
    public synchronized ObjectReader open(String bucket, StoredObject object) {
        byte[] bytes = in(bucket).same(object).bytes();
        return new ObjectReader() {
            @Override
            public StoredObject object() {
                return object;
            }

            @Override
            public void read(long offset, ByteBuffer target) {
                ObjectRules.checkRange(offset, target.remaining(), bytes.length);
                target.put(bytes, (int) offset, target.remaining());
            }

            @Override
            public void close() {}
        };
    }

    @Override
    public synchronized Path file(String bucket, StoredObject object) {
        MemoryBucket.Version version = in(bucket).same(object);
        if (!version.isFile()) {
            throw new ObjectException(ObjectProblem.INVALID_STATE, object.key() + " was not written as a file");
        }
        Path file = newFile();
        try {
            return Files.write(file, version.bytes());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private synchronized Path newFile() {
        try {
            if (files == null) {
                files = Files.createTempDirectory("objects");
            }
            return Files.createTempFile(files, "object", "");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public synchronized StoredObject copy(
            String fromBucket, StoredObject from, ObjectWrite write, Optional<ChecksumAlgorithm> checksum) {
        check(write);
        MemoryBucket.Version source = in(fromBucket).same(from);
        Set<ChecksumAlgorithm> algorithms = EnumSet.noneOf(ChecksumAlgorithm.class);
        checksum.ifPresentOrElse(
                algorithms::add, () -> source.object().checksums().forEach(kept -> algorithms.add(kept.algorithm())));
        Received received = new Received(source.bytes(), Digester.of(source.bytes(), algorithms));
        return in(write.bucket()).put(++sequence, now(), write, received);
    }

    @Override
    public synchronized StoredObject setTags(
            String bucket, ObjectKey key, Optional<String> versionId, Map<String, String> tags) {
        ObjectRules.checkTags(tags);
        return in(bucket).setTags(++sequence, key, versionId, tags);
    }

    @Override
    public synchronized StoredObject setRetention(
            String bucket,
            ObjectKey key,
            Optional<String> versionId,
            Optional<Retention> retention,
            boolean bypassGovernance) {
        return in(bucket).setRetention(++sequence, now(), key, versionId, retention, bypassGovernance);
    }

    @Override
    public synchronized StoredObject setLegalHold(
            String bucket, ObjectKey key, Optional<String> versionId, boolean isOn) {
        return in(bucket).setLegalHold(++sequence, key, versionId, isOn);
    }

    @Override
    public synchronized Listing list(ListRequest request) {
        return MemoryPages.objects(request, in(request.bucket()).keys());
    }

    @Override
    public synchronized Listing listVersions(ListRequest request) {
        return MemoryPages.versions(request, in(request.bucket()).keys());
    }

    @Override
    public synchronized Upload createUpload(
            ObjectWrite write, Optional<ChecksumAlgorithm> checksum, boolean isComposite) {
        check(write);
        ObjectRules.checkUpload(checksum, isComposite);
        if (write.isFile()) {
            throw new ObjectException(ObjectProblem.INVALID_ARGUMENT, "a file cannot be uploaded in parts");
        }
        String id = "%016x".formatted(++sequence);
        return in(write.bucket()).begin(new Upload(id, write, now(), checksum, isComposite));
    }

    @Override
    public Upload.Part putPart(String bucket, ObjectKey key, String uploadId, int number, Body body) {
        ObjectRules.checkPartNumber(number);
        Upload upload;
        synchronized (this) {
            upload = in(bucket).upload(key, uploadId).upload();
        }
        Received received = receive(body, upload.checksum().map(Set::of).orElse(Set.of()));
        return putPart(bucket, key, uploadId, number, received);
    }

    private synchronized Upload.Part putPart(
            String bucket, ObjectKey key, String uploadId, int number, Received received) {
        Body.Digests digests = received.digests();
        Upload.Part part = new Upload.Part(number, digests.length(), digests.md5Hex(), now(), digests.checksums());
        MemoryBucket.MemoryUpload upload = in(bucket).upload(key, uploadId);
        upload.parts().put(number, part);
        upload.bytes().put(number, received.bytes());
        return part;
    }

    @Override
    public synchronized Upload.Part copyPart(
            String bucket,
            ObjectKey key,
            String uploadId,
            int number,
            String fromBucket,
            StoredObject from,
            long offset,
            long length) {
        ObjectRules.checkPartNumber(number);
        Upload upload = in(bucket).upload(key, uploadId).upload();
        byte[] source = in(fromBucket).same(from).bytes();
        ObjectRules.checkRange(offset, length, source.length);
        byte[] bytes = Arrays.copyOfRange(source, (int) offset, (int) (offset + length));
        Body.Digests digests = Digester.of(bytes, upload.checksum().map(Set::of).orElse(Set.of()));
        return putPart(bucket, key, uploadId, number, new Received(bytes, digests));
    }

    @Override
    public synchronized StoredObject completeUpload(
            String bucket, ObjectKey key, String uploadId, Upload.Completion completion) {
        MemoryBucket in = in(bucket);
        Optional<StoredObject> completed = in.completed(key, uploadId);
        if (completed.isPresent()) {
            return completed.get();
        }
        MemoryBucket.MemoryUpload upload = in.upload(key, uploadId);
        PartsWhole whole = PartsWhole.of(upload.upload(), upload.parts(), completion);
        return in.complete(++sequence, now(), upload, whole, completion.condition());
    }

    @Override
    public synchronized void abortUpload(String bucket, ObjectKey key, String uploadId) {
        in(bucket).abort(key, uploadId);
    }

    @Override
    public synchronized Upload.Parts parts(String bucket, ObjectKey key, String uploadId, int after, int most) {
        MemoryBucket.MemoryUpload upload = in(bucket).upload(key, uploadId);
        List<Upload.Part> behind =
                List.copyOf(upload.parts().tailMap(after, false).values());
        List<Upload.Part> page = behind.subList(0, Math.min(most, behind.size()));
        int next = page.isEmpty() || page.size() == behind.size()
                ? 0
                : page.getLast().number();
        return new Upload.Parts(upload.upload(), page, next);
    }

    @Override
    public synchronized Upload.Uploads uploads(ListRequest request) {
        return MemoryPages.uploads(request, in(request.bucket()).uploads());
    }

    @Override
    public long usableBytes() {
        return Runtime.getRuntime().maxMemory();
    }

    @Override
    public synchronized void close() {
        if (files == null) {
            return;
        }
        try (Stream<Path> left = Files.list(files)) {
            for (Path file : left.toList()) {
                Files.deleteIfExists(file);
            }
            Files.deleteIfExists(files);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
