package dev.varve.blobstore;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.blobstore.object.BucketSettings;
import dev.varve.blobstore.object.BucketSettings.DefaultRetention;
import dev.varve.blobstore.object.BucketSettings.Versioning;
import dev.varve.blobstore.object.Change;
import dev.varve.blobstore.object.ChecksumAlgorithm;
import dev.varve.blobstore.object.Condition;
import dev.varve.blobstore.object.ListRequest;
import dev.varve.blobstore.object.Listing;
import dev.varve.blobstore.object.ObjectDraft;
import dev.varve.blobstore.object.ObjectException;
import dev.varve.blobstore.object.ObjectKey;
import dev.varve.blobstore.object.ObjectKey.Prefix;
import dev.varve.blobstore.object.ObjectReader;
import dev.varve.blobstore.object.ObjectWrite;
import dev.varve.blobstore.object.Retention;
import dev.varve.blobstore.object.StoredObject;
import dev.varve.blobstore.object.Upload;
import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Random operations on one bucket, done to a store and to the model, whose answers and contents must be the same. Ids and
 * sequences differ between the two, so versions and uploads are told by their place in listings.
 */
final class ObjectSequence {
    private static final List<String> KEYS = List.of("a", "b", "b/1", "b/2", "c/d/e", "c/d/f", "ü", "a\u0000b");
    private static final int MOST_BYTES = 20_000;

    private final String bucket;
    private final Random random;
    private final MemoryObjects model;
    private final Supplier<Instant> now;

    /** What the store was doing when it failed; it may have taken effect or not. */
    private @Nullable Op open;

    /** An operation that can be done to either store. */
    private interface Op {
        Object run(Side side);
    }

    /** One of the two stores, and what is in its bucket. */
    private record Side(ObjectStore store, List<StoredObject> versions, List<Upload> uploads) {
        static Side of(ObjectStore store, String bucket) {
            return new Side(
                    store,
                    store.listVersions(ListRequest.of(bucket, Prefix.ALL)).objects(),
                    store.uploads(ListRequest.of(bucket, Prefix.ALL)).uploads());
        }
    }

    /** The store broke down in the middle of an operation, as it was told to. */
    static final class Broken extends RuntimeException {
        private static final long serialVersionUID = 1L;

        Broken(Throwable cause) {
            super(cause);
        }
    }

    ObjectSequence(String bucket, long seed, MemoryObjects model, Supplier<Instant> now) {
        this.bucket = bucket;
        this.random = new Random(seed);
        this.model = model;
        this.now = now;
    }

    private Side model() {
        return Side.of(model, bucket);
    }

    private <T> T any(T[] of) {
        return List.of(of).get(random.nextInt(of.length));
    }

    private boolean chance(int in) {
        return random.nextInt(in) == 0;
    }

    /** Makes the bucket, or does something in it. */
    void step(ObjectStore store, BooleanSupplier isBroken) {
        Op op = model.bucket(bucket).isEmpty() ? creation() : next(model());
        Object expected;
        Object found;
        Side side;
        try {
            side = model.bucket(bucket).isEmpty() ? new Side(store, List.of(), List.of()) : Side.of(store, bucket);
            found = answer(op, side);
        } catch (VarveException e) {
            if (!isBroken.getAsBoolean()) {
                throw e;
            }
            open = op;
            throw new Broken(e);
        }
        expected = answer(op, model.bucket(bucket).isEmpty() ? new Side(model, List.of(), List.of()) : model());
        assertThat(found).as("answer in bucket %s", bucket).isEqualTo(expected);
        if (chance(4)) {
            compareSome(store);
        }
    }

    private static Object answer(Op op, Side side) {
        try {
            return told(op.run(side));
        } catch (ObjectException e) {
            return e.problem();
        }
    }

    /** An answer without what may differ. */
    private static Object told(Object answer) {
        return switch (answer) {
            case StoredObject object -> told(object);
            case Optional<?> optional -> optional.map(ObjectSequence::told);
            case List<?> list -> list.stream().map(ObjectSequence::told).toList();
            case Change.Done done -> done.object().map(ObjectSequence::told);
            case Upload upload -> List.of(upload.write(), upload.begun(), upload.checksum(), upload.isComposite());
            case Upload.Parts parts -> List.of(told(parts.upload()), parts.parts(), parts.next());
            case Upload.Uploads uploads -> List.of(told(uploads.uploads()), uploads.prefixes(), uploads.nextAfter());
            case Listing listing -> List.of(told(listing.objects()), listing.prefixes(), listing.nextAfter());
            case ByteBuffer bytes -> bytes;
            default -> answer;
        };
    }

