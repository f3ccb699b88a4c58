package dev.varve.blobstore;

import dev.varve.blobstore.object.Bucket;
import dev.varve.blobstore.object.BucketSettings;
import dev.varve.blobstore.object.BucketSettings.Versioning;
import dev.varve.blobstore.object.Change;
import dev.varve.blobstore.object.Checksum;
import dev.varve.blobstore.object.Condition;
import dev.varve.blobstore.object.ObjectException;
import dev.varve.blobstore.object.ObjectKey;
import dev.varve.blobstore.object.ObjectProblem;
import dev.varve.blobstore.object.ObjectRules;
import dev.varve.blobstore.object.ObjectWrite;
import dev.varve.blobstore.object.PartsWhole;
import dev.varve.blobstore.object.Retention;
import dev.varve.blobstore.object.StoredObject;
import dev.varve.blobstore.object.Upload;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.UnaryOperator;

/** A bucket of {@link MemoryObjects}, which guards it. */
final class MemoryBucket {
    /**
     * A version with its bytes.
     *
     * @param order grows with every version made
     */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record Version(StoredObject object, long order, byte[] bytes, boolean isFile) {
        boolean isNull() {
            return object.versionId().equals(StoredObject.NULL_VERSION);
        }
    }

    record MemoryUpload(Upload upload, TreeMap<Integer, Upload.Part> parts, TreeMap<Integer, byte[]> bytes) {}

    private Bucket bucket;
    /** Versions of each key, newest first; no list is empty. */
    private final TreeMap<ObjectKey, List<Version>> keys = new TreeMap<>();

    private final TreeMap<String, MemoryUpload> uploads = new TreeMap<>();

    /** What completed uploads answered. */
    private final Map<String, StoredObject> completed = new HashMap<>();

    MemoryBucket(Bucket bucket) {
        this.bucket = bucket;
    }

    MemoryBucket copy() {
        MemoryBucket copy = new MemoryBucket(bucket);
        keys.forEach((key, versions) -> copy.keys.put(key, new ArrayList<>(versions)));
        copy.uploads.putAll(uploads);
        copy.completed.putAll(completed);
        return copy;
    }

    Bucket bucket() {
        return bucket;
    }

    Bucket changeSettings(UnaryOperator<BucketSettings> change) {
        BucketSettings changed = change.apply(bucket.settings());
        ObjectRules.checkSettings(Optional.of(bucket.settings()), changed);
        bucket = new Bucket(bucket.name(), bucket.owner(), bucket.created(), changed);
        return bucket;
    }

    boolean isEmpty() {
        return keys.isEmpty() && uploads.isEmpty();
    }

    SortedMap<ObjectKey, List<Version>> keys() {
        return keys;
    }

    SortedMap<String, MemoryUpload> uploads() {
        return uploads;
    }

    private static ObjectException refused(ObjectProblem problem, String message) {
        return new ObjectException(problem, message);
    }

    // -- writing

    StoredObject put(long sequence, Instant now, ObjectWrite write, MemoryObjects.Received received) {
        checkLock(now, write);
        Made made = new Made(
                received.digests().length(),
                received.digests().md5Hex(),
                received.digests().checksums(),
                List.of(),
                List.of());
        return put(sequence, now, write, made, received.bytes());
    }

    private record Made(
            long size, String etag, List<Checksum> checksums, List<Long> partSizes, List<Checksum> partChecksums) {}

    private StoredObject put(long sequence, Instant now, ObjectWrite write, Made made, byte[] bytes) {
        check(write.condition(), current(write.key()));
        if (bucket.settings().writeOnce() && current(write.key()).isPresent()) {
            throw refused(ObjectProblem.LOCKED, write.key() + " has been written, once and for all");
        }
        Optional<Retention> retention = write.retention()
                .or(() -> bucket.settings()
                        .defaultRetention()
                        .map(byDefault ->
                                new Retention(byDefault.mode(), now.plus(Duration.ofDays(byDefault.days())))));
        StoredObject object = new StoredObject(
                write.key(),
                newVersionId(sequence),
                sequence,
                true,
                false,
                now,
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
                write.legalHold());
        add(now, new Version(object, sequence, bytes, write.isFile()));
        return object;
    }

    private void checkLock(Instant now, ObjectWrite write) {
        if (!bucket.settings().objectLock() && (write.retention().isPresent() || write.legalHold())) {
            throw refused(ObjectProblem.INVALID_STATE, "bucket " + bucket.name() + " has no object lock");
        }
        write.retention().ifPresent(retention -> checkFuture(now, retention));
    }

    private static void checkFuture(Instant now, Retention retention) {
        if (!retention.until().isAfter(now)) {
            throw refused(ObjectProblem.INVALID_ARGUMENT, "retention ends at " + retention.until() + ", in the past");
        }
    }

    private String newVersionId(long sequence) {
        return bucket.settings().versioning() == Versioning.ENABLED
                ? "%016x".formatted(sequence)
                : StoredObject.NULL_VERSION;
    }

