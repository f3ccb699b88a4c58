package dev.varve.blobstore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.blobstore.object.Body;
import dev.varve.blobstore.object.BucketSettings;
import dev.varve.blobstore.object.BucketSettings.DefaultRetention;
import dev.varve.blobstore.object.BucketSettings.Versioning;
import dev.varve.blobstore.object.Change;
import dev.varve.blobstore.object.Checksum;
import dev.varve.blobstore.object.ChecksumAlgorithm;
import dev.varve.blobstore.object.Condition;
import dev.varve.blobstore.object.Digester;
import dev.varve.blobstore.object.ListRequest;
import dev.varve.blobstore.object.Listing;
import dev.varve.blobstore.object.ObjectDraft;
import dev.varve.blobstore.object.ObjectException;
import dev.varve.blobstore.object.ObjectKey;
import dev.varve.blobstore.object.ObjectKey.Prefix;
import dev.varve.blobstore.object.ObjectProblem;
import dev.varve.blobstore.object.ObjectReader;
import dev.varve.blobstore.object.ObjectWrite;
import dev.varve.blobstore.object.Retention;
import dev.varve.blobstore.object.StoredObject;
import dev.varve.blobstore.object.Upload;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import java.util.Set;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What every object store promises. */
abstract class ObjectStoreContract {
    static final String BUCKET = "plain";
    static final String VERSIONED = "versioned";
    static final String LOCKABLE = "lockable";
    static final Optional<String> CURRENT = Optional.empty();

    private Instant now = Instant.parse("2026-03-01T10:00:00.123Z");
    private ObjectStore store;

    /** Opens the test's store; after the first time, with what is in it. */
    abstract ObjectStore open(InstantSource clock);

    @BeforeEach
    void openStore() {
        store = open(() -> now);
        store.createBucket(BUCKET, "ada", BucketSettings.DEFAULT);
        store.createBucket(VERSIONED, "ada", BucketSettings.DEFAULT.withVersioning(Versioning.ENABLED));
        store.createBucket(
                LOCKABLE,
                "ada",
                BucketSettings.DEFAULT.withVersioning(Versioning.ENABLED).withObjectLock(true));
    }

    private void reopen() {
        store.close();
        store = open(() -> now);
    }

    @AfterEach
    void closeStore() {
        store.close();
    }

    static ObjectKey key(String name) {
        return ObjectKey.of(name);
    }

    static ObjectWrite write(String bucket, String name) {
        return ObjectWrite.of(bucket, key(name), "ada");
    }

    static byte[] bytes(int seed, int size) {
        byte[] bytes = new byte[size];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }

    static byte[] text(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    static Body body(byte[] bytes) {
        return Body.of(new ByteArrayInputStream(bytes));
    }

    static Body body(byte[] bytes, Set<ChecksumAlgorithm> algorithms) {
        return new Body() {
            @Override
            public InputStream stream() {
                return new ByteArrayInputStream(bytes);
            }

            @Override
            public Set<ChecksumAlgorithm> algorithms() {
                return algorithms;
            }

            @Override
            public void verify(Digests digests) {
                assertThat(digests).isEqualTo(Digester.of(bytes, algorithms));
            }
        };
    }

    private StoredObject put(String bucket, String name, String content) {
        return store.put(write(bucket, name), body(text(content)));
    }

    private Optional<StoredObject> delete(String bucket, String name) {
        return delete(bucket, new Change.Delete(key(name), CURRENT, Condition.NONE, false));
    }

    private Optional<StoredObject> deleteVersion(String bucket, StoredObject version) {
        return delete(
                bucket, new Change.Delete(version.key(), Optional.of(version.versionId()), Condition.NONE, false));
    }

    private Optional<StoredObject> delete(String bucket, Change.Delete delete) {
        return store.change(bucket, List.of(delete)).getFirst().object();
    }

    static byte[] get(ObjectStore store, String bucket, StoredObject object) {
        try (ObjectReader reader = store.open(bucket, object)) {
            ByteBuffer bytes = ByteBuffer.allocate((int) object.size());
            reader.read(0, bytes);
            assertThat(bytes.hasRemaining()).isFalse();
            return bytes.array();
        }
    }

    private String get(String bucket, String name) {
        StoredObject found = store.find(bucket, key(name), CURRENT).orElseThrow();
        return new String(get(store, bucket, found), StandardCharsets.UTF_8);
    }

    private StoredObject found(String bucket, StoredObject version) {
        return store.find(bucket, version.key(), Optional.of(version.versionId()))
                .orElseThrow();
    }

    static void assertRefused(ObjectProblem problem, ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        ObjectException.class,
                        refused -> assertThat(refused.problem()).isEqualTo(problem));
    }

    private static Change.Delete deleteIf(String name, Condition condition) {
        return new Change.Delete(key(name), CURRENT, condition, false);
    }

    private static Condition size(long size) {
        return new Condition(
                Optional.empty(), Optional.empty(), OptionalLong.empty(), Optional.empty(), OptionalLong.of(size));
    }

    private static Condition modified(Instant time) {
        return new Condition(
                Optional.empty(), Optional.empty(), OptionalLong.empty(), Optional.of(time), OptionalLong.empty());
    }

    // -- buckets

    @Test
    void bucketsAreListedByName() {
        store.createBucket("another", "bob", BucketSettings.DEFAULT);
        assertThat(store.buckets()).extracting("name").containsExactly("another", LOCKABLE, BUCKET, VERSIONED);
        assertThat(store.bucket("another").orElseThrow().owner()).isEqualTo("bob");
        assertThat(store.bucket("another").orElseThrow().created()).isEqualTo(now);
        assertThat(store.bucket("nothing")).isEmpty();
    }

    @Test
    void aBucketIsMadeOnceWithAProperName() {
        assertRefused(ObjectProblem.BUCKET_EXISTS, () -> store.createBucket(BUCKET, "bob", BucketSettings.DEFAULT));
        assertRefused(ObjectProblem.INVALID_BUCKET_NAME, () -> store.createBucket("No", "bob", BucketSettings.DEFAULT));
        assertThat(store.bucket(BUCKET).orElseThrow().owner()).isEqualTo("ada");
    }

    @Test
    void onlyAnEmptyBucketIsDeleted() {
        put(BUCKET, "a", "x");
        StoredObject marker = delete(VERSIONED, "a").orElseThrow();
        Upload upload = store.createUpload(write(LOCKABLE, "a"), Optional.empty(), false);
        for (String bucket : List.of(BUCKET, VERSIONED, LOCKABLE)) {
            assertRefused(ObjectProblem.BUCKET_NOT_EMPTY, () -> store.deleteBucket(bucket));
        }
        delete(BUCKET, "a");
        deleteVersion(VERSIONED, marker);
        store.abortUpload(LOCKABLE, key("a"), upload.id());
        for (String bucket : List.of(BUCKET, VERSIONED, LOCKABLE)) {
            store.deleteBucket(bucket);
            assertRefused(ObjectProblem.NO_SUCH_BUCKET, () -> store.deleteBucket(bucket));
        }
        assertThat(store.buckets()).isEmpty();
        store.createBucket(BUCKET, "bob", BucketSettings.DEFAULT);
        assertThat(store.find(BUCKET, key("a"), CURRENT)).isEmpty();
    }

