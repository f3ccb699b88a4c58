package dev.varve.blobstore.meta;

import dev.varve.blobstore.object.BucketSettings;
import dev.varve.blobstore.object.BucketSettings.Versioning;
import dev.varve.blobstore.object.Change;
import dev.varve.blobstore.object.Checksum;
import dev.varve.blobstore.object.ChecksumAlgorithm;
import dev.varve.blobstore.object.Condition;
import dev.varve.blobstore.object.ObjectKey;
import dev.varve.blobstore.object.ObjectWrite;
import dev.varve.blobstore.object.Retention;
import dev.varve.blobstore.object.StoredObject;
import dev.varve.blobstore.object.Upload;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.Supplier;

/** Operations by chance: on few buckets and keys, so that they meet, and with every field at times empty and at times not. */
final class RandomOps {
    static final List<String> BUCKETS = List.of("bucket-off", "bucket-on", "bucket-lock", "bucket-any", "bucket-once");
    private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");

    private final Random random;
    /** What earlier answers told, for later operations to name. */
    private final List<String> versions = new ArrayList<>(List.of("null", "nonsense"));

    private final List<Upload> uploads = new ArrayList<>();
    private final Map<String, Map<Integer, Upload.Part>> parts = new HashMap<>();
    private final List<StoredObject> objects = new ArrayList<>();
    private long chunks;

    RandomOps(long seed) {
        this.random = new Random(seed);
    }

    /** Remembers ids in an answer. */
    void learn(MetaOp<?> op, Object answer) {
        if (op instanceof MetaOp.PutPart put && answer instanceof Upload.Part part) {
            parts.computeIfAbsent(put.uploadId(), any -> new TreeMap<>()).put(part.number(), part);
        }
        learn(answer);
    }

    private void learn(Object answer) {
        switch (answer) {
            case StoredObject object -> {
                versions.add(object.versionId());
                objects.add(object);
            }
            case Upload upload -> uploads.add(upload);
            case List<?> list -> list.forEach(this::learn);
            case Change.Done done -> done.object().ifPresent(this::learn);
            default -> {}
        }
    }

    private boolean chance(int percent) {
        return random.nextInt(100) < percent;
    }

    private <T> T oneOf(List<T> values) {
        return values.get(random.nextInt(values.size()));
    }

    private <T> T lately(List<T> values) {
        return values.get(values.size() - 1 - random.nextInt(Math.min(values.size(), 8)));
    }

    private <T> Optional<T> maybe(int percent, Supplier<T> value) {
        return chance(percent) ? Optional.of(value.get()) : Optional.empty();
    }

    Instant time() {
        return START.plusMillis(random.nextInt(1_000_000)).plusSeconds(random.nextInt(20) * 86_400L);
    }

    String bucket() {
        return oneOf(BUCKETS);
    }