    private void add(Instant now, Version version) {
        ObjectKey key = version.object().key();
        if (version.isNull()) {
            version(key, StoredObject.NULL_VERSION).ifPresent(replaced -> remove(now, replaced, false));
        }
        keys.computeIfAbsent(key, none -> new ArrayList<>()).addFirst(version);
    }

    private void remove(Instant now, Version version, boolean bypassGovernance) {
        StoredObject object = version.object();
        boolean isRetained = object.retention().isPresent()
                && object.retention().get().until().isAfter(now)
                && !(bypassGovernance && object.retention().get().mode() == Retention.Mode.GOVERNANCE);
        if (object.legalHold() || isRetained) {
            throw refused(ObjectProblem.LOCKED, object.key() + " is locked");
        }
        List<Version> versions = versions(object.key());
        versions.remove(version);
        if (versions.isEmpty()) {
            keys.remove(object.key());
        }
    }

    Optional<StoredObject> delete(long sequence, Instant now, Change.Delete delete) {
        ObjectKey key = delete.key();
        if (delete.versionId().isPresent()) {
            Optional<Version> found = version(key, delete.versionId().get());
            check(delete.condition(), found.filter(version -> !version.object().isDeleteMarker()));
            Optional<StoredObject> shown = found.map(this::shown);
            found.ifPresent(version -> remove(now, version, delete.bypassGovernance()));
            return shown;
        }
        check(delete.condition(), current(key));
        if (bucket.settings().versioning() == Versioning.OFF) {
            Optional<Version> found = version(key, StoredObject.NULL_VERSION);
            Optional<StoredObject> shown = found.map(this::shown);
            found.ifPresent(version -> remove(now, version, delete.bypassGovernance()));
            return shown;
        }
        StoredObject marker = new StoredObject(
                key,
                newVersionId(sequence),
                sequence,
                true,
                true,
                now,
                0,
                "",
                List.of(),
                List.of(),
                List.of(),
                bucket.owner(),
                Map.of(),
                Map.of(),
                Map.of(),
                Optional.empty(),
                false);
        add(now, new Version(marker, sequence, new byte[0], false));
        return Optional.of(marker);
    }

    private static void check(Condition condition, Optional<Version> current) {
        Optional<StoredObject> object = current.map(Version::object);
        boolean needsObject = condition.ifMatch().isPresent()
                || condition.ifLastModified().isPresent()
                || condition.ifSize().isPresent();
        if (needsObject && object.isEmpty()) {
            throw refused(ObjectProblem.NO_SUCH_KEY, "there is no object to meet the condition " + condition);
        }
        boolean holds = condition
                        .ifMatch()
                        .map(etag -> etag.equals(Condition.ANY)
                                || object.orElseThrow().etag().equals(etag))
                        .orElse(true)
                && condition
                        .ifNoneMatch()
                        .map(etag -> object.isEmpty()
                                || !(etag.equals(Condition.ANY)
                                        || object.get().etag().equals(etag)))
                        .orElse(true)
                && (condition.ifSequence().isEmpty()
                        || condition.ifSequence().getAsLong()
                                == object.map(StoredObject::sequence).orElse(Condition.ABSENT))
                && condition
                        .ifLastModified()
                        .map(time -> seconds(time)
                                .equals(seconds(object.orElseThrow().lastModified())))
                        .orElse(true)
                && (condition.ifSize().isEmpty()
                        || condition.ifSize().getAsLong()
                                == object.orElseThrow().size());
        if (!holds) {
            throw refused(ObjectProblem.PRECONDITION_FAILED, "the condition " + condition + " does not hold");
        }
    }

    private static Instant seconds(Instant time) {
        return time.truncatedTo(ChronoUnit.SECONDS);
    }

    // -- finding

    /** The key's current version if it is an object. */
    private Optional<Version> current(ObjectKey key) {
        return newest(key).filter(version -> !version.object().isDeleteMarker());
    }

    private Optional<Version> newest(ObjectKey key) {
        return Optional.ofNullable(keys.get(key)).map(List::getFirst);
    }

    private List<Version> versions(ObjectKey key) {
        return keys.getOrDefault(key, List.of());
    }

    private Optional<Version> version(ObjectKey key, String id) {
        return versions(key).stream()
                .filter(version -> version.object().versionId().equals(id))
                .findFirst();
    }

    Optional<StoredObject> find(ObjectKey key, Optional<String> versionId) {
        return versionId
                .map(id -> version(key, id))
                .orElseGet(() -> newest(key))
                .map(this::shown);
    }

    private StoredObject shown(Version version) {
        return MemoryPages.shown(
                version, versions(version.object().key()).getFirst().order() == version.order());
    }

    /** The version whose bytes the caller was shown. */
    Version same(StoredObject object) {
        Version version = version(object.key(), object.versionId())
                .filter(found -> found.object().etag().equals(object.etag())
                        && found.object().lastModified().equals(object.lastModified())
                        && found.object().size() == object.size()
                        && found.object().isDeleteMarker() == object.isDeleteMarker())
                .orElseThrow(() -> refused(
                        ObjectProblem.NO_SUCH_VERSION,
                        "version " + object.versionId() + " of " + object.key() + " is no longer there"));
        if (version.object().isDeleteMarker()) {
            throw refused(ObjectProblem.IS_DELETE_MARKER, object.key() + " is deleted");
        }
        return version;
    }

