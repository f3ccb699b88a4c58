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
import java.nio.file.StandardCopyOption;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Any file of a store is damaged, cut or deleted: the store says so and names it when it is opened, read or scrubbed, or
 * makes it again and says that, or never looks at it; it gives out no other bytes, and misses no object in silence.
 *
 * <p>A block of hits has one seed, in its test's name; {@code -Dvarve.seed} repeats it.
 */
final class StoreDamageTest {
    private static final List<String> BUCKETS = List.of("damage", "harm");
    private static final Instant NOW = Instant.parse("2026-05-01T00:00:00Z");
    private static final int BLOCK = 3 * StoreFile.values().length;
    private static final ObjectStoreConfig CONFIG =
            ObjectStoreConfig.DEFAULT.withInlineBytes(256).withChunkBytes(16 << 10);

    @TempDir(factory = MemoryFolder.class)
    Path folder;

    /** When a file is damaged. */
    private enum Moment {
        /** After the store was closed in order. */
        CLOSED,
        /** After its process died: what nothing proves to have been fsynced may be a torn end. */
        KILLED,
        /** While it is open; nothing is written afterwards. */
        OPEN
    }

    private enum Way {
        FLIP,
        CUT,
        DELETE
    }

    static LongStream fastSeeds() {
        Long repeated = Long.getLong("varve.seed");
        return repeated != null ? LongStream.of(repeated) : new Random().longs(1);
    }

    static LongStream slowSeeds() {
        return new Random().longs(3000 / BLOCK + 1);
    }

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("fastSeeds")
    void damageOfAnyFileIsToldAndNeverServed(long seed) throws IOException {
        hitAll(seed);
    }

    @Tag("slow")
    @ParameterizedTest(name = "seed {0}")
    @MethodSource("slowSeeds")
    void damageOfAnyFileIsToldAndNeverServedForLong(long seed) throws IOException {
        hitAll(seed);
    }

    /** A store as it was at the end, and the contents of each bucket after each of its operations. */
    private record Made(Path closed, Path killed, Map<String, List<Map<String, byte[]>>> states) {
        Path at(Moment moment) {
            return moment == Moment.KILLED ? killed : closed;
        }
    }

    private void hitAll(long seed) throws IOException {
        Random random = new Random(seed);
        Made made = make(random);
        List<StoreFile> kinds = List.of(StoreFile.values());
        Set<StoreFile> seen = EnumSet.noneOf(StoreFile.class);
        for (int i = 0; i < BLOCK; i++) {
            StoreFile kind = kinds.get(i % kinds.size());
            Moment moment = any(random, Moment.values());
            Hit hit = new Hit(made, kind, moment, random, "seed " + seed + " hit " + i);
            if (hit.run()) {
                seen.add(kind);
            }
        }
        assertThat(seen).containsExactlyInAnyOrder(StoreFile.values());
    }

    private static <T> T any(Random random, T[] of) {
        return List.of(of).get(random.nextInt(of.length));
    }

    private static ChunkObjectStore open(Path directory) {
        return LocalObjectStore.open(directory, CONFIG, () -> NOW, Disk.REAL);
    }

    private Made make(Random random) throws IOException {
        Path directory = folder.resolve("closed");
        Path killed = folder.resolve("killed");
        Map<String, List<Map<String, byte[]>>> states = new TreeMap<>();
        for (int round = 0; round < 2; round++) {
            try (ChunkObjectStore store = open(directory)) {
                for (String bucket : BUCKETS) {
                    if (round == 0) {
                        store.createBucket(bucket, "ada", BucketSettings.DEFAULT);
                    }
                    fill(
                            store,
                            bucket,
                            states.computeIfAbsent(bucket, name -> new ArrayList<>(List.of(Map.of()))),
                            random);
                }
                if (round == 1) {
                    copy(directory, killed);
                }
            }
        }
        return new Made(directory, killed, states);
    }