    ObjectKey key() {
        byte[] bytes = new byte[random.nextInt(1, 4)];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = oneOf(List.of((byte) 0, (byte) 1, (byte) 'a', (byte) '/', (byte) 0xFF));
        }
        return ObjectKey.of(bytes);
    }

    private String text() {
        return oneOf(List.of("", "a", "ä€𐍈", "content-type", "x".repeat(300), "42"));
    }

    private Map<String, String> pairs() {
        Map<String, String> pairs = new HashMap<>();
        for (int i = random.nextInt(4); i > 0; i--) {
            pairs.put("k" + random.nextInt(20) + text(), text());
        }
        return pairs;
    }

    private Map<String, String> tags() {
        return chance(50) ? Map.of() : Map.of("tag" + random.nextInt(5), "v");
    }

    private String md5() {
        byte[] bytes = new byte[16];
        random.nextBytes(bytes);
        bytes[0] = (byte) random.nextInt(3);
        return HexFormat.of().formatHex(bytes);
    }

    private String etag() {
        return oneOf(List.of(md5(), md5() + "-7", md5() + "-007", "", "no md5", md5() + "-"));
    }

    private List<Checksum> checksums() {
        List<Checksum> checksums = new ArrayList<>();
        for (ChecksumAlgorithm algorithm : ChecksumAlgorithm.values()) {
            if (chance(20)) {
                byte[] bytes = new byte[algorithm.bytes()];
                random.nextBytes(bytes);
                checksums.add(new Checksum(algorithm, ByteBuffer.wrap(bytes), random.nextInt(3)));
            }
        }
        return checksums;
    }

    private Retention retention() {
        return new Retention(
                oneOf(List.of(Retention.Mode.values())),
                time().plusSeconds(86_400L * random.nextInt(20)).plusNanos(random.nextInt(3)));
    }

    private Condition condition() {
        if (chance(60)) {
            return Condition.NONE;
        }
        return new Condition(
                maybe(
                        20,
                        () -> objects.isEmpty() || chance(50)
                                ? Condition.ANY
                                : lately(objects).etag()),
                maybe(
                        30,
                        () -> objects.isEmpty() || chance(50)
                                ? Condition.ANY
                                : lately(objects).etag()),
                chance(20)
                        ? OptionalLong.of(
                                objects.isEmpty() ? 0 : lately(objects).sequence())
                        : OptionalLong.empty(),
                maybe(10, this::time),
                chance(10) ? OptionalLong.of(random.nextInt(3)) : OptionalLong.empty());
    }

    private ObjectWrite write(String bucket) {
        boolean locks = bucket.equals("bucket-lock") && chance(30);
        return new ObjectWrite(
                bucket,
                key(),
                text(),
                pairs(),
                pairs(),
                tags(),
                locks ? Optional.of(retention()) : Optional.empty(),
                locks && chance(30),
                condition(),
                chance(10));
    }

    private List<Extent> extents() {
        List<Extent> extents = new ArrayList<>();
        for (int i = random.nextInt(3); i > 0; i--) {
            if (chance(50)) {
                byte[] bytes = new byte[random.nextInt(200)];
                random.nextBytes(bytes);
                extents.add(new Extent.Inline(ByteBuffer.wrap(bytes)));
            } else {
                extents.add(new Extent.Chunk(random.nextLong(), chunks++, random.nextInt(1 << 20), random.nextInt()));
            }
        }
        return extents;
    }

    private static long size(List<Extent> extents) {
        return extents.stream().mapToLong(Extent::length).sum();
    }

    private BucketSettings settings(String bucket) {
        Versioning versioning = switch (bucket) {
            case "bucket-off", "bucket-once" -> Versioning.OFF;
            case "bucket-on", "bucket-lock" -> Versioning.ENABLED;
            default -> oneOf(List.of(Versioning.values()));
        };
        boolean locks = bucket.equals("bucket-lock");
        return new BucketSettings(
                versioning,
                locks,
                locks
                        ? maybe(
                                50,
                                () -> new BucketSettings.DefaultRetention(
                                        oneOf(List.of(Retention.Mode.values())), random.nextInt(1, 9)))
                        : Optional.empty(),
                bucket.equals("bucket-once"),
                chance(50),
                chance(50)
                        ? List.of()
                        : List.of(new BucketSettings.LifecycleRule(
                                text(),
                                chance(50),
                                ObjectKey.Prefix.of(key().bytes()),
                                pairs(),
                                random.nextInt(100),
                                random.nextInt(),
                                0,
                                chance(50))),
                tags(),
                pairs());
    }

    private Optional<String> versionId() {
        return maybe(60, () -> chance(70) ? lately(versions) : oneOf(versions));
    }

    private MetaOp.ObjectChange change(String bucket) {
        if (chance(30)) {
            return new MetaOp.Delete(key(), versionId(), chance(20) ? condition() : Condition.NONE, chance(50));
        }
        List<Extent> extents = extents();
        return new MetaOp.Put(
                write(bucket),
                size(extents),
                etag(),
                checksums(),
                chance(80) ? List.of() : List.of(1L, 5L << 30),
                extents,
                random.nextInt(5));
    }

    /** The bucket and key of an upload, and mostly its id. */
    private record Aim(String bucket, ObjectKey key, String uploadId) {}

    private Aim aim() {
        if (uploads.isEmpty() || chance(10)) {
            return new Aim(bucket(), key(), "nonsense");
        }
        Upload upload = lately(uploads);
        return new Aim(
                chance(97) ? upload.write().bucket() : bucket(),
                chance(97) ? upload.write().key() : key(),
                upload.id());
    }

    private MetaOp.PutPart part() {
        boolean isLarge = chance(85);
        List<Extent> extents = isLarge
                ? List.of(new Extent.Chunk(1, chunks++, Upload.MIN_PART_BYTES + random.nextInt(100), 5))
                : extents();
        Aim aim = aim();
        return new MetaOp.PutPart(
                aim.bucket(),
                aim.key(),
                aim.uploadId(),
                chance(95) ? random.nextInt(1, 4) : random.nextInt(-1, 20_000),
                size(extents),
                md5(),
                checksums(),
                extents,
                random.nextInt(5));
    }

    private MetaOp.CompleteUpload complete() {
        Aim aim = aim();
        List<Upload.PartName> names = new ArrayList<>();
        parts.getOrDefault(aim.uploadId(), Map.of()).forEach((number, part) -> {
            if (chance(90)) {
                names.add(new Upload.PartName(
                        number, chance(97) ? part.etag() : etag(), chance(90) ? List.of() : part.checksums()));
            }
        });
        return new MetaOp.CompleteUpload(
                aim.bucket(),
                aim.key(),
                aim.uploadId(),
                new Upload.Completion(
                        names,
                        chance(70) ? Condition.NONE : condition(),
                        maybe(5, () -> 5L),
                        chance(5) ? checksums() : List.of()));
    }

    private MetaOp.AbortUpload abort() {
        Aim aim = aim();
        return new MetaOp.AbortUpload(aim.bucket(), aim.key(), aim.uploadId());
    }

    MetaOp<?> next() {
        String bucket = bucket();
        return switch (random.nextInt(24)) {
            case 0 -> new MetaOp.CreateBucket(bucket, text(), settings(bucket));
            case 1 -> new MetaOp.ChangeBucket(bucket, random.nextInt(1, 9), settings(bucket));
            case 2 -> new MetaOp.DeleteBucket(bucket);
            case 3 -> {
                ObjectWrite write = write(bucket);
                yield new MetaOp.CreateUpload(
                        write, maybe(30, () -> oneOf(List.of(ChecksumAlgorithm.values()))), chance(70));
            }
            case 4, 5 -> part();
            case 6 -> complete();
            case 7 -> chance(30) ? abort() : part();
            case 8 -> new MetaOp.SetTags(bucket, key(), versionId(), tags());
            case 9 ->
                new MetaOp.SetRetention(
                        chance(80) ? "bucket-lock" : bucket,
                        key(),
                        versionId(),
                        maybe(80, this::retention),
                        chance(50));
            case 10 -> new MetaOp.SetLegalHold(chance(80) ? "bucket-lock" : bucket, key(), versionId(), chance(50));
            case 11 -> {
                List<MetaOp.Expiry> expiries = new ArrayList<>();
                for (int i = random.nextInt(3); i >= 0 && !objects.isEmpty(); i--) {
                    StoredObject object = lately(objects);
                    expiries.add(new MetaOp.Expiry(
                            object.key(),
                            object.versionId(),
                            object.sequence(),
                            oneOf(List.of(MetaOp.Expiry.Kind.values()))));
                }
                yield new MetaOp.Expire(bucket, expiries);
            }
            case 12 ->
                chance(90)
                        ? new MetaOp.EmptyTrash(
                                random.nextInt(MetaState.SHARDS),
                                List.of(new MetaOp.TrashId(random.nextInt(3), random.nextLong(), chunks / 2)))
                        : new MetaOp.RaiseFloor(random.nextInt(MetaState.SHARDS), random.nextInt(3));
            default -> {
                List<MetaOp.ObjectChange> changes = new ArrayList<>();
                for (int i = random.nextInt(3); i >= 0; i--) {
                    changes.add(change(bucket));
                }
                yield new MetaOp.ChangeObjects(bucket, changes);
            }
        };
    }
}