    // -- what is known of a version

    StoredObject setTags(long sequence, ObjectKey key, Optional<String> versionId, Map<String, String> tags) {
        Version version = changeable(key, versionId);
        StoredObject object = version.object();
        return change(version, sequence, tags, object.retention(), object.legalHold());
    }

    StoredObject setRetention(
            long sequence,
            Instant now,
            ObjectKey key,
            Optional<String> versionId,
            Optional<Retention> retention,
            boolean bypassGovernance) {
        checkHasLock();
        Version version = changeable(key, versionId);
        StoredObject object = version.object();
        retention.ifPresent(named -> checkFuture(now, named));
        Optional<Retention> before =
                object.retention().filter(held -> held.until().isAfter(now));
        if (before.isPresent()) {
            boolean isLonger = retention.isPresent()
                    && retention.get().mode() == before.get().mode()
                    && !retention.get().until().isBefore(before.get().until());
            boolean isBypassed = bypassGovernance && before.get().mode() == Retention.Mode.GOVERNANCE;
            if (!isLonger && !isBypassed) {
                throw refused(
                        ObjectProblem.LOCKED,
                        key + " is locked until " + before.get().until());
            }
        }
        return change(version, sequence, object.tags(), retention, object.legalHold());
    }

    StoredObject setLegalHold(long sequence, ObjectKey key, Optional<String> versionId, boolean isOn) {
        checkHasLock();
        Version version = changeable(key, versionId);
        return change(
                version, sequence, version.object().tags(), version.object().retention(), isOn);
    }

    private void checkHasLock() {
        if (!bucket.settings().objectLock()) {
            throw refused(ObjectProblem.INVALID_STATE, "bucket " + bucket.name() + " has no object lock");
        }
    }

    private Version changeable(ObjectKey key, Optional<String> versionId) {
        Version version = versionId
                .map(id -> version(key, id)
                        .orElseThrow(() -> refused(ObjectProblem.NO_SUCH_VERSION, key + " has no version " + id)))
                .orElseGet(() -> newest(key)
                        .filter(newest -> !newest.object().isDeleteMarker())
                        .orElseThrow(() -> refused(ObjectProblem.NO_SUCH_KEY, "there is no " + key)));
        if (version.object().isDeleteMarker()) {
            throw refused(
                    ObjectProblem.IS_DELETE_MARKER, "version " + versionId + " of " + key + " is a delete marker");
        }
        return version;
    }

    private StoredObject change(
            Version version,
            long sequence,
            Map<String, String> tags,
            Optional<Retention> retention,
            boolean legalHold) {
        StoredObject old = version.object();
        StoredObject changed = new StoredObject(
                old.key(),
                old.versionId(),
                sequence,
                old.isLatest(),
                false,
                old.lastModified(),
                old.size(),
                old.etag(),
                old.checksums(),
                old.partSizes(),
                old.partChecksums(),
                old.owner(),
                old.headers(),
                old.metadata(),
                tags,
                retention,
                legalHold);
        Version now = new Version(changed, version.order(), version.bytes(), version.isFile());
        List<Version> versions = versions(old.key());
        versions.set(versions.indexOf(version), now);
        return shown(now);
    }

    // -- uploads

    Upload begin(Upload upload) {
        checkLock(upload.begun(), upload.write());
        uploads.put(upload.id(), new MemoryUpload(upload, new TreeMap<>(), new TreeMap<>()));
        return upload;
    }

    MemoryUpload upload(ObjectKey key, String id) {
        MemoryUpload upload = uploads.get(id);
        if (upload == null || !upload.upload().write().key().equals(key)) {
            throw refused(ObjectProblem.NO_SUCH_UPLOAD, "there is no upload " + id + " of " + key);
        }
        return upload;
    }

    void abort(ObjectKey key, String id) {
        uploads.remove(upload(key, id).upload().id());
    }

    Optional<StoredObject> completed(ObjectKey key, String uploadId) {
        return Optional.ofNullable(completed.get(uploadId))
                .filter(object -> object.key().equals(key));
    }

    StoredObject complete(long sequence, Instant now, MemoryUpload upload, PartsWhole whole, Condition condition) {
        byte[] bytes = new byte[Math.toIntExact(whole.size())];
        int at = 0;
        for (Upload.Part part : whole.parts()) {
            byte[] of = Objects.requireNonNull(upload.bytes().get(part.number()));
            System.arraycopy(of, 0, bytes, at, of.length);
            at += of.length;
        }
        Made made = new Made(whole.size(), whole.etag(), whole.checksums(), whole.sizes(), whole.partChecksums());
        ObjectWrite write = upload.upload().write().withCondition(condition);
        StoredObject object = put(sequence, now, write, made, bytes);
        uploads.remove(upload.upload().id());
        completed.put(upload.upload().id(), object);
        return object;
    }
}