    private static void fill(ChunkObjectStore store, String bucket, List<Map<String, byte[]>> states, Random random) {
        for (int i = 0; i < 8; i++) {
            Map<String, byte[]> contents = new TreeMap<>(states.getLast());
            String key = "key" + random.nextInt(10);
            if (random.nextInt(8) == 0) {
                store.change(bucket, List.of(Change.Delete.of(ObjectKey.of(key))));
                contents.remove(key);
            } else {
                byte[] bytes = ObjectStoreContract.bytes(
                        random.nextInt(), random.nextInt(random.nextBoolean() ? 200 : 100_000));
                ObjectWrite write = ObjectWrite.of(bucket, ObjectKey.of(key), "ada");
                store.put(i % 4 == 0 ? write.asFile() : write, ObjectStoreContract.body(bytes));
                contents.put(key, bytes);
            }
            states.add(contents);
        }
    }

    /** A copy of a directory that may be in use; what names other files comes first. */
    private static void copy(Path from, Path to) throws IOException {
        try (Stream<Path> walk = Files.walk(from)) {
            for (Path path : walk.sorted(Comparator.comparing((Path each) -> !isName(each)))
                    .toList()) {
                Path target = to.resolve(from.relativize(path));
                if (Files.isDirectory(path)) {
                    Files.createDirectories(target);
                } else if (!path.toString().contains("/native/")) {
                    Files.createDirectories(target.getParent());
                    Files.copy(path, target, StandardCopyOption.REPLACE_EXISTING);
                }
            }
        }
    }

    private static boolean isName(Path path) {
        String name = path.getFileName().toString();
        return name.startsWith("MANIFEST") || name.equals("CURRENT");
    }

    /** One file of a copy of the store, damaged. */
    private final class Hit {
        private final Made made;
        private final StoreFile kind;
        private final Moment moment;
        private final Random random;
        private final Way way;
        private final Path directory;
        private final List<String> told = new ArrayList<>();
        private String doing;

        /** Empty until it is known. */
        private Path file = Path.of("");

        Hit(Made made, StoreFile kind, Moment moment, Random random, String name) {
            this.made = made;
            this.kind = kind;
            this.moment = moment;
            this.random = random;
            this.way = random.nextInt(4) > 1 ? Way.FLIP : any(random, Way.values());
            this.directory = folder.resolve("hit");
            this.doing = name + ": " + moment + " " + way;
        }

        /** Returns whether there was such a file. */
        boolean run() throws IOException {
            copy(made.at(moment), directory);
            if (moment != Moment.OPEN) {
                harm();
            }
            boolean isWhole = use(moment == Moment.OPEN);
            boolean isHit = !file.toString().isEmpty();
            boolean mustTell = isHit
                    && switch (kind.duty()) {
                        case TOLD -> moment != Moment.KILLED;
                        case TOLD_WHILE_OPEN -> moment == Moment.OPEN;
                        case WITHOUT_EFFECT -> kind == StoreFile.LOCK && moment == Moment.OPEN && way == Way.DELETE;
                    };
            assertThat(isWhole || !told.isEmpty() || isTornLog()).as(doing).isTrue();
            if (mustTell) {
                String name = String.valueOf(file.getFileName());
                String parent = String.valueOf(file.getParent());
                assertThat(told).as(doing).anyMatch(text -> text.contains(name) || text.contains(parent));
            }
            if (kind.duty() == StoreFile.Duty.WITHOUT_EFFECT) {
                assertThat(isWhole).as(doing).isTrue();
            }
            if (moment == Moment.OPEN) {
                told.clear();
                isWhole = use(false);
                assertThat(isWhole || !told.isEmpty())
                        .as("%s, opened again", doing)
                        .isTrue();
            }
            ObjectSequencesTest.delete(directory);
            return isHit;
        }

        private boolean isTornLog() {
            return kind == StoreFile.LOG && moment == Moment.KILLED;
        }

