package dev.varve.blobstore.meta;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.blobstore.object.BucketSettings;
import dev.varve.blobstore.object.BucketSettings.Versioning;
import dev.varve.blobstore.object.Condition;
import dev.varve.blobstore.object.ListRequest;
import dev.varve.blobstore.object.Listing;
import dev.varve.blobstore.object.ObjectKey;
import dev.varve.blobstore.object.ObjectWrite;
import dev.varve.blobstore.object.StoredObject;
import dev.varve.blobstore.object.Upload;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Listings equal those found by looking at everything. */
class MetaListTest {
    private static final byte[] ALPHABET = {0, 1, 'a', 'b', '/', (byte) 0xC3, (byte) 0xA9, (byte) 0xFE, (byte) 0xFF};
    private static final List<String> DELIMITERS = List.of("/", "a", "ab", "é", "\u0000", "\u0001a");

    @TempDir
    Path directory;

    private Machine machine;

    @BeforeEach
    void open() {
        machine = new Machine(directory);
    }

    @AfterEach
    void close() {
        machine.close();
    }

    private static byte[] bytes(Random random, int least, int most) {
        byte[] bytes = new byte[random.nextInt(least, most + 1)];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = ALPHABET[random.nextInt(ALPHABET.length)];
        }
        return bytes;
    }

    /** A line of a listing: an item, or a common prefix and no item. */
    private record Line<T>(ObjectKey.Prefix at, Optional<T> item) {}

    private static <T> void addLine(List<Line<T>> lines, ListRequest request, ObjectKey key, T item) {
        if (!key.startsWith(request.prefix())) {
            return;
        }
        Optional<ObjectKey.Prefix> common = common(request, key.bytes());
        if (common.isEmpty()) {
            lines.add(new Line<>(ObjectKey.Prefix.of(key.bytes()), Optional.of(item)));
        } else if (!common.get().equals(request.after())
                && (lines.isEmpty() || !lines.getLast().equals(new Line<T>(common.get(), Optional.empty())))) {
            lines.add(new Line<>(common.get(), Optional.empty()));
        }
    }

    private static Optional<ObjectKey.Prefix> common(ListRequest request, byte[] key) {
        String delimiter = latin(request.delimiter().orElse("").getBytes(StandardCharsets.UTF_8));
        int at = delimiter.isEmpty()
                ? -1
                : latin(key).indexOf(delimiter, request.prefix().bytes().length);
        return at < 0
                ? Optional.empty()
                : Optional.of(ObjectKey.Prefix.of(Arrays.copyOf(key, at + delimiter.length())));
    }

    /** Bytes as characters. */
    private static String latin(byte[] bytes) {
        return new String(bytes, StandardCharsets.ISO_8859_1);
    }

    private static int order(ListRequest request, ObjectKey key) {
        return Arrays.compareUnsigned(key.bytes(), request.after().bytes());
    }

    private static <T> void check(
            ListRequest request,
            List<Line<T>> lines,
            List<T> items,
            List<ObjectKey.Prefix> prefixes,
            Optional<ObjectKey.Prefix> next) {
        List<Line<T>> page = lines.subList(0, Math.min(request.most(), lines.size()));
        assertThat(items)
                .isEqualTo(page.stream().flatMap(line -> line.item().stream()).toList());
        assertThat(prefixes)
                .isEqualTo(page.stream()
                        .filter(line -> line.item().isEmpty())
                        .map(Line::at)
                        .toList());
        assertThat(next)
                .isEqualTo(
                        page.isEmpty() || page.size() == lines.size()
                                ? Optional.empty()
                                : Optional.of(page.getLast().at()));
    }

    private static ListRequest request(Random random, Optional<String> afterVersion) {
        return new ListRequest(
                "bucket",
                ObjectKey.Prefix.of(random.nextBoolean() ? new byte[0] : bytes(random, 0, 2)),
                random.nextBoolean()
                        ? Optional.empty()
                        : Optional.of(DELIMITERS.get(random.nextInt(DELIMITERS.size()))),
                ObjectKey.Prefix.of(random.nextBoolean() ? new byte[0] : bytes(random, 0, 4)),
                afterVersion,
                random.nextInt(5) == 0 ? 1000 : random.nextInt(0, 12));
    }

    /** Writes and deletes by chance; newest versions first. */
    private SortedMap<ObjectKey, List<StoredObject>> fill(Random random) {
        SortedMap<ObjectKey, List<StoredObject>> keys = new TreeMap<>();
        Versioning versioning = Versioning.OFF;
        machine.create("bucket", BucketSettings.DEFAULT);
        machine.create("bucket-before", BucketSettings.DEFAULT);
        machine.put("bucket-before", ObjectKey.of("elsewhere"), "x");
        for (int i = 0; i < 400; i++) {
            if (i % 100 == 99) {
                versioning = random.nextBoolean() ? Versioning.ENABLED : Versioning.SUSPENDED;
                long revision = machine.reads().bucket("bucket").orElseThrow().revision();
                machine.call(
                        new MetaOp.ChangeBucket("bucket", revision, BucketSettings.DEFAULT.withVersioning(versioning)));
            }
            ObjectKey key = ObjectKey.of(
                    random.nextInt(3) == 0 && !keys.isEmpty()
                            ? List.copyOf(keys.keySet())
                                    .get(random.nextInt(keys.size()))
                                    .bytes()
                            : bytes(random, 1, 5));
            List<StoredObject> versions = keys.computeIfAbsent(key, any -> new ArrayList<>());
            boolean isDeleted = random.nextInt(4) == 0;
            if (isDeleted && random.nextBoolean() && !versions.isEmpty()) {
                StoredObject gone = versions.remove(random.nextInt(versions.size()));
                assertThat(machine.delete("bucket", key, Optional.of(gone.versionId()), Condition.NONE, false))
                        .isPresent();
            } else if (isDeleted) {
                Optional<StoredObject> done = machine.delete("bucket", key, Optional.empty(), Condition.NONE, false);
                if (versioning == Versioning.OFF) {
                    versions.clear();
                } else {
                    add(versions, done.orElseThrow());
                }
            } else {
                add(versions, machine.put("bucket", key, "v" + i));
            }
            if (versions.isEmpty()) {
                keys.remove(key);
            }
        }
        keys.replaceAll((key, versions) -> IntStream.range(0, versions.size())
                .mapToObj(i -> latest(versions.get(i), i == 0))
                .toList());
        return keys;
    }

    private static void add(List<StoredObject> versions, StoredObject object) {
        if (object.versionId().equals(StoredObject.NULL_VERSION)) {
            versions.removeIf(version -> version.versionId().equals(StoredObject.NULL_VERSION));
        }
        versions.addFirst(object);
    }

    private static StoredObject latest(StoredObject object, boolean isLatest) {
        return new StoredObject(
                object.key(),
                object.versionId(),
                object.sequence(),
                isLatest,
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

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3, 4})
    void objectsAndVersionsAreListedInPages(long seed) {
        Random random = new Random(seed);
        SortedMap<ObjectKey, List<StoredObject>> keys = fill(random);
        if (random.nextBoolean()) {
            machine.state.flush();
        }
        for (int i = 0; i < 400; i++) {
            ListRequest request = request(random, Optional.empty());
            List<Line<StoredObject>> current = new ArrayList<>();
            keys.forEach((key, versions) -> {
                if (order(request, key) > 0 && !versions.getFirst().isDeleteMarker()) {
                    addLine(current, request, key, versions.getFirst());
                }
            });
            Listing listing = machine.reads().list(request);
            check(request, current, listing.objects(), listing.prefixes(), listing.nextAfter());
        }
        for (int i = 0; i < 400; i++) {
            ListRequest request = versionsRequest(random, keys);
            List<Line<StoredObject>> all = new ArrayList<>();
            keys.forEach((key, versions) -> {
                boolean isBehind = order(request, key) > 0;
                for (StoredObject version : versions) {
                    if (isBehind) {
                        addLine(all, request, key, version);
                    }
                    isBehind |=
                            order(request, key) == 0 && request.afterVersion().equals(Optional.of(version.versionId()));
                }
            });
            Listing listing = machine.reads().listVersions(request);
            check(request, all, listing.objects(), listing.prefixes(), listing.nextAfter());
        }
    }

    private static ListRequest versionsRequest(Random random, SortedMap<ObjectKey, List<StoredObject>> keys) {
        ListRequest plain = request(random, Optional.empty());
        if (random.nextBoolean()) {
            return plain;
        }
        List<StoredObject> versions = List.copyOf(keys.values()).get(random.nextInt(keys.size()));
        StoredObject after = versions.get(random.nextInt(versions.size()));
        return new ListRequest(
                "bucket",
                plain.prefix(),
                plain.delimiter(),
                ObjectKey.Prefix.of(after.key().bytes()),
                Optional.of(after.versionId()),
                plain.most());
    }

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {5, 6})
    void pageAfterPageGivesEverythingOnce(long seed) {
        Random random = new Random(seed);
        fill(random);
        for (int i = 0; i < 30; i++) {
            ListRequest whole = request(random, Optional.empty());
            ListRequest all = page(whole, whole.after(), Optional.empty(), 1000);
            List<StoredObject> objects = new ArrayList<>();
            List<ObjectKey.Prefix> prefixes = new ArrayList<>();
            List<StoredObject> versions = new ArrayList<>();
            Optional<ObjectKey.Prefix> after = Optional.of(whole.after());
            while (after.isPresent()) {
                Listing page = machine.reads().list(page(whole, after.get(), Optional.empty(), random.nextInt(1, 9)));
                objects.addAll(page.objects());
                prefixes.addAll(page.prefixes());
                after = page.nextAfter();
            }
            after = Optional.of(whole.after());
            Optional<String> afterVersion = Optional.empty();
            while (after.isPresent()) {
                Listing page =
                        machine.reads().listVersions(page(whole, after.get(), afterVersion, random.nextInt(1, 9)));
                versions.addAll(page.objects());
                after = page.nextAfter();
                afterVersion = page.nextAfterVersion();
            }
            assertThat(objects).isEqualTo(machine.reads().list(all).objects());
            assertThat(prefixes).isEqualTo(machine.reads().list(all).prefixes());
            assertThat(versions).isEqualTo(machine.reads().listVersions(all).objects());
        }
    }

    private static ListRequest page(ListRequest of, ObjectKey.Prefix after, Optional<String> afterVersion, int most) {
        return new ListRequest(of.bucket(), of.prefix(), of.delimiter(), after, afterVersion, most);
    }

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {7, 8})
    void uploadsAreListedInPages(long seed) {
        Random random = new Random(seed);
        machine.create("bucket", BucketSettings.DEFAULT);
        List<Upload> uploads = new ArrayList<>();
        for (int i = 0; i < 150; i++) {
            ObjectKey key = ObjectKey.of(bytes(random, 1, 3));
            uploads.add(machine.call(
                    new MetaOp.CreateUpload(ObjectWrite.of("bucket", key, "owner"), Optional.empty(), false)));
            if (i % 5 == 4) {
                Upload gone = uploads.remove(random.nextInt(uploads.size()));
                machine.call(new MetaOp.AbortUpload("bucket", gone.write().key(), gone.id()));
            }
        }
        uploads.sort(
                Comparator.comparing((Upload upload) -> upload.write().key()).thenComparing(Upload::id));
        for (int i = 0; i < 300; i++) {
            Upload named = uploads.get(random.nextInt(uploads.size()));
            ListRequest plain = request(random, Optional.empty());
            ListRequest request = random.nextBoolean()
                    ? plain
                    : page(
                            plain,
                            ObjectKey.Prefix.of(named.write().key().bytes()),
                            Optional.of(named.id()),
                            plain.most());
            List<Line<Upload>> lines = new ArrayList<>();
            for (Upload upload : uploads) {
                int order = order(request, upload.write().key());
                boolean isLater = order == 0
                        && request.afterVersion()
                                .map(id -> upload.id().compareTo(id) > 0)
                                .orElse(false);
                if (order > 0 || isLater) {
                    addLine(lines, request, upload.write().key(), upload);
                }
            }
            Upload.Uploads page = machine.reads().uploads(request);
            check(request, lines, page.uploads(), page.prefixes(), page.nextAfter());
        }
    }

    @Test
    void partsAreListedInPages() {
        machine.create("bucket", BucketSettings.DEFAULT);
        ObjectKey key = ObjectKey.of("k");
        Upload upload =
                machine.call(new MetaOp.CreateUpload(ObjectWrite.of("bucket", key, "owner"), Optional.empty(), false));
        for (int number = 10_000; number > 0; number -= 2_500) {
            machine.call(new MetaOp.PutPart(
                    "bucket", key, upload.id(), number, 0, Machine.md5(number), List.of(), List.of(), 0));
        }
        assertThat(numbers(upload, 0, 3)).containsExactly(2_500, 5_000, 7_500);
        assertThat(machine.reads().parts("bucket", key, upload.id(), 0, 3).next())
                .isEqualTo(7_500);
        assertThat(numbers(upload, 7_500, 3)).containsExactly(10_000);
        assertThat(machine.reads().parts("bucket", key, upload.id(), 7_500, 3).next())
                .isZero();
        assertThat(numbers(upload, 10_000, 3)).isEmpty();
        assertThat(numbers(upload, -5, 0)).isEmpty();
    }

    private List<Integer> numbers(Upload upload, int after, int most) {
        return machine.reads().parts("bucket", ObjectKey.of("k"), upload.id(), after, most).parts().stream()
                .map(Upload.Part::number)
                .toList();
    }
}
