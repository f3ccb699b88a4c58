package dev.varve.blobstore;

import dev.varve.blobstore.disk.FaultyDisk;
import dev.varve.model.VarveException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The local store against the model, through losses of power: nothing acknowledged is lost, nothing refused takes effect, no
 * wrong byte is read.
 *
 * <p>A life of the store is many sequences, each in a bucket of its own, until the power goes in the middle of one. Buckets are
 * compared after each restart. The seed of a life is in its test's name; {@code -Dvarve.seed} repeats it.
 */
final class ObjectSequencesTest {
    private static final int FAST_LIVES = 4;
    private static final int SLOW_LIVES = 400;
    private static final int SEQUENCES = 250;
    private static final int STEPS = 15;
    /** After each restart but the last, after which all are. */
    private static final int COMPARED = 8;

    /** Small chunks, so that objects have several. */
    private static final ObjectStoreConfig CONFIG =
            ObjectStoreConfig.DEFAULT.withInlineBytes(64).withChunkBytes(4096).withGrace(Duration.ZERO);

    @TempDir
    Path folder;

    private Instant now = Instant.parse("2026-05-01T00:00:00Z");

    static LongStream fastSeeds() {
        Long repeated = Long.getLong("varve.seed");
        return repeated != null ? LongStream.of(repeated) : new Random().longs(FAST_LIVES);
    }

    static LongStream slowSeeds() {
        return new Random().longs(SLOW_LIVES);
    }

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("fastSeeds")
    void theStoreIsLikeTheModel(long seed) throws IOException {
        live(seed);
    }

    @Tag("slow")
    @ParameterizedTest(name = "seed {0}")
    @MethodSource("slowSeeds")
    void theStoreIsLikeTheModelForLong(long seed) throws IOException {
        live(seed);
    }

    private LocalObjectStore open(Path directory, FaultyDisk disk) {
        return LocalObjectStore.open(directory, CONFIG, () -> now, SteadyTime.believing(() -> now), disk);
    }

    private void live(long seed) throws IOException {
        Random random = new Random(seed);
        MemoryObjects model = MemoryObjects.create(() -> now);
        List<ObjectSequence> sequences = new ArrayList<>();
        FaultyDisk disk = new FaultyDisk();
        Path directory = folder.resolve("0");
        LocalObjectStore store = open(directory, disk);
        try (model) {
            for (int round = 1; sequences.size() < SEQUENCES; round++) {
                disk.cutPowerAfter(random.nextInt(1, 10_000));
                try {
                    while (sequences.size() < SEQUENCES) {
                        run(sequences, random, model, store, disk);
                    }
                } catch (ObjectSequence.Broken expected) {
                    disk.crash(random);
                }
                Path next = folder.resolve("" + round);
                if (disk.isCrashed()) {
                    // What the rows' store holds in memory is lost with the process.
                    copy(directory, next);
                    closeWithoutPower(store);
                } else {
                    store.close();
                    Files.move(directory, next);
                }
                delete(directory);
                directory = next;
                disk = new FaultyDisk();
                store = open(directory, disk);
                sequences.getLast().settle(store);
                for (int i = 0; i < COMPARED; i++) {
                    sequences.get(random.nextInt(sequences.size())).compareAll(store);
                }
            }
            for (ObjectSequence sequence : sequences) {
                sequence.compareAll(store);
            }
        } finally {
            closeWithoutPower(store);
            delete(directory);
        }
    }

    private void run(
            List<ObjectSequence> sequences,
            Random random,
            MemoryObjects model,
            LocalObjectStore store,
            FaultyDisk disk) {
        ObjectSequence sequence = new ObjectSequence("bucket-" + sequences.size(), random.nextLong(), model, () -> now);
        sequences.add(sequence);
        for (int step = 0; step < STEPS; step++) {
            now = now.plus(ObjectSequence.pause(random));
            sequence.step(store, disk::isCrashed);
        }
        maintain(random, store, disk);
        sequence.compareAll(store);
    }

    private static void maintain(Random random, LocalObjectStore store, FaultyDisk disk) {
        StoreMaintenance maintenance = store.maintenance();
        try {
            switch (random.nextInt(12)) {
                case 0, 1, 2 -> maintenance.emptyTrash();
                case 3 -> maintenance.collectOrphans();
                case 4 -> maintenance.compactOnce();
                case 5 -> maintenance.scrub();
                default -> {}
            }
        } catch (VarveException e) {
            if (!disk.isCrashed()) {
                throw e;
            }
            throw new ObjectSequence.Broken(e);
        }
    }

    private static void closeWithoutPower(LocalObjectStore store) {
        try {
            store.close();
        } catch (RuntimeException e) {
            // There is no power to close it in order.
        }
    }

    static void copy(Path from, Path to) throws IOException {
        List<Path> files;
        try (Stream<Path> walk = Files.walk(from)) {
            // Names of what the rows consist of come first: what they name is kept for long.
            files = walk.sorted(Comparator.comparing((Path path) -> !isManifest(path)))
                    .toList();
        }
        for (Path file : files) {
            Path target = to.resolve(from.relativize(file));
            if (Files.isDirectory(file)) {
                Files.createDirectories(target);
            } else {
                Files.createDirectories(target.getParent());
                Files.copy(file, target);
            }
        }
    }

    private static boolean isManifest(Path path) {
        String name = path.getFileName().toString();
        return name.startsWith("MANIFEST") || name.equals("CURRENT");
    }

    static void delete(Path directory) {
        if (!Files.exists(directory)) {
            return;
        }
        try (Stream<Path> walk = Files.walk(directory)) {
            for (Path path : walk.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(path);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