    @Test
    void whatABucketPromisedIsNotTakenBack() {
        assertRefused(
                ObjectProblem.INVALID_STATE, () -> store.changeBucket(LOCKABLE, old -> old.withObjectLock(false)));
        assertRefused(
                ObjectProblem.INVALID_STATE,
                () -> store.changeBucket(LOCKABLE, old -> old.withVersioning(Versioning.SUSPENDED)));
        assertRefused(
                ObjectProblem.INVALID_STATE,
                () -> store.changeBucket(VERSIONED, old -> old.withVersioning(Versioning.OFF)));
        assertRefused(ObjectProblem.INVALID_STATE, () -> store.changeBucket(BUCKET, old -> old.withObjectLock(true)));
        assertRefused(
                ObjectProblem.INVALID_STATE,
                () -> store.changeBucket(
                        BUCKET,
                        old -> old.withDefaultRetention(
                                Optional.of(new DefaultRetention(Retention.Mode.GOVERNANCE, 1)))));
        assertThat(store.bucket(BUCKET).orElseThrow().settings()).isEqualTo(BucketSettings.DEFAULT);
    }

    @Test
    void settingsChange() {
        BucketSettings changed = store.changeBucket(
                        BUCKET,
                        old -> old.withTags(Map.of("team", "sea"))
                                .withDocuments(Map.of("cors", "<x/>"))
                                .withPublicRead(true)
                                .withLifecycle(List.of(new BucketSettings.LifecycleRule(
                                        "old", true, Prefix.of("logs/"), Map.of("a", "b"), 1, 2, 3, true))))
                .settings();
        assertThat(changed.tags()).containsEntry("team", "sea");
        assertThat(store.bucket(BUCKET).orElseThrow().settings()).isEqualTo(changed);
    }

    @Test
    void nothingIsFoundInABucketThatIsNotThere() {
        assertRefused(ObjectProblem.NO_SUCH_BUCKET, () -> put("nowhere", "a", "x"));
        assertRefused(ObjectProblem.NO_SUCH_BUCKET, () -> store.find("nowhere", key("a"), CURRENT));
        assertRefused(ObjectProblem.NO_SUCH_BUCKET, () -> store.list(ListRequest.of("nowhere", Prefix.ALL)));
        assertRefused(ObjectProblem.NO_SUCH_BUCKET, () -> delete("nowhere", "a"));
    }