    private static StoredObject told(StoredObject object) {
        boolean isNull = object.versionId().equals(StoredObject.NULL_VERSION);
        return new StoredObject(
                object.key(),
                isNull ? object.versionId() : "some",
                0,
                object.isLatest(),
                object.isDeleteMarker(),
                object.lastModified(),
                object.size(),
                object.etag(),
                object.checksums(),
                object.partSizes(),
                object.partChecksums(),
                object.owner(),
                object.headers(),
                object.metadata(),
                object.tags(),
                object.retention(),
                object.legalHold());
    }

    private Op creation() {
        BucketSettings settings = switch (random.nextInt(5)) {
            case 0, 1 -> BucketSettings.DEFAULT;
            case 2 -> BucketSettings.DEFAULT.withWriteOnce(true);
            case 3 ->
                BucketSettings.DEFAULT
                        .withVersioning(Versioning.ENABLED)
                        .withObjectLock(true)
                        .withDefaultRetention(
                                chance(2)
                                        ? Optional.of(new DefaultRetention(Retention.Mode.GOVERNANCE, 1))
                                        : Optional.empty());
            default -> BucketSettings.DEFAULT.withVersioning(Versioning.ENABLED);
        };
        return side -> side.store.createBucket(bucket, "ada", settings);
    }

    private ObjectKey key() {
        return ObjectKey.of(KEYS.get(random.nextInt(KEYS.size())));
    }

    private byte[] bytes() {
        int most = chance(3) ? 100 : MOST_BYTES;
        return ObjectStoreContract.bytes(random.nextInt(), random.nextInt(most));
    }

    private Set<ChecksumAlgorithm> algorithms() {
        return chance(3) ? EnumSet.of(any(ChecksumAlgorithm.values())) : Set.of();
    }

    /** A condition of which each side fills in its own sequence. */
    private interface SidedCondition {
        Condition of(Side side);
    }

    private SidedCondition condition(Side model) {
        int index = model.versions.isEmpty() ? -1 : random.nextInt(model.versions.size());
        String etag = index < 0 ? "0123" : model.versions.get(index).etag();
        return switch (random.nextInt(14)) {
            case 0 -> side -> Condition.noneMatches(Condition.ANY);
            case 1 -> side -> Condition.matches(Condition.ANY);
            case 2 -> side -> Condition.matches(etag);
            case 3 -> side -> Condition.noneMatches(etag);
            case 4 ->
                side -> Condition.sequence(
                        index < 0 ? 1 : side.versions.get(index).sequence());
            case 5 -> side -> Condition.sequence(Condition.ABSENT);
            case 6 ->
                side -> new Condition(
                        Optional.empty(),
                        Optional.empty(),
                        OptionalLong.empty(),
                        Optional.of(now.get()),
                        OptionalLong.empty());
            default -> side -> Condition.NONE;
        };
    }

    private Optional<Retention> retention() {
        return chance(8)
                ? Optional.of(new Retention(
                        any(Retention.Mode.values()), now.get().plusSeconds(random.nextInt(-100, 100_000))))
                : Optional.empty();
    }

    private ObjectWrite write(ObjectKey key) {
        return new ObjectWrite(
                bucket,
                key,
                "bob",
                chance(2) ? Map.of("content-type", "text/plain") : Map.of(),
                chance(3) ? Map.of("n", "" + random.nextInt(100)) : Map.of(),
                chance(3) ? Map.of("t", "" + random.nextInt(3)) : Map.of(),
                retention(),
                chance(20),
                Condition.NONE,
                chance(6));
    }

    private interface SidedVersion {
        Optional<String> of(Side side);
    }

    /** A place in the listing of versions, by its key and id; sometimes no id, or one that is not there. */
    private record Target(ObjectKey key, SidedVersion version) {}

    private Target target(Side model) {
        if (model.versions.isEmpty() || chance(6)) {
            ObjectKey key = key();
            boolean isCurrent = chance(2);
            return new Target(key, side -> isCurrent ? Optional.empty() : Optional.of("ffffffffffffff00"));
        }
        int index = random.nextInt(model.versions.size());
        boolean isCurrent = chance(3);
        return new Target(
                model.versions.get(index).key(),
                side -> isCurrent
                        ? Optional.empty()
                        : Optional.of(side.versions.get(index).versionId()));
    }