        private void harm() throws IOException {
            List<Path> files = StoreFile.walk(directory).getOrDefault(kind, List.of());
            if (files.isEmpty()) {
                return;
            }
            Path path = files.get(random.nextInt(files.size()));
            file = directory.relativize(path);
            doing += " " + file;
            long size = Files.size(path);
            if (way == Way.DELETE || size == 0) {
                Files.delete(path);
                return;
            }
            try (RandomAccessFile bytes = new RandomAccessFile(path.toFile(), "rw")) {
                long at = place(size);
                doing += " at " + at + " of " + size;
                if (way == Way.CUT) {
                    bytes.setLength(at);
                } else {
                    bytes.seek(at);
                    int old = bytes.read();
                    bytes.seek(at);
                    bytes.write(old ^ (1 << random.nextInt(8)));
                }
            }
        }

        /** The beginning, the end, or anywhere. */
        private long place(long size) {
            long near = Math.min(size, 64);
            return switch (random.nextInt(3)) {
                case 0 -> random.nextLong(near);
                case 1 -> size - 1 - random.nextLong(near);
                default -> random.nextLong(size);
            };
        }

        /** Opens, reads and scrubs; returns whether all was there. */
        private boolean use(boolean harms) throws IOException {
            boolean isWhole = true;
            try (ChunkObjectStore store = open(directory)) {
                if (harms) {
                    harm();
                }
                for (String bucket : BUCKETS) {
                    isWhole &= read(store, bucket);
                }
                scrub(store);
            } catch (VarveException e) {
                tell(e);
                assertThat(e.hint()).as("%s: %s", doing, e).isNotNull();
                return false;
            }
            return isWhole;
        }

        private void tell(VarveException e) {
            assertThat(e.code()).as("%s: %s", doing, e).isIn(ErrorCode.CORRUPT, ErrorCode.STORAGE);
            told.add(String.valueOf(e.getMessage()));
        }

        /** Whether all is there; what is there must be right. */
        private boolean read(ChunkObjectStore store, String bucket) {
            List<Map<String, byte[]>> states = made.states.getOrDefault(bucket, List.of());
            Map<String, byte[]> expected = states.getLast();
            List<StoredObject> objects;
            try {
                if (store.bucket(bucket).isEmpty()) {
                    assertThat(isTornLog()).as(doing).isTrue();
                    return false;
                }
                objects = store.list(ListRequest.of(bucket, Prefix.ALL)).objects();
            } catch (VarveException e) {
                tell(e);
                return false;
            }
            boolean isWhole = true;
            Map<String, byte[]> found = new TreeMap<>();
            for (StoredObject object : objects) {
                String key = object.key().text();
                try {
                    found.put(key, ObjectStoreContract.get(store, bucket, object));
                } catch (VarveException e) {
                    tell(e);
                    isWhole = false;
                    found.put(key, expected.getOrDefault(key, new byte[0]));
                }
            }
            if (isTornLog()) {
                assertThat(states).as(doing).anyMatch(state -> isEqual(state, found));
                return isWhole && isEqual(expected, found);
            }
            assertThat(isEqual(expected, found))
                    .as("%s: %s instead of %s", doing, found.keySet(), expected.keySet())
                    .isTrue();
            return isWhole;
        }

        private static boolean isEqual(Map<String, byte[]> one, Map<String, byte[]> other) {
            return one.keySet().equals(other.keySet())
                    && one.entrySet().stream()
                            .allMatch(entry -> java.util.Arrays.equals(entry.getValue(), other.get(entry.getKey())));
        }

        private void scrub(ChunkObjectStore store) {
            StoreMaintenance maintenance = store.maintenance();
            boolean isDone = false;
            for (int step = 0; step < 100 && !isDone; step++) {
                isDone = maintenance.scrub();
            }
            assertThat(isDone).as(doing).isTrue();
            maintenance.scrubMetadata();
            StoreStatus status = maintenance.status();
            status.damages().forEach(damage -> told.add(String.valueOf(damage)));
            status.mended().forEach(damage -> told.add(String.valueOf(damage)));
        }
    }
}