    // -- objects

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 4096, 4097, 65_536, 65_537, 1 << 20, (8 << 20) - 1, 8 << 20, (16 << 20) + 1})
    void anObjectComesBackWithItsBytesAndDigests(int size) {
        byte[] bytes = bytes(size, size);
        Set<ChecksumAlgorithm> all = EnumSet.allOf(ChecksumAlgorithm.class);
        StoredObject put = store.put(write(BUCKET, "a"), body(bytes, all));
        assertThat(put.size()).isEqualTo(size);
        assertThat(put.etag()).isEqualTo(Digester.of(bytes, Set.of()).md5Hex());
        assertThat(put.checksums()).isEqualTo(Digester.of(bytes, all).checksums());
        StoredObject found = store.find(BUCKET, key("a"), CURRENT).orElseThrow();
        assertThat(found).isEqualTo(put);
        assertThat(get(store, BUCKET, found)).isEqualTo(bytes);
    }

    @Test
    void anyRangeCanBeRead() {
        byte[] bytes = bytes(1, (8 << 20) + 300_000);
        StoredObject put = store.put(write(BUCKET, "a"), body(bytes));
        Random random = new Random(2);
        try (ObjectReader reader = store.open(BUCKET, put)) {
            for (int round = 0; round < 100; round++) {
                int offset = random.nextInt(bytes.length + 1);
                int length = random.nextInt(Math.min(200_000, bytes.length - offset) + 1);
                ByteBuffer target = ByteBuffer.allocate(length);
                reader.read(offset, target);
                assertThat(target.flip()).isEqualTo(ByteBuffer.wrap(bytes, offset, length));
            }
            assertRefused(ObjectProblem.INVALID_RANGE, () -> reader.read(bytes.length - 1, ByteBuffer.allocate(2)));
        }
    }

    @Test
    void everythingSaidOfAnObjectIsKept() {
        ObjectWrite write = new ObjectWrite(
                LOCKABLE,
                key("a"),
                "bob",
                Map.of("content-type", "text/plain"),
                Map.of("colour", "grün"),
                Map.of("kind", "test"),
                Optional.of(new Retention(Retention.Mode.GOVERNANCE, now.plusSeconds(60))),
                true,
                Condition.NONE,
                false);
        StoredObject put = store.put(write, body(text("x")));
        StoredObject found = store.find(LOCKABLE, key("a"), CURRENT).orElseThrow();
        assertThat(found).isEqualTo(put);
        assertThat(found.headers()).isEqualTo(write.headers());
        assertThat(found.metadata()).isEqualTo(write.metadata());
        assertThat(found.tags()).isEqualTo(write.tags());
        assertThat(found.retention()).isEqualTo(write.retention());
        assertThat(found.legalHold()).isTrue();
        assertThat(found.owner()).isEqualTo("bob");
        assertThat(found.lastModified()).isEqualTo(now);
        assertThat(found.isLatest()).isTrue();
    }

    @Test
    void withoutVersionsTheNewObjectReplacesTheOld() {
        StoredObject first = put(BUCKET, "a", "1");
        StoredObject second = put(BUCKET, "a", "2");
        assertThat(second.versionId()).isEqualTo(StoredObject.NULL_VERSION);
        assertThat(second.sequence()).isGreaterThan(first.sequence());
        assertThat(get(BUCKET, "a")).isEqualTo("2");
        assertThat(store.listVersions(ListRequest.of(BUCKET, Prefix.ALL)).objects())
                .containsExactly(second);
        assertRefused(ObjectProblem.NO_SUCH_VERSION, () -> store.open(BUCKET, first));
    }

    @Test
    void anOpenReaderKeepsItsBytes() {
        byte[] bytes = bytes(1, 3 << 20);
        StoredObject put = store.put(write(BUCKET, "a"), body(bytes));
        try (ObjectReader reader = store.open(BUCKET, put)) {
            put(BUCKET, "a", "2");
            delete(BUCKET, "a");
            ByteBuffer target = ByteBuffer.allocate(bytes.length);
            reader.read(0, target);
            assertThat(target.array()).isEqualTo(bytes);
        }
    }

    @Test
    void aBodyThatIsRefusedOrBreaksOffLeavesNothing() {
        Body refused = new Body() {
            @Override
            public InputStream stream() {
                return new ByteArrayInputStream(bytes(1, 100_000));
            }

            @Override
            public Set<ChecksumAlgorithm> algorithms() {
                return Set.of();
            }

            @Override
            public void verify(Digests digests) {
                throw new ObjectException(ObjectProblem.BAD_DIGEST, digests.length() + " bytes");
            }
        };
        assertRefused(ObjectProblem.BAD_DIGEST, () -> store.put(write(BUCKET, "a"), refused));
        @SuppressWarnings("InputStreamSlowMultibyteRead") // it breaks off soon enough
        Body broken = Body.of(new InputStream() {
            private int left = 100_000;

            @Override
            public int read() throws IOException {
                if (left == 0) {
                    throw new IOException("the client is gone");
                }
                left--;
                return 1;
            }
        });
        assertThatThrownBy(() -> store.put(write(BUCKET, "a"), broken)).isInstanceOf(UncheckedIOException.class);
        assertThat(store.list(ListRequest.of(BUCKET, Prefix.ALL)).objects()).isEmpty();
    }

    @Test
    void keysAreAnyBytes() {
        byte[] wild = bytes(5, ObjectKey.MAX_BYTES);
        StoredObject put = store.put(ObjectWrite.of(BUCKET, ObjectKey.of(wild), "ada"), body(text("x")));
        assertThat(store.find(BUCKET, ObjectKey.of(wild), CURRENT)).contains(put);
        assertThat(store.list(ListRequest.of(BUCKET, Prefix.ALL)).objects()).containsExactly(put);
        assertRefused(ObjectProblem.INVALID_KEY, () -> ObjectKey.of(new byte[ObjectKey.MAX_BYTES + 1]));
        assertRefused(ObjectProblem.INVALID_KEY, () -> ObjectKey.of(""));
    }

    @Test
    void tooMuchDescriptionIsRefused() {
        assertRefused(
                ObjectProblem.TOO_LARGE,
                () -> store.put(write(BUCKET, "a").withMetadata(Map.of("x", "y".repeat(20_000))), body(text("x"))));
        StoredObject put = put(BUCKET, "a", "x");
        assertRefused(
                ObjectProblem.INVALID_ARGUMENT,
                () -> store.setTags(BUCKET, put.key(), CURRENT, Map.of("", "empty key")));
    }

    // -- versions

    @Test
    void versionsPileUp() {
        StoredObject first = put(VERSIONED, "a", "1");
        StoredObject second = put(VERSIONED, "a", "2");
        assertThat(first.versionId()).isNotEqualTo(second.versionId()).isNotEqualTo(StoredObject.NULL_VERSION);
        assertThat(get(VERSIONED, "a")).isEqualTo("2");
        assertThat(get(store, VERSIONED, first)).isEqualTo(text("1"));
        Listing listing = store.listVersions(ListRequest.of(VERSIONED, Prefix.ALL));
        assertThat(listing.objects()).extracting("versionId").containsExactly(second.versionId(), first.versionId());
        assertThat(listing.objects()).extracting("isLatest").containsExactly(true, false);
        assertThat(found(VERSIONED, first).isLatest()).isFalse();
    }

    @Test
    void aDeleteMarkerCoversAndUncovers() {
        StoredObject first = put(VERSIONED, "a", "1");
        StoredObject marker = delete(VERSIONED, "a").orElseThrow();
        assertThat(marker.isDeleteMarker()).isTrue();
        assertThat(store.find(VERSIONED, key("a"), CURRENT)).contains(marker);
        assertThat(store.list(ListRequest.of(VERSIONED, Prefix.ALL)).objects()).isEmpty();
        assertThat(store.listVersions(ListRequest.of(VERSIONED, Prefix.ALL)).objects())
                .hasSize(2);
        assertRefused(ObjectProblem.IS_DELETE_MARKER, () -> store.open(VERSIONED, marker));
        assertRefused(ObjectProblem.NO_SUCH_KEY, () -> store.setTags(VERSIONED, key("a"), CURRENT, Map.of("a", "b")));
        assertRefused(
                ObjectProblem.IS_DELETE_MARKER,
                () -> store.setTags(VERSIONED, key("a"), Optional.of(marker.versionId()), Map.of("a", "b")));
        assertThat(deleteVersion(VERSIONED, marker)).isPresent();
        assertThat(store.find(VERSIONED, key("a"), CURRENT)).contains(first);
    }

    @Test
    void deletingTheCurrentVersionUncoversTheOneBefore() {
        StoredObject first = put(VERSIONED, "a", "1");
        StoredObject second = put(VERSIONED, "a", "2");
        assertThat(deleteVersion(VERSIONED, second)).contains(second);
        assertThat(store.find(VERSIONED, key("a"), CURRENT)).contains(first);
        assertThat(deleteVersion(VERSIONED, second)).isEmpty();
        assertThat(deleteVersion(VERSIONED, first)).isPresent();
        assertThat(store.find(VERSIONED, key("a"), CURRENT)).isEmpty();
    }

    @Test
    void whatIsNotThereIsDeletedWithoutAWord() {
        assertThat(delete(BUCKET, "a")).isEmpty();
        assertThat(delete(VERSIONED, "a").orElseThrow().isDeleteMarker()).isTrue();
    }

    @Test
    void aSuspendedBucketHasOneNullVersionAmongOthers() {
        StoredObject old = put(BUCKET, "a", "0");
        store.changeBucket(BUCKET, settings -> settings.withVersioning(Versioning.ENABLED));
        StoredObject first = put(BUCKET, "a", "1");
        assertThat(found(BUCKET, old).isLatest()).isFalse();
        store.changeBucket(BUCKET, settings -> settings.withVersioning(Versioning.SUSPENDED));
        StoredObject second = put(BUCKET, "a", "2");
        assertThat(second.versionId()).isEqualTo(StoredObject.NULL_VERSION);
        assertThat(store.listVersions(ListRequest.of(BUCKET, Prefix.ALL)).objects())
                .extracting("versionId")
                .containsExactly(StoredObject.NULL_VERSION, first.versionId());
        StoredObject marker = delete(BUCKET, "a").orElseThrow();
        assertThat(marker.isDeleteMarker()).isTrue();
        assertThat(marker.versionId()).isEqualTo(StoredObject.NULL_VERSION);
        assertThat(store.listVersions(ListRequest.of(BUCKET, Prefix.ALL)).objects())
                .extracting("isDeleteMarker")
                .containsExactly(true, false);
        deleteVersion(BUCKET, marker);
        assertThat(get(BUCKET, "a")).isEqualTo("1");
    }

    // -- conditions

    @Test
    void aConditionHoldsOrNothingHappens() {
        assertRefused(
                ObjectProblem.NO_SUCH_KEY,
                () -> store.put(write(BUCKET, "a").withCondition(Condition.matches(Condition.ANY)), body(text("x"))));
        StoredObject first =
                store.put(write(BUCKET, "a").withCondition(Condition.noneMatches(Condition.ANY)), body(text("1")));
        List<Condition> fail = List.of(
                Condition.noneMatches(Condition.ANY),
                Condition.noneMatches(first.etag()),
                Condition.matches("0123"),
                Condition.sequence(Condition.ABSENT),
                Condition.sequence(first.sequence() + 1),
                size(2),
                modified(now.plusSeconds(1)));
        for (Condition condition : fail) {
            assertRefused(
                    ObjectProblem.PRECONDITION_FAILED,
                    () -> store.put(write(BUCKET, "a").withCondition(condition), body(text("2"))));
            assertRefused(
                    ObjectProblem.PRECONDITION_FAILED, () -> store.change(BUCKET, List.of(deleteIf("a", condition))));
        }
        assertThat(store.find(BUCKET, key("a"), CURRENT)).contains(first);
        StoredObject before = first;
        List<Condition> hold = List.of(
                Condition.matches(Condition.ANY), Condition.noneMatches("0123"), size(1), modified(now.plusMillis(5)));
        for (Condition condition : hold) {
            before = store.put(write(BUCKET, "a").withCondition(condition), body(text("2")));
        }
        before = store.put(write(BUCKET, "a").withCondition(Condition.matches(before.etag())), body(text("3")));
        before = store.put(write(BUCKET, "a").withCondition(Condition.sequence(before.sequence())), body(text("4")));
        store.change(BUCKET, List.of(deleteIf("a", Condition.sequence(before.sequence()))));
        assertThat(store.find(BUCKET, key("a"), CURRENT)).isEmpty();
        assertRefused(
                ObjectProblem.NO_SUCH_KEY,
                () -> store.change(BUCKET, List.of(deleteIf("a", Condition.matches(Condition.ANY)))));
    }

    @Test
    void aDeletedObjectIsNoObject() {
        put(VERSIONED, "a", "1");
        delete(VERSIONED, "a");
        assertRefused(
                ObjectProblem.NO_SUCH_KEY,
                () -> store.put(
                        write(VERSIONED, "a").withCondition(Condition.matches(Condition.ANY)), body(text("2"))));
        store.put(write(VERSIONED, "a").withCondition(Condition.sequence(Condition.ABSENT)), body(text("2")));
        assertThat(get(VERSIONED, "a")).isEqualTo("2");
    }

    @Test
    void theConditionOfAVersionsDeletionIsOnThatVersion() {
        StoredObject first = put(VERSIONED, "a", "1");
        StoredObject second = put(VERSIONED, "a", "2");
        Optional<String> id = Optional.of(first.versionId());
        assertRefused(
                ObjectProblem.PRECONDITION_FAILED,
                () -> delete(VERSIONED, new Change.Delete(key("a"), id, Condition.matches(second.etag()), false)));
        delete(VERSIONED, new Change.Delete(key("a"), id, Condition.matches(first.etag()), false));
        assertThat(store.listVersions(ListRequest.of(VERSIONED, Prefix.ALL)).objects())
                .containsExactly(second);
    }

    @Test
    void aWriteOnceBucketTakesAKeyOnce() {
        store.changeBucket(BUCKET, settings -> settings.withWriteOnce(true));
        put(BUCKET, "a", "1");
        assertRefused(ObjectProblem.LOCKED, () -> put(BUCKET, "a", "2"));
        assertThat(get(BUCKET, "a")).isEqualTo("1");
    }

    // -- several at once

    @Test
    void changesTakeEffectTogetherOrNotAtAll() throws IOException {
        put(BUCKET, "old1", "1");
        put(BUCKET, "old2", "2");
        try (ObjectDraft draft = store.draft(write(BUCKET, "new"));
                ObjectDraft large = store.draft(write(BUCKET, "large").asFile())) {
            draft.out().write(text("3"));
            large.out().write(bytes(1, 100_000));
            List<Change> changes = List.of(
                    new Change.Put(draft),
                    Change.Delete.of(key("old1")),
                    new Change.Put(large),
                    deleteIf("old2", Condition.matches("0123")));
            assertRefused(ObjectProblem.PRECONDITION_FAILED, () -> store.change(BUCKET, changes));
            assertThat(store.list(ListRequest.of(BUCKET, Prefix.ALL)).objects())
                    .extracting(StoredObject::key)
                    .containsExactly(key("old1"), key("old2"));
            List<Change.Done> done = store.change(
                    BUCKET, List.of(changes.get(0), changes.get(1), changes.get(2), Change.Delete.of(key("no"))));
            assertThat(done)
                    .extracting(Change.Done::key)
                    .containsExactly(key("new"), key("old1"), key("large"), key("no"));
            assertThat(done.get(3).object()).isEmpty();
            assertThat(store.list(ListRequest.of(BUCKET, Prefix.ALL)).objects())
                    .extracting(StoredObject::key)
                    .containsExactly(key("large"), key("new"), key("old2"));
            assertThat(get(BUCKET, "new")).isEqualTo("3");
        }
        assertThat(get(store, BUCKET, store.find(BUCKET, key("large"), CURRENT).orElseThrow()))
                .isEqualTo(bytes(1, 100_000));
    }

    @Test
    void laterChangesSeeEarlierOnes() throws IOException {
        try (ObjectDraft first = store.draft(write(BUCKET, "a"));
                ObjectDraft second =
                        store.draft(write(BUCKET, "a").withCondition(Condition.noneMatches(Condition.ANY)))) {
            first.out().write(text("1"));
            second.out().write(text("2"));
            assertRefused(
                    ObjectProblem.PRECONDITION_FAILED,
                    () -> store.change(BUCKET, List.of(new Change.Put(first), new Change.Put(second))));
            store.change(BUCKET, List.of(new Change.Put(first), Change.Delete.of(key("a")), new Change.Put(second)));
        }
        assertThat(get(BUCKET, "a")).isEqualTo("2");
    }

    @Test
    void aDraftThatIsClosedLeavesNothing() throws IOException {
        try (ObjectDraft draft = store.draft(write(BUCKET, "a").asFile())) {
            draft.out().write(bytes(1, 10_000));
            assertThat(draft.write().key()).isEqualTo(key("a"));
        }
        assertThat(store.find(BUCKET, key("a"), CURRENT)).isEmpty();
    }

    @Test
    void aDraftOfAFileIsWrittenByNameToo() throws IOException {
        byte[] bytes = bytes(1, 100_000);
        try (ObjectDraft draft = store.draft(write(BUCKET, "a").asFile())) {
            Files.write(draft.path(), bytes);
            store.change(BUCKET, List.of(new Change.Put(draft)));
        }
        StoredObject put = store.find(BUCKET, key("a"), CURRENT).orElseThrow();
        assertThat(put.etag()).isEqualTo(Digester.of(bytes, Set.of()).md5Hex());
        assertThat(store.file(BUCKET, put)).hasBinaryContent(bytes);
    }

    @Test
    void aFileObjectLiesInAPlainFile() throws IOException {
        for (int size : List.of(0, 5, 100_000, 9 << 20)) {
            byte[] bytes = bytes(size, size);
            StoredObject put = store.put(write(BUCKET, "a" + size).asFile(), body(bytes));
            assertThat(store.file(BUCKET, put)).hasBinaryContent(bytes);
            assertThat(get(store, BUCKET, put)).isEqualTo(bytes);
        }
        StoredObject plain = put(BUCKET, "b", "x");
        assertRefused(ObjectProblem.INVALID_STATE, () -> store.file(BUCKET, plain));
    }

    @Test
    void everythingIsThereAfterReopening() {
        byte[] bytes = bytes(1, 9 << 20);
        StoredObject large = store.put(write(BUCKET, "large"), body(bytes));
        StoredObject file = store.put(write(BUCKET, "file").asFile(), body(bytes));
        StoredObject first = put(VERSIONED, "a", "1");
        delete(VERSIONED, "a");
        Upload upload = store.createUpload(write(BUCKET, "parts"), Optional.empty(), false);
        Upload.Part part = putPart(upload, 1, bytes(2, 100_000));
        List<StoredObject> versions =
                store.listVersions(ListRequest.of(VERSIONED, Prefix.ALL)).objects();
        reopen();
        assertThat(store.listVersions(ListRequest.of(VERSIONED, Prefix.ALL)).objects())
                .isEqualTo(versions);
        assertThat(get(store, BUCKET, large)).isEqualTo(bytes);
        assertThat(store.file(BUCKET, file)).hasBinaryContent(bytes);
        assertThat(get(store, VERSIONED, first)).isEqualTo(text("1"));
        assertThat(get(store, BUCKET, complete(upload, completion(part)))).isEqualTo(bytes(2, 100_000));
    }

    // -- copies

    @Test
    void aCopyHasTheBytesAndItsOwnDescription() {
        byte[] bytes = bytes(1, 100_000);
        StoredObject source = store.put(
                write(BUCKET, "a").withMetadata(Map.of("x", "y")), body(bytes, Set.of(ChecksumAlgorithm.SHA1)));
        StoredObject copy = store.copy(BUCKET, source, write(VERSIONED, "b"), Optional.empty());
        assertThat(get(store, VERSIONED, copy)).isEqualTo(bytes);
        assertThat(copy.etag()).isEqualTo(source.etag());
        assertThat(copy.checksums()).isEqualTo(source.checksums());
        assertThat(copy.metadata()).isEmpty();
        StoredObject other = store.copy(BUCKET, source, write(BUCKET, "c"), Optional.of(ChecksumAlgorithm.CRC32));
        assertThat(other.checksums())
                .isEqualTo(Digester.of(bytes, Set.of(ChecksumAlgorithm.CRC32)).checksums());
        StoredObject itself =
                store.copy(BUCKET, source, write(BUCKET, "a").withMetadata(Map.of("x", "z")), Optional.empty());
        assertThat(itself.metadata()).containsEntry("x", "z");
        assertThat(get(store, BUCKET, itself)).isEqualTo(bytes);
        delete(BUCKET, "a");
        assertRefused(
                ObjectProblem.NO_SUCH_VERSION, () -> store.copy(BUCKET, itself, write(BUCKET, "d"), Optional.empty()));
        assertRefused(
                ObjectProblem.PRECONDITION_FAILED,
                () -> store.copy(
                        BUCKET,
                        other,
                        write(VERSIONED, "b").withCondition(Condition.noneMatches(Condition.ANY)),
                        Optional.empty()));
    }

    // -- tags and locks

    @Test
    void tagsChangeAndNothingElse() {
        StoredObject first = put(VERSIONED, "a", "1");
        StoredObject second = put(VERSIONED, "a", "2");
        StoredObject tagged = store.setTags(VERSIONED, key("a"), Optional.of(first.versionId()), Map.of("k", "v"));
        assertThat(tagged.tags()).containsExactlyEntriesOf(Map.of("k", "v"));
        assertThat(tagged.isLatest()).isFalse();
        assertThat(tagged.lastModified()).isEqualTo(first.lastModified());
        assertThat(tagged.sequence()).isGreaterThan(second.sequence());
        assertThat(found(VERSIONED, first)).isEqualTo(tagged);
        assertThat(get(store, VERSIONED, first)).isEqualTo(text("1"));
        assertThat(get(VERSIONED, "a")).isEqualTo("2");
        store.setTags(VERSIONED, key("a"), CURRENT, Map.of("new", "est"));
        assertThat(found(VERSIONED, second).tags()).containsKey("new");
        assertRefused(
                ObjectProblem.NO_SUCH_VERSION,
                () -> store.setTags(VERSIONED, key("a"), Optional.of("nonsense"), Map.of()));
        assertRefused(ObjectProblem.NO_SUCH_KEY, () -> store.setTags(VERSIONED, key("b"), CURRENT, Map.of()));
    }

    private StoredObject lock(StoredObject object, Retention.Mode mode, Duration time, boolean bypass) {
        return store.setRetention(
                LOCKABLE,
                object.key(),
                Optional.of(object.versionId()),
                Optional.of(new Retention(mode, now.plus(time))),
                bypass);
    }

    @Test
    void complianceIsKeptByNobodysLeave() {
        StoredObject put = put(LOCKABLE, "a", "1");
        lock(put, Retention.Mode.COMPLIANCE, Duration.ofDays(2), false);
        Change.Delete delete = new Change.Delete(put.key(), Optional.of(put.versionId()), Condition.NONE, true);
        assertRefused(ObjectProblem.LOCKED, () -> delete(LOCKABLE, delete));
        assertRefused(ObjectProblem.LOCKED, () -> lock(put, Retention.Mode.COMPLIANCE, Duration.ofDays(1), true));
        assertRefused(ObjectProblem.LOCKED, () -> lock(put, Retention.Mode.GOVERNANCE, Duration.ofDays(3), true));
        assertRefused(
                ObjectProblem.LOCKED,
                () -> store.setRetention(LOCKABLE, put.key(), Optional.of(put.versionId()), Optional.empty(), true));
        lock(put, Retention.Mode.COMPLIANCE, Duration.ofDays(3), false);
        assertThat(delete(LOCKABLE, "a").orElseThrow().isDeleteMarker()).isTrue();
        now = now.plus(Duration.ofDays(3));
        // A store need not believe a clock that jumps while it runs.
        reopen();
        assertThat(delete(LOCKABLE, delete)).isPresent();
    }

    @Test
    void governanceIsBypassedOnDemand() {
        StoredObject put = put(LOCKABLE, "a", "1");
        lock(put, Retention.Mode.GOVERNANCE, Duration.ofDays(2), false);
        assertRefused(ObjectProblem.LOCKED, () -> deleteVersion(LOCKABLE, put));
        assertRefused(ObjectProblem.LOCKED, () -> lock(put, Retention.Mode.GOVERNANCE, Duration.ofDays(1), false));
        assertRefused(ObjectProblem.LOCKED, () -> lock(put, Retention.Mode.COMPLIANCE, Duration.ofDays(3), false));
        lock(put, Retention.Mode.GOVERNANCE, Duration.ofDays(3), false);
        lock(put, Retention.Mode.GOVERNANCE, Duration.ofDays(1), true);
        assertThat(delete(LOCKABLE, new Change.Delete(put.key(), Optional.of(put.versionId()), Condition.NONE, true)))
                .isPresent();
    }

    @Test
    void aLegalHoldKeepsUntilItIsLifted() {
        StoredObject put = put(LOCKABLE, "a", "1");
        Optional<String> id = Optional.of(put.versionId());
        assertThat(store.setLegalHold(LOCKABLE, put.key(), id, true).legalHold())
                .isTrue();
        assertRefused(
                ObjectProblem.LOCKED, () -> delete(LOCKABLE, new Change.Delete(put.key(), id, Condition.NONE, true)));
        store.setLegalHold(LOCKABLE, put.key(), id, false);
        assertThat(deleteVersion(LOCKABLE, put)).isPresent();
    }

    @Test
    void newVersionsGetTheBucketsRetention() {
        store.changeBucket(
                LOCKABLE,
                settings ->
                        settings.withDefaultRetention(Optional.of(new DefaultRetention(Retention.Mode.COMPLIANCE, 7))));
        StoredObject put = put(LOCKABLE, "a", "1");
        assertThat(put.retention()).contains(new Retention(Retention.Mode.COMPLIANCE, now.plus(Duration.ofDays(7))));
        assertRefused(ObjectProblem.LOCKED, () -> deleteVersion(LOCKABLE, put));
    }

    @Test
    void locksNeedABucketForThem() {
        StoredObject put = put(VERSIONED, "a", "1");
        Optional<Retention> retention = Optional.of(new Retention(Retention.Mode.GOVERNANCE, now.plusSeconds(9)));
        assertRefused(
                ObjectProblem.INVALID_STATE, () -> store.setRetention(VERSIONED, put.key(), CURRENT, retention, false));
        assertRefused(ObjectProblem.INVALID_STATE, () -> store.setLegalHold(VERSIONED, put.key(), CURRENT, true));
        StoredObject lockable = put(LOCKABLE, "a", "1");
        assertRefused(
                ObjectProblem.INVALID_ARGUMENT,
                () -> lock(lockable, Retention.Mode.GOVERNANCE, Duration.ofSeconds(-1), false));
    }

    // -- listing

    private static ListRequest request(String prefix, String delimiter, String after, int most) {
        return new ListRequest(
                BUCKET,
                Prefix.of(prefix),
                delimiter.isEmpty() ? Optional.empty() : Optional.of(delimiter),
                Prefix.of(after),
                Optional.empty(),
                most);
    }

    private List<String> lines(ListRequest request) {
        Listing listing = store.list(request);
        List<String> lines = new ArrayList<>();
        listing.objects().forEach(object -> lines.add(object.key().text()));
        listing.prefixes().forEach(prefix -> lines.add("[" + prefix + "]"));
        lines.sort(null);
        return lines;
    }

    @Test
    void listingsHavePrefixesAndDelimiters() {
        for (String name : List.of("a", "b/1", "b/2", "b/c/3", "b", "c//x", "d/", "ü/x")) {
            put(BUCKET, name, "x");
        }
        assertThat(lines(request("", "", "", 1000)))
                .containsExactly("a", "b", "b/1", "b/2", "b/c/3", "c//x", "d/", "ü/x");
        assertThat(lines(request("", "/", "", 1000))).containsExactly("[b/]", "[c/]", "[d/]", "[ü/]", "a", "b");
        assertThat(lines(request("b/", "/", "", 1000))).containsExactly("[b/c/]", "b/1", "b/2");
        assertThat(lines(request("b", "/", "", 1000))).containsExactly("[b/]", "b");
        assertThat(lines(request("b/", "", "b/1", 1000))).containsExactly("b/2", "b/c/3");
        assertThat(lines(request("", "/", "b/", 1000))).containsExactly("[c/]", "[d/]", "[ü/]");
        assertThat(lines(request("", "/", "b/1", 1000))).containsExactly("[b/]", "[c/]", "[d/]", "[ü/]");
        assertThat(lines(request("", "c/", "", 1000)))
                .containsExactly("[b/c/]", "[c/]", "a", "b", "b/1", "b/2", "d/", "ü/x");
        assertThat(lines(request("x", "/", "", 1000))).isEmpty();
        assertThat(lines(request("", "/", "", 0))).isEmpty();
        assertThat(store.list(request("", "/", "", 0)).isTruncated()).isFalse();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 7, 1000})
    void pagesAddUpToTheWhole(int most) {
        Random random = new Random(11);
        for (int i = 0; i < 60; i++) {
            put(BUCKET, "k" + random.nextInt(8) + "/" + random.nextInt(3) + "/" + random.nextInt(3), "x");
            put(BUCKET, "k" + random.nextInt(8), "x");
        }
        for (String delimiter : List.of("", "/")) {
            List<String> whole = lines(request("", delimiter, "", 1000));
            List<String> pages = new ArrayList<>();
            Prefix after = Prefix.ALL;
            boolean isMore = true;
            while (isMore) {
                Listing page = store.list(request("", delimiter, after.text(), most));
                assertThat(page.objects().size() + page.prefixes().size()).isBetween(1, most);
                page.objects().forEach(object -> pages.add(object.key().text()));
                page.prefixes().forEach(prefix -> pages.add("[" + prefix + "]"));
                isMore = page.isTruncated();
                after = page.nextAfter().orElse(after);
            }
            pages.sort(null);
            assertThat(pages).isEqualTo(whole);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 1000})
    void pagesOfVersionsAddUpToTheWhole(int most) {
        for (int i = 0; i < 12; i++) {
            put(VERSIONED, "k" + i % 4, "v" + i);
            put(VERSIONED, "dir/" + i % 2, "v" + i);
        }
        delete(VERSIONED, "k1");
        List<StoredObject> whole =
                store.listVersions(ListRequest.of(VERSIONED, Prefix.ALL)).objects();
        assertThat(whole).hasSize(25);
        assertThat(whole).filteredOn(StoredObject::isLatest).hasSize(6);
        List<StoredObject> pages = new ArrayList<>();
        ListRequest request =
                new ListRequest(VERSIONED, Prefix.ALL, Optional.empty(), Prefix.ALL, Optional.empty(), most);
        boolean isMore = true;
        while (isMore) {
            Listing page = store.listVersions(request);
            pages.addAll(page.objects());
            isMore = page.isTruncated();
            request = new ListRequest(
                    VERSIONED,
                    Prefix.ALL,
                    Optional.empty(),
                    page.nextAfter().orElse(Prefix.ALL),
                    page.nextAfterVersion(),
                    most);
        }
        assertThat(pages).isEqualTo(whole);
        Listing folded = store.listVersions(
                new ListRequest(VERSIONED, Prefix.ALL, Optional.of("/"), Prefix.ALL, Optional.empty(), 1000));
        assertThat(folded.prefixes()).containsExactly(Prefix.of("dir/"));
        assertThat(folded.objects()).hasSize(13);
    }

    @Test
    void theNextPageOfVersionsDoesNotNeedTheLastOne() {
        List<StoredObject> versions = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            versions.add(put(VERSIONED, "a", "v" + i));
        }
        deleteVersion(VERSIONED, versions.get(2));
        Listing page = store.listVersions(new ListRequest(
                VERSIONED,
                Prefix.ALL,
                Optional.empty(),
                Prefix.of("a"),
                Optional.of(versions.get(2).versionId()),
                1000));
        assertThat(page.objects())
                .extracting("versionId")
                .containsExactly(versions.get(1).versionId(), versions.get(0).versionId());
    }

    // -- multipart

    private static final int PART = (int) Upload.MIN_PART_BYTES;

    private static Upload.PartName name(Upload.Part part) {
        return new Upload.PartName(part.number(), part.etag(), List.of());
    }

    private static Upload.Completion completion(Upload.Part... parts) {
        return new Upload.Completion(
                List.of(parts).stream().map(ObjectStoreContract::name).toList(),
                Condition.NONE,
                Optional.empty(),
                List.of());
    }

    private Upload.Part putPart(Upload upload, int number, byte[] bytes) {
        return store.putPart(upload.write().bucket(), upload.write().key(), upload.id(), number, body(bytes));
    }

    private StoredObject complete(Upload upload, Upload.Completion completion) {
        return store.completeUpload(upload.write().bucket(), upload.write().key(), upload.id(), completion);
    }

    @Test
    void partsBecomeOneObject() {
        Upload upload = store.createUpload(
                write(BUCKET, "a").withHeaders(Map.of("content-type", "x/y")), Optional.empty(), false);
        assertThat(store.find(BUCKET, key("a"), CURRENT)).isEmpty();
        putPart(upload, 2, bytes(9, 10));
        Upload.Part second = putPart(upload, 2, bytes(2, 1000));
        Upload.Part first = putPart(upload, 1, bytes(1, PART + 7));
        putPart(upload, 5, bytes(3, 10));
        StoredObject object = complete(upload, completion(first, second));
        assertThat(object.size()).isEqualTo(PART + 1007);
        assertThat(object.partSizes()).containsExactly(PART + 7L, 1000L);
        assertThat(object.headers()).containsEntry("content-type", "x/y");
        ByteBuffer md5s = ByteBuffer.allocate(32);
        md5s.put(java.util.HexFormat.of().parseHex(first.etag()));
        md5s.put(java.util.HexFormat.of().parseHex(second.etag()));
        assertThat(object.etag()).isEqualTo(Digester.of(md5s.array(), Set.of()).md5Hex() + "-2");
        ByteBuffer whole =
                ByteBuffer.allocate(PART + 1007).put(bytes(1, PART + 7)).put(bytes(2, 1000));
        assertThat(store.find(BUCKET, key("a"), CURRENT)).contains(object);
        assertThat(get(store, BUCKET, object)).isEqualTo(whole.array());
        assertThat(store.uploads(ListRequest.of(BUCKET, Prefix.ALL)).uploads()).isEmpty();
        assertThat(complete(upload, completion(first, second))).isEqualTo(object);
        assertRefused(ObjectProblem.NO_SUCH_UPLOAD, () -> putPart(upload, 1, bytes(1, 1)));
        assertRefused(ObjectProblem.NO_SUCH_UPLOAD, () -> store.abortUpload(BUCKET, key("a"), upload.id()));
    }

    @Test
    void aCompletionNamesThePartsAsTheyAre() {
        Upload upload = store.createUpload(write(BUCKET, "a"), Optional.empty(), false);
        Upload.Part first = putPart(upload, 1, bytes(1, 1000));
        Upload.Part second = putPart(upload, 2, bytes(2, 1000));
        Upload.Part stale = new Upload.Part(2, 1000, first.etag(), now, List.of());
        Upload.Part none = new Upload.Part(3, 1000, first.etag(), now, List.of());
        assertRefused(ObjectProblem.INVALID_ARGUMENT, () -> complete(upload, completion()));
        assertRefused(ObjectProblem.INVALID_PART_ORDER, () -> complete(upload, completion(second, first)));
        assertRefused(ObjectProblem.INVALID_PART, () -> complete(upload, completion(first, stale)));
        assertRefused(ObjectProblem.INVALID_PART, () -> complete(upload, completion(none)));
        assertRefused(ObjectProblem.PART_TOO_SMALL, () -> complete(upload, completion(first, second)));
        assertRefused(
                ObjectProblem.INVALID_ARGUMENT,
                () -> complete(
                        upload,
                        new Upload.Completion(List.of(name(second)), Condition.NONE, Optional.of(999L), List.of())));
        assertRefused(
                ObjectProblem.NO_SUCH_KEY,
                () -> complete(
                        upload,
                        new Upload.Completion(
                                List.of(name(second)), Condition.matches(Condition.ANY), Optional.empty(), List.of())));
        assertThat(complete(upload, completion(second)).partSizes()).containsExactly(1000L);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void checksumsOfUploadsAreOfTheWholeOrOfTheParts(boolean isComposite) {
        Set<ChecksumAlgorithm> algorithms = EnumSet.allOf(ChecksumAlgorithm.class);
        algorithms.removeIf(
                algorithm -> isComposite ? algorithm == ChecksumAlgorithm.CRC64NVME : !algorithm.isLinear());
        byte[] first = bytes(1, PART);
        byte[] second = bytes(2, 77);
        for (ChecksumAlgorithm algorithm : algorithms) {
            Upload upload = store.createUpload(write(BUCKET, "a"), Optional.of(algorithm), isComposite);
            List<Upload.Part> parts = List.of(putPart(upload, 1, first), putPart(upload, 2, second));
            assertThat(parts.get(1).checksums())
                    .isEqualTo(Digester.of(second, Set.of(algorithm)).checksums());
            ByteBuffer all = isComposite
                    ? ByteBuffer.allocate(2 * algorithm.bytes())
                            .put(parts.get(0).checksums().getFirst().bytes())
                            .put(parts.get(1).checksums().getFirst().bytes())
                    : ByteBuffer.allocate(PART + 77).put(first).put(second);
            Checksum value =
                    Digester.of(all.array(), Set.of(algorithm)).checksums().getFirst();
            Checksum expected = new Checksum(algorithm, value.value(), isComposite ? 2 : 0);
            Checksum wrong = new Checksum(algorithm, ByteBuffer.allocate(algorithm.bytes()), isComposite ? 2 : 0);
            List<Upload.PartName> names = parts.stream()
                    .map(part -> new Upload.PartName(part.number(), part.etag(), part.checksums()))
                    .toList();
            assertRefused(
                    ObjectProblem.BAD_DIGEST,
                    () -> complete(
                            upload, new Upload.Completion(names, Condition.NONE, Optional.empty(), List.of(wrong))));
            List<Upload.PartName> swapped = List.of(
                    new Upload.PartName(1, parts.get(0).etag(), parts.get(1).checksums()), names.get(1));
            assertRefused(
                    ObjectProblem.INVALID_PART,
                    () -> complete(
                            upload, new Upload.Completion(swapped, Condition.NONE, Optional.empty(), List.of())));
            StoredObject object = complete(
                    upload, new Upload.Completion(names, Condition.NONE, Optional.of(PART + 77L), List.of(expected)));
            assertThat(object.checksums()).containsExactly(expected);
            assertThat(object.partChecksums())
                    .containsExactly(
                            parts.get(0).checksums().getFirst(),
                            parts.get(1).checksums().getFirst());
            assertThat(store.setTags(BUCKET, object.key(), CURRENT, Map.of("a", "b"))
                            .partChecksums())
                    .isEqualTo(object.partChecksums());
        }
    }

    @Test
    void uploadsWithImpossibleChecksumsAreRefused() {
        assertRefused(
                ObjectProblem.INVALID_ARGUMENT,
                () -> store.createUpload(write(BUCKET, "a"), Optional.of(ChecksumAlgorithm.SHA256), false));
        assertRefused(
                ObjectProblem.INVALID_ARGUMENT,
                () -> store.createUpload(write(BUCKET, "a"), Optional.of(ChecksumAlgorithm.CRC64NVME), true));
        Upload upload = store.createUpload(write(BUCKET, "a"), Optional.empty(), false);
        assertRefused(ObjectProblem.INVALID_ARGUMENT, () -> putPart(upload, 0, bytes(1, 1)));
        assertRefused(ObjectProblem.INVALID_ARGUMENT, () -> putPart(upload, 10_001, bytes(1, 1)));
    }

    @Test
    void aPartIsARangeOfAnObject() {
        byte[] bytes = bytes(1, 200_000);
        StoredObject source = store.put(write(VERSIONED, "source"), body(bytes));
        Upload upload = store.createUpload(write(BUCKET, "a"), Optional.of(ChecksumAlgorithm.CRC32), false);
        Upload.Part part = store.copyPart(BUCKET, key("a"), upload.id(), 1, VERSIONED, source, 1234, 100_000);
        assertThat(part.size()).isEqualTo(100_000);
        assertThat(part.checksums()).hasSize(1);
        assertRefused(
                ObjectProblem.INVALID_RANGE,
                () -> store.copyPart(BUCKET, key("a"), upload.id(), 1, VERSIONED, source, 1, 200_000));
        StoredObject object = complete(upload, completion(part));
        assertThat(ByteBuffer.wrap(get(store, BUCKET, object))).isEqualTo(ByteBuffer.wrap(bytes, 1234, 100_000));
    }

    @Test
    void partsAndUploadsAreListedInPages() {
        List<Upload> uploads = new ArrayList<>();
        for (String name : List.of("b", "a", "b", "c/1", "c/2")) {
            uploads.add(store.createUpload(write(BUCKET, name), Optional.empty(), false));
        }
        List<Upload> sorted = List.of(uploads.get(1), uploads.get(0), uploads.get(2), uploads.get(3), uploads.get(4));
        assertThat(store.uploads(ListRequest.of(BUCKET, Prefix.ALL)).uploads()).isEqualTo(sorted);
        List<Upload> pages = new ArrayList<>();
        ListRequest request = request("", "", "", 1);
        boolean isMore = true;
        while (isMore) {
            Upload.Uploads page = store.uploads(request);
            pages.addAll(page.uploads());
            isMore = page.nextAfter().isPresent();
            request = new ListRequest(
                    BUCKET, Prefix.ALL, Optional.empty(), page.nextAfter().orElse(Prefix.ALL), page.nextAfterId(), 1);
        }
        assertThat(pages).isEqualTo(sorted);
        assertThat(store.uploads(request("", "/", "", 1000)).prefixes()).containsExactly(Prefix.of("c/"));

        Upload upload = uploads.getFirst();
        List<Upload.Part> parts = new ArrayList<>();
        for (int number : List.of(1, 3, 4, 9)) {
            parts.add(putPart(upload, number, bytes(number, number)));
        }
        Upload.Parts page = store.parts(BUCKET, key("b"), upload.id(), 0, 3);
        assertThat(page.upload()).isEqualTo(upload);
        assertThat(page.parts()).isEqualTo(parts.subList(0, 3));
        assertThat(page.next()).isEqualTo(4);
        page = store.parts(BUCKET, key("b"), upload.id(), page.next(), 3);
        assertThat(page.parts()).isEqualTo(parts.subList(3, 4));
        assertThat(page.next()).isZero();
        store.abortUpload(BUCKET, key("b"), upload.id());
        assertRefused(ObjectProblem.NO_SUCH_UPLOAD, () -> store.parts(BUCKET, key("b"), upload.id(), 0, 3));
        assertRefused(
                ObjectProblem.NO_SUCH_UPLOAD,
                () -> store.abortUpload(BUCKET, key("zzz"), uploads.get(1).id()));
    }
}
