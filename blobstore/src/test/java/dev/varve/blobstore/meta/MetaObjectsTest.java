package dev.varve.blobstore.meta;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.blobstore.object.BucketSettings;
import dev.varve.blobstore.object.BucketSettings.DefaultRetention;
import dev.varve.blobstore.object.BucketSettings.Versioning;
import dev.varve.blobstore.object.Change;
import dev.varve.blobstore.object.ChecksumAlgorithm;
import dev.varve.blobstore.object.Condition;
import dev.varve.blobstore.object.ListRequest;
import dev.varve.blobstore.object.ObjectException;
import dev.varve.blobstore.object.ObjectKey;
import dev.varve.blobstore.object.ObjectProblem;
import dev.varve.blobstore.object.ObjectWrite;
import dev.varve.blobstore.object.Retention;
import dev.varve.blobstore.object.StoredObject;
import dev.varve.blobstore.object.Upload;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What operations on objects, versions, locks and uploads do and refuse. */
class MetaObjectsTest {
    private static final BucketSettings VERSIONED = BucketSettings.DEFAULT.withVersioning(Versioning.ENABLED);
    private static final ObjectKey KEY = ObjectKey.of("key");

    @TempDir
    Path directory;

    private Machine machine;

    @BeforeEach
    void open() {
        machine = new Machine(directory);
        machine.create("plain", BucketSettings.DEFAULT);
        machine.create("versioned", VERSIONED);
        machine.create("locked", VERSIONED.withObjectLock(true));
    }

    /** After every test the rows are as their hash says, and nothing refers to a chunk twice. */
    @AfterEach
    void close() {
        for (int shard = 0; shard < MetaState.SHARDS; shard++) {
            assertThat(machine.state.readHash(shard))
                    .isEqualTo(machine.state.head(shard).rows());
        }
        machine.close();
    }

