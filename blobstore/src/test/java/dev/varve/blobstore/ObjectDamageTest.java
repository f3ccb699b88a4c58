package dev.varve.blobstore;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.blobstore.disk.Disk;
import dev.varve.blobstore.object.BucketSettings;
import dev.varve.blobstore.object.Change;
import dev.varve.blobstore.object.ListRequest;
import dev.varve.blobstore.object.ObjectKey;
import dev.varve.blobstore.object.ObjectKey.Prefix;
import dev.varve.blobstore.object.ObjectWrite;
import dev.varve.blobstore.object.StoredObject;
import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A file of a closed store is damaged, cut or deleted: the store says so when it is opened, read or scrubbed, or works as if
 * nothing had happened because the file was not needed; it never gives out other bytes, and misses no object in silence.
 */
final class ObjectDamageTest {
    private static final String BUCKET = "damage";
    private static final Instant NOW = Instant.parse("2026-05-01T00:00:00Z");
    private static final ObjectStoreConfig CONFIG =
            ObjectStoreConfig.DEFAULT.withInlineBytes(256).withChunkBytes(16 << 10);

    @TempDir
    Path folder;

    static LongStream fastSeeds() {
        Long repeated = Long.getLong("varve.seed");
        return repeated != null ? LongStream.of(repeated) : new Random().longs(12);
    }

    static LongStream slowSeeds() {
        return new Random().longs(3000);
    }

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("fastSeeds")
    void damageIsToldAndNeverServed(long seed) throws IOException {
        damage(seed);
    }

    @Tag("slow")
    @ParameterizedTest(name = "seed {0}")
    @MethodSource("slowSeeds")
    void damageIsToldAndNeverServedForLong(long seed) throws IOException {
        damage(seed);
    }

    private static LocalObjectStore open(Path directory) {
        return LocalObjectStore.open(directory, CONFIG, () -> NOW, Disk.REAL);
    }

    private void damage(long seed) throws IOException {
        Random random = new Random(seed);
        Path directory = folder.resolve("store");
        Map<String, byte[]> contents = fill(directory, random);
        Path file = hit(directory, random);
        boolean isTold = false;
        try (LocalObjectStore store = open(directory)) {
            isTold |= !readAll(store, contents);
            isTold |= !scrub(store);
        } catch (VarveException e) {
            assertThat(e.code()).as("%s", e).isIn(ErrorCode.CORRUPT, ErrorCode.STORAGE);
            isTold = true;
        }
        if (isNeeded(directory, file)) {
            assertThat(isTold).as("damage of %s is told", file).isTrue();
        }
        ObjectSequencesTest.delete(directory);
    }

    private static Map<String, byte[]> fill(Path directory, Random random) {
        Map<String, byte[]> contents = new TreeMap<>();
        for (int round = 0; round < 2; round++) {
            try (LocalObjectStore store = open(directory)) {
                if (round == 0) {
                    store.createBucket(BUCKET, "ada", BucketSettings.DEFAULT);
                }
                for (int i = 0; i < 15; i++) {
                    String key = "key" + random.nextInt(20);
                    byte[] bytes = ObjectStoreContract.bytes(
                            random.nextInt(), random.nextInt(random.nextBoolean() ? 200 : 100_000));
                    ObjectWrite write = ObjectWrite.of(BUCKET, ObjectKey.of(key), "ada");
                    store.put(random.nextInt(4) == 0 ? write.asFile() : write, ObjectStoreContract.body(bytes));
                    contents.put(key, bytes);
                }
                store.change(BUCKET, List.of(Change.Delete.of(ObjectKey.of("key1"))));
                contents.remove("key1");
            }
        }
        return contents;
    }

    private static Path hit(Path directory, Random random) throws IOException {
        List<Path> files;
        try (Stream<Path> walk = Files.walk(directory)) {
            files = walk.filter(Files::isRegularFile).sorted().toList();
        }
        Path file = files.get(random.nextInt(files.size()));
        long size = Files.size(file);
        int way = random.nextInt(6);
        if (way == 0) {
            Files.delete(file);
        } else if (size > 0) {
            try (RandomAccessFile bytes = new RandomAccessFile(file.toFile(), "rw")) {
                if (way == 1) {
                    bytes.setLength(random.nextLong(size));
                } else {
                    long at = random.nextLong(size);
                    bytes.seek(at);
                    int old = bytes.read();
                    bytes.seek(at);
                    bytes.write(old ^ (1 << random.nextInt(8)));
                }
            }
        }
        return directory.relativize(file);
    }

    /** Whether the store cannot do without the file: it holds bytes of objects, or rows that nothing else has. */
    private static boolean isNeeded(Path directory, Path file) {
        String name = file.toString();
        return Files.exists(directory)
                && (name.endsWith(".parquet") || (name.startsWith("meta/rows/") && name.endsWith(".sst")));
    }

    /** Whether all is there; what is there must be right. */
    private static boolean readAll(LocalObjectStore store, Map<String, byte[]> contents) {
        boolean isWhole = true;
        List<StoredObject> objects =
                store.list(ListRequest.of(BUCKET, Prefix.ALL)).objects();
        assertThat(objects.stream().map(object -> object.key().text())).containsExactlyElementsOf(contents.keySet());
        for (StoredObject object : objects) {
            try {
                assertThat(ObjectStoreContract.get(store, BUCKET, object))
                        .isEqualTo(contents.get(object.key().text()));
            } catch (VarveException e) {
                assertThat(e.code()).isEqualTo(ErrorCode.CORRUPT);
                isWhole = false;
            }
        }
        return isWhole;
    }

    private static boolean scrub(LocalObjectStore store) {
        StoreMaintenance maintenance = store.maintenance();
        boolean isDone = false;
        for (int step = 0; step < 100 && !isDone; step++) {
            isDone = maintenance.scrub();
        }
        maintenance.scrubMetadata();
        return maintenance.status().damages().isEmpty();
    }
}