    private Op next(Side model) {
        return switch (random.nextInt(24)) {
            case 0, 1, 2, 3, 4, 5 -> put(model);
            case 6, 7, 8 -> delete(model);
            case 9, 10 -> several(model);
            case 11, 12 -> copy(model);
            case 13 -> {
                Target target = target(model);
                Map<String, String> tags = Map.of("x", "" + random.nextInt());
                yield side -> side.store.setTags(bucket, target.key, target.version.of(side), tags);
            }
            case 14 -> {
                Target target = target(model);
                Optional<Retention> retention = retention();
                boolean bypass = chance(2);
                yield side -> side.store.setRetention(bucket, target.key, target.version.of(side), retention, bypass);
            }
            case 15 -> {
                Target target = target(model);
                boolean isOn = chance(3);
                yield side -> side.store.setLegalHold(bucket, target.key, target.version.of(side), isOn);
            }
            case 16 -> {
                Versioning versioning = any(Versioning.values());
                yield side -> side.store
                        .changeBucket(bucket, settings -> settings.withVersioning(versioning))
                        .settings();
            }
            case 17, 18 -> {
                ObjectWrite write = write(key());
                Optional<ChecksumAlgorithm> checksum = algorithms().stream().findFirst();
                boolean isComposite = chance(2);
                yield side -> side.store.createUpload(write, checksum, isComposite);
            }
            case 19, 20, 21 -> upload(model);
            case 22 -> {
                ObjectWrite write = write(key());
                yield side -> side.store.find(bucket, write.key(), Optional.empty());
            }
            default ->
                side -> {
                    side.store.deleteBucket(bucket);
                    return true;
                };
        };
    }

    private Op put(Side model) {
        ObjectWrite write = write(key());
        byte[] bytes = bytes();
        Set<ChecksumAlgorithm> algorithms = algorithms();
        SidedCondition condition = condition(model);
        return side ->
                side.store.put(write.withCondition(condition.of(side)), ObjectStoreContract.body(bytes, algorithms));
    }

    private Op delete(Side model) {
        Target target = target(model);
        SidedCondition condition = condition(model);
        boolean bypass = chance(2);
        return side -> side.store.change(
                bucket, List.of(new Change.Delete(target.key, target.version.of(side), condition.of(side), bypass)));
    }