    private static void assertRefused(ObjectProblem problem, ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        ObjectException.class, e -> assertThat(e.problem()).isEqualTo(problem));
    }

    private static Condition condition(
            Optional<String> ifMatch, Optional<String> ifNoneMatch, Optional<Instant> time, OptionalLong size) {
        return new Condition(ifMatch, ifNoneMatch, OptionalLong.empty(), time, size);
    }

    /** A condition, and what it leads to: empty if it holds. */
    private record Case(Condition condition, Optional<ObjectProblem> without, Optional<ObjectProblem> with) {}

    @Test
    void conditionsAreDecidedByTheTable() {
        Optional<ObjectProblem> holds = Optional.empty();
        Optional<ObjectProblem> fails = Optional.of(ObjectProblem.PRECONDITION_FAILED);
        Optional<ObjectProblem> noKey = Optional.of(ObjectProblem.NO_SUCH_KEY);
        Instant sameSecond = Machine.START.plusMillis(700);
        List<Case> cases = List.of(
                new Case(Condition.NONE, holds, holds),
                new Case(Condition.matches("one"), noKey, holds),
                new Case(Condition.matches("two"), noKey, fails),
                new Case(Condition.matches(Condition.ANY), noKey, holds),
                new Case(Condition.noneMatches("one"), holds, fails),
                new Case(Condition.noneMatches("two"), holds, holds),
                new Case(Condition.noneMatches(Condition.ANY), holds, fails),
                new Case(Condition.sequence(Condition.ABSENT), holds, fails),
                new Case(Condition.sequence(999), fails, fails),
                new Case(
                        condition(Optional.empty(), Optional.empty(), Optional.of(sameSecond), OptionalLong.empty()),
                        noKey,
                        holds),
                new Case(
                        condition(
                                Optional.empty(),
                                Optional.empty(),
                                Optional.of(sameSecond.plusSeconds(1)),
                                OptionalLong.empty()),
                        noKey,
                        fails),
                new Case(
                        condition(Optional.empty(), Optional.empty(), Optional.empty(), OptionalLong.of(3)),
                        noKey,
                        holds),
                new Case(
                        condition(Optional.empty(), Optional.empty(), Optional.empty(), OptionalLong.of(4)),
                        noKey,
                        fails),
                new Case(
                        condition(Optional.of("one"), Optional.of("one"), Optional.empty(), OptionalLong.empty()),
                        noKey,
                        fails));
        for (String bucket : List.of("plain", "versioned")) {
            for (int i = 0; i < cases.size(); i++) {
                Case each = cases.get(i);
                ObjectKey absent = ObjectKey.of("absent" + i);
                ObjectKey marked = ObjectKey.of("marked" + i);
                ObjectKey present = ObjectKey.of("present" + i);
                machine.put(bucket, present, "one");
                machine.put(bucket, marked, "one");
                machine.delete(bucket, marked, Optional.empty(), Condition.NONE, false);
                for (boolean isPut : List.of(false, true)) {
                    check(each, each.with(), bucket, present, isPut, i);
                    if (each.with().isEmpty() && !isPut) {
                        machine.put(bucket, present, "one");
                    }
                    check(each, each.without(), bucket, absent, isPut, i);
                    check(each, each.without(), bucket, marked, isPut, i);
                }
            }
        }
    }

    private void check(
            Case each, Optional<ObjectProblem> expected, String bucket, ObjectKey key, boolean isPut, int i) {
        Optional<StoredObject> before = machine.find(bucket, key, Optional.empty());
        try {
            if (isPut) {
                machine.put(bucket, key, "new", each.condition());
            } else {
                machine.delete(bucket, key, Optional.empty(), each.condition(), false);
            }
            assertThat(expected).as("case %d of %s", i, key).isEmpty();
        } catch (ObjectException e) {
            assertThat(Optional.of(e.problem())).as("case %d of %s", i, key).isEqualTo(expected);
            assertThat(machine.find(bucket, key, Optional.empty())).isEqualTo(before);
        }
    }

    @Test
    void aRefusedChangeLeavesNothingOfThoseBeforeIt() {
        StoredObject kept = machine.put("plain", ObjectKey.of("kept"), "1");
        long last = machine.state.head(MetaState.shardOf("plain")).lastNumber();
        assertRefused(
                ObjectProblem.PRECONDITION_FAILED,
                () -> machine.call(new MetaOp.ChangeObjects(
                        "plain",
                        List.of(
                                Machine.put(ObjectWrite.of("plain", KEY, "o"), "x"),
                                new MetaOp.Delete(ObjectKey.of("kept"), Optional.empty(), Condition.NONE, false),
                                Machine.put(
                                        ObjectWrite.of("plain", KEY, "o")
                                                .withCondition(Condition.noneMatches(Condition.ANY)),
                                        "y")))));
        assertThat(machine.find("plain", KEY, Optional.empty())).isEmpty();
        assertThat(machine.find("plain", ObjectKey.of("kept"), Optional.empty()))
                .contains(kept);
        assertThat(machine.state.head(MetaState.shardOf("plain")).lastNumber()).isEqualTo(last);
    }

    @Test
    void changesOfOneOperationSeeEachOther() {
        List<Change.Done> done = machine.call(new MetaOp.ChangeObjects(
                "plain",
                List.of(
                        Machine.put(ObjectWrite.of("plain", KEY, "o"), "one"),
                        Machine.put(ObjectWrite.of("plain", KEY, "o").withCondition(Condition.matches("one")), "two"),
                        new MetaOp.Delete(KEY, Optional.empty(), Condition.matches("two"), false),
                        Machine.put(
                                ObjectWrite.of("plain", KEY, "o").withCondition(Condition.noneMatches("*")),
                                "three"))));
        assertThat(done).hasSize(4);
        assertThat(machine.find("plain", KEY, Optional.empty()).orElseThrow().etag())
                .isEqualTo("three");
        assertThat(machine.reads()
                        .listVersions(ListRequest.of("plain", ObjectKey.Prefix.ALL))
                        .objects())
                .hasSize(1);
    }

    @Test
    void theSequenceGrowsWithEveryChangeAndIsACondition() {
        long first = machine.put("plain", KEY, "one").sequence();
        long second =
                machine.put("plain", KEY, "two", Condition.sequence(first)).sequence();
        assertThat(second).isGreaterThan(first);
        assertRefused(
                ObjectProblem.PRECONDITION_FAILED, () -> machine.put("plain", KEY, "three", Condition.sequence(first)));
        long tagged = machine.call(new MetaOp.SetTags("plain", KEY, Optional.empty(), Map.of("a", "b")))
                .sequence();
        assertThat(tagged).isGreaterThan(second);
        assertRefused(
                ObjectProblem.PRECONDITION_FAILED,
                () -> machine.put("plain", KEY, "three", Condition.sequence(second)));
    }

    @Test
    void versionsComeAndGoWithTheBucketsState() {
        StoredObject before = machine.put("plain", KEY, "before");
        assertThat(before.versionId()).isEqualTo(StoredObject.NULL_VERSION);
        version("plain", Versioning.ENABLED);
        StoredObject first = machine.put("plain", KEY, "first");
        StoredObject marker = machine.delete("plain", KEY, Optional.empty(), Condition.NONE, false)
                .orElseThrow();
        assertThat(marker.isDeleteMarker()).isTrue();
        assertThat(machine.find("plain", KEY, Optional.of("null")).orElseThrow().etag())
                .isEqualTo("before");
        version("plain", Versioning.SUSPENDED);
        machine.put("plain", KEY, "suspended");
        assertThat(machine.find("plain", KEY, Optional.of("null")).orElseThrow().etag())
                .isEqualTo("suspended");
        version("plain", Versioning.ENABLED);
        StoredObject last = machine.put("plain", KEY, "last");
        assertThat(machine.reads()
                        .listVersions(ListRequest.of("plain", ObjectKey.Prefix.ALL))
                        .objects())
                .extracting(StoredObject::versionId)
                .containsExactly(last.versionId(), "null", marker.versionId(), first.versionId());
        version("plain", Versioning.SUSPENDED);
        StoredObject nullMarker = machine.delete("plain", KEY, Optional.empty(), Condition.NONE, false)
                .orElseThrow();
        assertThat(nullMarker.versionId()).isEqualTo("null");
        assertThat(machine.delete("plain", KEY, Optional.of("null"), Condition.NONE, false))
                .contains(nullMarker);
        assertThat(machine.find("plain", KEY, Optional.of("null"))).isEmpty();
        assertThat(machine.find("plain", KEY, Optional.empty()).orElseThrow().etag())
                .isEqualTo("last");
        assertRefused(ObjectProblem.INVALID_STATE, () -> version("plain", Versioning.OFF));
        for (StoredObject version : List.of(last, marker, first)) {
            machine.delete("plain", KEY, Optional.of(version.versionId()), Condition.NONE, false);
        }
        machine.call(new MetaOp.DeleteBucket("plain"));
        machine.create("plain", BucketSettings.DEFAULT);
        assertThat(machine.find("plain", KEY, Optional.empty())).isEmpty();
    }

    private void version(String bucket, Versioning versioning) {
        MetaReads.BucketRevision found = machine.reads().bucket(bucket).orElseThrow();
        machine.call(new MetaOp.ChangeBucket(
                bucket, found.revision(), found.bucket().settings().withVersioning(versioning)));
    }

    @Test
    void settingsMadeFromOldOnesAreRefused() {
        long revision = machine.reads().bucket("plain").orElseThrow().revision();
        machine.call(new MetaOp.ChangeBucket("plain", revision, BucketSettings.DEFAULT.withPublicRead(true)));
        assertRefused(
                ObjectProblem.PRECONDITION_FAILED,
                () -> machine.call(new MetaOp.ChangeBucket("plain", revision, BucketSettings.DEFAULT)));
    }

    @Test
    void whatIsWrittenOnceStays() {
        machine.create("once", BucketSettings.DEFAULT.withWriteOnce(true));
        machine.put("once", KEY, "one");
        assertRefused(ObjectProblem.LOCKED, () -> machine.put("once", KEY, "two"));
        assertThat(machine.find("once", KEY, Optional.empty()).orElseThrow().etag())
                .isEqualTo("one");
    }

    // -- locks

    private StoredObject lock(ObjectKey key, Retention.Mode mode, Instant until) {
        machine.put("locked", key, "kept");
        return machine.call(new MetaOp.SetRetention(
                "locked", key, Optional.empty(), Optional.of(new Retention(mode, until)), false));
    }

    private void delete(StoredObject version, boolean bypassGovernance) {
        machine.delete("locked", version.key(), Optional.of(version.versionId()), Condition.NONE, bypassGovernance);
    }

    private StoredObject retain(StoredObject version, Optional<Retention> retention, boolean bypassGovernance) {
        return machine.call(new MetaOp.SetRetention(
                "locked", version.key(), Optional.of(version.versionId()), retention, bypassGovernance));
    }

    @Test
    void complianceKeepsAVersionFromEverybodyUntilItEnds() {
        Instant until = Machine.START.plusSeconds(100);
        StoredObject version = lock(KEY, Retention.Mode.COMPLIANCE, until);
        assertRefused(ObjectProblem.LOCKED, () -> delete(version, false));
        assertRefused(ObjectProblem.LOCKED, () -> delete(version, true));
        assertRefused(ObjectProblem.LOCKED, () -> retain(version, Optional.empty(), true));
        assertRefused(
                ObjectProblem.LOCKED,
                () -> retain(
                        version, Optional.of(new Retention(Retention.Mode.COMPLIANCE, until.minusSeconds(1))), true));
        assertRefused(
                ObjectProblem.LOCKED,
                () -> retain(
                        version, Optional.of(new Retention(Retention.Mode.GOVERNANCE, until.plusSeconds(1))), true));
        Instant later = until.plusSeconds(50);
        retain(version, Optional.of(new Retention(Retention.Mode.COMPLIANCE, later)), false);
        machine.time = later.minusMillis(1);
        machine.trusted = machine.time;
        assertRefused(ObjectProblem.LOCKED, () -> delete(version, true));
        machine.time = later;
        machine.trusted = later;
        delete(version, false);
        assertThat(machine.find("locked", KEY, Optional.of(version.versionId())))
                .isEmpty();
    }

    @Test
    void governanceYieldsToWhoMayBypassIt() {
        Instant until = Machine.START.plusSeconds(100);
        StoredObject version = lock(KEY, Retention.Mode.GOVERNANCE, until);
        assertRefused(ObjectProblem.LOCKED, () -> delete(version, false));
        assertRefused(ObjectProblem.LOCKED, () -> retain(version, Optional.empty(), false));
        assertRefused(
                ObjectProblem.LOCKED,
                () -> retain(version, Optional.of(new Retention(Retention.Mode.COMPLIANCE, until)), false));
        retain(version, Optional.of(new Retention(Retention.Mode.GOVERNANCE, until.plusSeconds(1))), false);
        retain(version, Optional.of(new Retention(Retention.Mode.GOVERNANCE, until)), true);
        delete(version, true);
        assertThat(machine.find("locked", KEY, Optional.empty())).isEmpty();
    }

    @Test
    void aLegalHoldStaysUntilItIsTakenAway() {
        StoredObject version = machine.put("locked", KEY, "kept");
        Optional<String> id = Optional.of(version.versionId());
        assertThat(machine.call(new MetaOp.SetLegalHold("locked", KEY, id, true))
                        .legalHold())
                .isTrue();
        machine.time = Machine.START.plus(Duration.ofDays(100_000));
        machine.trusted = machine.time;
        assertRefused(ObjectProblem.LOCKED, () -> delete(version, true));
        machine.call(new MetaOp.SetLegalHold("locked", KEY, id, false));
        delete(version, false);
    }

    @Test
    void locksNeedABucketWithLocksAndATimeToCome() {
        assertRefused(
                ObjectProblem.INVALID_STATE,
                () -> machine.call(new MetaOp.SetLegalHold("versioned", KEY, Optional.empty(), true)));
        Retention past = new Retention(Retention.Mode.COMPLIANCE, Machine.START);
        machine.put("locked", KEY, "x");
        assertRefused(
                ObjectProblem.INVALID_ARGUMENT,
                () -> machine.call(new MetaOp.SetRetention("locked", KEY, Optional.empty(), Optional.of(past), true)));
        assertRefused(
                ObjectProblem.NO_SUCH_VERSION,
                () -> machine.call(new MetaOp.SetRetention("locked", KEY, Optional.of("no"), Optional.empty(), true)));
        StoredObject marker = machine.delete("locked", KEY, Optional.empty(), Condition.NONE, false)
                .orElseThrow();
        assertRefused(
                ObjectProblem.IS_DELETE_MARKER,
                () -> machine.call(new MetaOp.SetLegalHold("locked", KEY, Optional.of(marker.versionId()), true)));
        assertRefused(
                ObjectProblem.NO_SUCH_KEY,
                () -> machine.call(new MetaOp.SetTags("locked", KEY, Optional.empty(), Map.of())));
    }

    /** I9: whatever the clock does, a locked version stays until its time has come by the trusted one. */
    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3})
    void noJumpOfTheClockEndsALock(long seed) {
        Random random = new Random(seed);
        machine.create(
                "retained",
                VERSIONED
                        .withObjectLock(true)
                        .withDefaultRetention(Optional.of(new DefaultRetention(Retention.Mode.COMPLIANCE, 2))));
        List<StoredObject> kept = new ArrayList<>();
        Instant real = Machine.START;
        for (int i = 0; i < 300; i++) {
            real = real.plusSeconds(random.nextInt(7_200));
            machine.time = random.nextInt(3) == 0 ? real.plusSeconds(random.nextLong(-1_000_000, 1_000_000)) : real;
            machine.trusted = machine.time.isBefore(real) ? machine.time : real;
            ObjectKey key = ObjectKey.of("key" + random.nextInt(5));
            switch (random.nextInt(4)) {
                case 0, 1 -> {
                    StoredObject object = machine.put("retained", key, "v" + i);
                    Instant until = object.retention().orElseThrow().until();
                    assertThat(until).isAfterOrEqualTo(machine.time.plus(Duration.ofDays(2)));
                    kept.add(object);
                }
                case 2 -> machine.delete("retained", key, Optional.empty(), Condition.NONE, true);
                default -> {
                    for (StoredObject object : List.copyOf(kept)) {
                        tryAllThatDelete(object, random);
                        boolean isThere = machine.find("retained", object.key(), Optional.of(object.versionId()))
                                .isPresent();
                        Instant until = object.retention().orElseThrow().until();
                        assertThat(isThere || !until.isAfter(real)).isTrue();
                        if (!isThere) {
                            kept.remove(object);
                        }
                    }
                }
            }
        }
        assertThat(kept).isNotEmpty();
    }

    private void tryAllThatDelete(StoredObject object, Random random) {
        try {
            machine.delete("retained", object.key(), Optional.of(object.versionId()), Condition.NONE, true);
        } catch (ObjectException e) {
            assertThat(e.problem()).isEqualTo(ObjectProblem.LOCKED);
        }
        for (MetaOp.Expiry.Kind kind : MetaOp.Expiry.Kind.values()) {
            machine.call(new MetaOp.Expire(
                    "retained", List.of(new MetaOp.Expiry(object.key(), object.versionId(), object.sequence(), kind))));
        }
        if (random.nextBoolean()) {
            try {
                machine.call(new MetaOp.DeleteBucket("retained"));
            } catch (ObjectException e) {
                assertThat(e.problem()).isEqualTo(ObjectProblem.BUCKET_NOT_EMPTY);
            }
        }
    }

    // -- expiry

    private boolean expire(String bucket, StoredObject object, MetaOp.Expiry.Kind kind) {
        return machine.call(new MetaOp.Expire(
                        bucket, List.of(new MetaOp.Expiry(object.key(), object.versionId(), object.sequence(), kind))))
                .getFirst();
    }

    @Test
    void onlyWhatIsStillAsItWasExpires() {
        StoredObject old = machine.put("plain", KEY, "old");
        StoredObject now = machine.put("plain", KEY, "now");
        assertThat(expire("plain", old, MetaOp.Expiry.Kind.CURRENT)).isFalse();
        assertThat(expire("plain", now, MetaOp.Expiry.Kind.NONCURRENT)).isFalse();
        assertThat(expire("plain", now, MetaOp.Expiry.Kind.CURRENT)).isTrue();
        assertThat(machine.find("plain", KEY, Optional.empty())).isEmpty();

        StoredObject first = machine.put("versioned", KEY, "first");
        StoredObject second = machine.put("versioned", KEY, "second");
        assertThat(expire("versioned", first, MetaOp.Expiry.Kind.CURRENT)).isFalse();
        assertThat(expire("versioned", second, MetaOp.Expiry.Kind.CURRENT)).isTrue();
        StoredObject marker = machine.find("versioned", KEY, Optional.empty()).orElseThrow();
        assertThat(marker.isDeleteMarker()).isTrue();
        assertThat(expire("versioned", marker, MetaOp.Expiry.Kind.MARKER)).isFalse();
        assertThat(expire("versioned", first, MetaOp.Expiry.Kind.NONCURRENT)).isTrue();
        assertThat(expire("versioned", second, MetaOp.Expiry.Kind.NONCURRENT)).isTrue();
        assertThat(expire("versioned", marker, MetaOp.Expiry.Kind.MARKER)).isTrue();
        machine.call(new MetaOp.DeleteBucket("versioned"));
    }

    // -- uploads

    private Upload begin(String bucket) {
        return machine.call(new MetaOp.CreateUpload(ObjectWrite.of(bucket, KEY, "writer"), Optional.empty(), false));
    }

    private void part(Upload upload, int number, long size, int chunk) {
        machine.call(new MetaOp.PutPart(
                upload.write().bucket(),
                KEY,
                upload.id(),
                number,
                size,
                Machine.md5(chunk),
                List.of(),
                List.of(new Extent.Chunk(7, chunk, size, 0)),
                0));
    }

    private StoredObject complete(Upload upload, int... numbersAndChunks) {
        List<Upload.PartName> names = new ArrayList<>();
        for (int i = 0; i < numbersAndChunks.length; i += 2) {
            names.add(new Upload.PartName(numbersAndChunks[i], Machine.md5(numbersAndChunks[i + 1]), List.of()));
        }
        return machine.call(new MetaOp.CompleteUpload(
                upload.write().bucket(),
                KEY,
                upload.id(),
                new Upload.Completion(names, Condition.NONE, Optional.empty(), List.of())));
    }

    private List<Long> chunksOf(String bucket) {
        return machine.reads().find(bucket, KEY, Optional.empty()).orElseThrow().extents().stream()
                .map(extent -> ((Extent.Chunk) extent).low())
                .toList();
    }

    private List<Long> trash(String bucket) {
        return machine.reads().trash(MetaState.shardOf(bucket), 100).stream()
                .map(chunk -> chunk.id().low())
                .toList();
    }

    @Test
    void partsBecomeAnObjectAndWhatIsNotUsedGoesToTheTrash() {
        Upload upload = begin("plain");
        long large = Upload.MIN_PART_BYTES;
        part(upload, 2, large, 2);
        part(upload, 1, large, 1);
        part(upload, 1, large + 1, 11);
        part(upload, 3, large, 3);
        part(upload, 9, 5, 9);
        assertRefused(ObjectProblem.INVALID_PART, () -> complete(upload, 1, 1, 9, 9));
        assertRefused(ObjectProblem.INVALID_PART_ORDER, () -> complete(upload, 2, 2, 1, 11));
        assertRefused(ObjectProblem.INVALID_ARGUMENT, () -> complete(upload));
        StoredObject object = complete(upload, 1, 11, 2, 2, 9, 9);
        assertThat(object.size()).isEqualTo(2 * large + 6);
        assertThat(object.etag()).endsWith("-3");
        assertThat(object.partSizes()).containsExactly(large + 1, large, 5L);
        assertThat(chunksOf("plain")).containsExactly(11L, 2L, 9L);
        assertThat(trash("plain")).containsExactlyInAnyOrder(1L, 3L);
        assertThat(complete(upload, 1, 11)).isEqualTo(object);
        assertRefused(
                ObjectProblem.NO_SUCH_UPLOAD, () -> machine.call(new MetaOp.AbortUpload("plain", KEY, upload.id())));
        machine.delete("plain", KEY, Optional.empty(), Condition.NONE, false);
        assertThat(trash("plain")).containsExactlyInAnyOrder(1L, 3L, 11L, 2L, 9L);
        assertRefused(ObjectProblem.NO_SUCH_UPLOAD, () -> complete(upload, 1, 11));
        machine.call(new MetaOp.DeleteBucket("plain"));
    }

    @Test
    void smallPartsAreRefusedButTheLast() {
        Upload upload = begin("plain");
        part(upload, 1, Upload.MIN_PART_BYTES - 1, 1);
        part(upload, 2, 1, 2);
        assertRefused(ObjectProblem.PART_TOO_SMALL, () -> complete(upload, 1, 1, 2, 2));
        assertThat(complete(upload, 1, 1).size()).isEqualTo(Upload.MIN_PART_BYTES - 1);
    }

    @Test
    void anAbortedUploadLeavesOnlyTrash() {
        Upload upload = begin("plain");
        part(upload, 1, 10, 1);
        assertRefused(ObjectProblem.BUCKET_NOT_EMPTY, () -> machine.call(new MetaOp.DeleteBucket("plain")));
        machine.call(new MetaOp.AbortUpload("plain", KEY, upload.id()));
        assertThat(trash("plain")).containsExactly(1L);
        assertRefused(ObjectProblem.NO_SUCH_UPLOAD, () -> part(upload, 2, 10, 2));
        machine.call(new MetaOp.DeleteBucket("plain"));
    }

    @Test
    void trashIsForgottenOnceItWasDeleted() {
        machine.call(new MetaOp.RaiseFloor(MetaState.shardOf("plain"), 4));
        MetaOp.Put put = new MetaOp.Put(
                ObjectWrite.of("plain", KEY, "o"),
                5,
                "e",
                List.of(),
                List.of(),
                List.of(new Extent.Chunk(1, 2, 5, 3)),
                4);
        machine.call(new MetaOp.ChangeObjects("plain", List.of(put)));
        assertThatThrownBy(() -> machine.put("plain", ObjectKey.of("late"), "x"))
                .isInstanceOf(StaleChunkException.class);
        machine.delete("plain", KEY, Optional.empty(), Condition.NONE, false);
        List<MetaReads.TrashedChunk> trash = machine.reads().trash(MetaState.shardOf("plain"), 10);
        assertThat(trash).hasSize(1);
        assertThat(trash.getFirst().id()).isEqualTo(new MetaOp.TrashId(4, 1, 2));
        machine.call(new MetaOp.EmptyTrash(
                MetaState.shardOf("plain"), List.of(trash.getFirst().id(), new MetaOp.TrashId(9, 9, 9))));
        assertThat(trash("plain")).isEmpty();
    }

    @Test
    void everyPartMustHaveTheChecksumOfItsUpload() {
        Upload upload = machine.call(new MetaOp.CreateUpload(
                ObjectWrite.of("plain", KEY, "writer"), Optional.of(ChecksumAlgorithm.SHA256), true));
        assertRefused(ObjectProblem.INVALID_ARGUMENT, () -> part(upload, 1, 10, 1));
    }
}