    private Op several(Side model) {
        List<Op> parts = new ArrayList<>();
        for (int i = random.nextInt(2, 5); i > 0; i--) {
            SidedCondition condition = condition(model);
            if (chance(2)) {
                ObjectWrite write = write(key());
                byte[] bytes = bytes();
                parts.add(side -> {
                    ObjectDraft draft = side.store.draft(write.withCondition(condition.of(side)));
                    try {
                        draft.out().write(bytes);
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                    return new Change.Put(draft);
                });
            } else {
                Target target = target(model);
                parts.add(side -> new Change.Delete(target.key, target.version.of(side), condition.of(side), false));
            }
        }
        return side -> {
            List<Change> changes = new ArrayList<>();
            try {
                parts.forEach(part -> changes.add((Change) part.run(side)));
                return side.store.change(bucket, changes);
            } finally {
                for (Change change : changes) {
                    if (change instanceof Change.Put(ObjectDraft draft)) {
                        draft.close();
                    }
                }
            }
        };
    }

    private Op copy(Side model) {
        if (model.versions.isEmpty()) {
            return put(model);
        }
        int index = random.nextInt(model.versions.size());
        ObjectWrite write = write(key());
        SidedCondition condition = condition(model);
        Optional<ChecksumAlgorithm> checksum = algorithms().stream().findFirst();
        return side ->
                side.store.copy(bucket, side.versions.get(index), write.withCondition(condition.of(side)), checksum);
    }

    private Op upload(Side model) {
        if (model.uploads.isEmpty()) {
            return put(model);
        }
        int index = random.nextInt(model.uploads.size());
        ObjectKey key = model.uploads.get(index).write().key();
        int number = random.nextInt(1, 4);
        return switch (random.nextInt(6)) {
            case 0 -> {
                yield side -> {
                    side.store.abortUpload(bucket, key, side.uploads.get(index).id());
                    return true;
                };
            }
            case 1, 2 -> {
                int most = random.nextInt(1, 4);
                SidedCondition condition = condition(model);
                yield side -> {
                    String id = side.uploads.get(index).id();
                    List<Upload.PartName> names = side.store.parts(bucket, key, id, 0, most).parts().stream()
                            .map(part -> new Upload.PartName(part.number(), part.etag(), part.checksums()))
                            .toList();
                    return side.store.completeUpload(
                            bucket,
                            key,
                            id,
                            new Upload.Completion(names, condition.of(side), Optional.empty(), List.of()));
                };
            }
            case 3 -> {
                if (!model.versions.isEmpty()) {
                    int source = random.nextInt(model.versions.size());
                    int offset = random.nextInt(100);
                    yield side -> side.store.copyPart(
                            bucket,
                            key,
                            side.uploads.get(index).id(),
                            number,
                            bucket,
                            side.versions.get(source),
                            offset,
                            10);
                }
                yield side ->
                        side.store.parts(bucket, key, side.uploads.get(index).id(), 0, 1000);
            }
            default -> {
                byte[] bytes = bytes();
                yield side -> side.store.putPart(
                        bucket, key, side.uploads.get(index).id(), number, ObjectStoreContract.body(bytes));
            }
        };
    }

    // -- comparing

    /** After a break: what was under way took effect whole or not at all; all else is as it was. */
    void settle(ObjectStore store) {
        Op op = open;
        open = null;
        if (op != null && !state(store).equals(state(model))) {
            answer(op, model.bucket(bucket).isEmpty() ? new Side(model, List.of(), List.of()) : model());
        }
        compareAll(store);
    }

    /** Everything that can be listed. */
    private Object state(ObjectStore store) {
        Optional<BucketSettings> settings = store.bucket(bucket).map(found -> found.settings());
        if (settings.isEmpty()) {
            return List.of();
        }
        Side side = Side.of(store, bucket);
        List<Object> parts = new ArrayList<>();
        for (Upload upload : side.uploads) {
            parts.add(told(store.parts(bucket, upload.write().key(), upload.id(), 0, 1000)));
        }
        return List.of(settings.get(), told(side.versions), told(side.uploads), parts);
    }

    /** The same of a store that was damaged and may say so. */
    void compareUnlessTold(ObjectStore store) {
        try {
            compareAll(store);
        } catch (VarveException e) {
            assertThat(e.code()).as("%s", e).isIn(ErrorCode.CORRUPT, ErrorCode.STORAGE);
        }
    }

    /** Compares everything, and every byte. */
    void compareAll(ObjectStore store) {
        assertThat(state(store)).as("bucket %s", bucket).isEqualTo(state(model));
        if (model.bucket(bucket).isEmpty()) {
            return;
        }
        Side expected = model();
        Side found = Side.of(store, bucket);
        Map<ObjectKey, StoredObject> current = new HashMap<>();
        for (int i = 0; i < expected.versions.size(); i++) {
            StoredObject version = found.versions.get(i);
            if (version.isLatest()) {
                current.put(version.key(), version);
            }
            assertThat(store.find(bucket, version.key(), Optional.of(version.versionId())))
                    .contains(version);
            compareBytes(store, version, expected.versions.get(i));
        }
        KEYS.stream()
                .map(ObjectKey::of)
                .forEach(key -> assertThat(store.find(bucket, key, Optional.empty()))
                        .isEqualTo(Optional.ofNullable(current.get(key))));
    }

    private void compareBytes(ObjectStore store, StoredObject found, StoredObject expected) {
        if (!expected.isDeleteMarker()) {
            assertThat(ObjectStoreContract.get(store, bucket, found))
                    .as("bytes of %s in bucket %s", found, bucket)
                    .isEqualTo(ObjectStoreContract.get(model, bucket, expected));
        }
    }

    private void compareSome(ObjectStore store) {
        if (model.bucket(bucket).isEmpty()) {
            return;
        }
        Side expected = model();
        Side found = Side.of(store, bucket);
        assertThat(told(found.versions)).as("bucket %s", bucket).isEqualTo(told(expected.versions));
        String delimiter = List.of("", "/", "/d", "1").get(random.nextInt(4));
        ListRequest request = new ListRequest(
                bucket,
                Prefix.of(List.of("", "b", "b/", "c/d/", "zz").get(random.nextInt(5))),
                delimiter.isEmpty() ? Optional.empty() : Optional.of(delimiter),
                Prefix.of(List.of("", "a", "b", "b/", "b/1", "c/", "c/d/e").get(random.nextInt(7))),
                Optional.empty(),
                random.nextInt(12));
        assertThat(told(store.list(request))).as("%s", request).isEqualTo(told(model.list(request)));
        assertThat(told(store.listVersions(request))).as("%s", request).isEqualTo(told(model.listVersions(request)));
        assertThat(told(store.uploads(request))).as("%s", request).isEqualTo(told(model.uploads(request)));
        if (found.versions.isEmpty()) {
            return;
        }
        int index = random.nextInt(found.versions.size());
        StoredObject version = found.versions.get(index);
        if (version.isDeleteMarker() || version.size() == 0) {
            return;
        }
        int offset = random.nextInt((int) version.size());
        int length = random.nextInt((int) version.size() - offset);
        assertThat(range(store, version, offset, length))
                .isEqualTo(range(model, expected.versions.get(index), offset, length));
    }

    private ByteBuffer range(ObjectStore store, StoredObject version, int offset, int length) {
        try (ObjectReader reader = store.open(bucket, version)) {
            ByteBuffer bytes = ByteBuffer.allocate(length);
            reader.read(offset, bytes);
            return bytes.flip();
        }
    }

    /** Time passes. */
    static Duration pause(Random random) {
        return Duration.ofSeconds(random.nextInt(5) == 0 ? random.nextInt(90_000) : random.nextInt(10));
    }
}
