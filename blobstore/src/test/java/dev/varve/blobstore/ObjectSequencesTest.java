package dev.varve.blobstore;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.blobstore.disk.FaultyDisk;
import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
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
    /** One in so many restarts is tried with a wrong bit first. */
    private static final int DAMAGED = 3;

    /** Small chunks, so that objects have several. */
    private static final ObjectStoreConfig CONFIG =
            ObjectStoreConfig.DEFAULT.withInlineBytes(64).withChunkBytes(4096).withGrace(Duration.ZERO);

    @TempDir(factory = MemoryFolder.class)
    Path folder;

    private Instant now = Instant.parse("2026-05-01T00:00:00Z");

    static LongStream fastSeeds() {
        Long repeated = Long.getLong("varve.seed");
        return repeated != null ? LongStream.of(repeated) : new Random().longs(FAST_LIVES);
    }

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("fastSeeds")
    void theStoreIsLikeTheModel(long seed) throws IOException {
        live(seed);
    }

    /** Lives beside each other, one on each processor; the message of a failure has the seed. */
    @Tag("slow")
    @Test
    void theStoreIsLikeTheModelForLong() {
        Random random = new Random();
        AtomicInteger left = new AtomicInteger(Integer.getInteger("varve.lives", SLOW_LIVES));
        List<CompletableFuture<Void>> workers = new ArrayList<>();
        for (int i = 0; i < Runtime.getRuntime().availableProcessors(); i++) {
            workers.add(CompletableFuture.runAsync(
                    () -> {
                        while (left.decrementAndGet() >= 0) {
                            liveApart(random.nextLong());
                        }
                    },
                    task -> Thread.ofPlatform().start(task)));
        }
        workers.forEach(CompletableFuture::join);
    }

    private void liveApart(long seed) {
        ObjectSequencesTest other = new ObjectSequencesTest();
        other.folder = folder.resolve("seed" + seed);
        try {
            Files.createDirectories(other.folder);
            other.live(seed);
            delete(other.folder);
        } catch (IOException | RuntimeException | AssertionError e) {
            throw new AssertionError("-Dvarve.seed=" + seed, e);
        }
    }

    private ChunkObjectStore open(Path directory, FaultyDisk disk) {
        return LocalObjectStore.open(directory, CONFIG, () -> now, SteadyTime.believing(() -> now), disk);
    }

    private void live(long seed) throws IOException {
        Random random = new Random(seed);
        MemoryObjects model = MemoryObjects.create(() -> now);
        List<ObjectSequence> sequences = new ArrayList<>();
        FaultyDisk disk = new FaultyDisk();
        Path directory = folder.resolve("0");
        ChunkObjectStore store = open(directory, disk);
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
                    disk.salvage(directory, next, random);
                    closeWithoutPower(store);
                } else {
                    store.close();
                    Files.move(directory, next);
                }
                delete(directory);
                directory = next;
                if (random.nextInt(DAMAGED) == 0) {
                    damage(directory, sequences, random);
                }
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

    /** In a copy of the store a bit is wrong: reading it gives what the model has, or an error that says so. */
    private void damage(Path directory, List<ObjectSequence> sequences, Random random) throws IOException {
        Path damaged = folder.resolve("damaged");
        FaultyDisk disk = new FaultyDisk();
        disk.salvage(directory, damaged, random);
        List<Path> files;
        try (Stream<Path> walk = Files.walk(damaged)) {
            files = walk.filter(
                            path -> Files.isRegularFile(path) && path.toFile().length() > 0)
                    .sorted()
                    .toList();
        }
        // All but the last, which may be in the middle of something.
        List<ObjectSequence> settled = sequences.subList(0, sequences.size() - 1);
        Path file = files.get(random.nextInt(files.size()));
        try (RandomAccessFile bytes = new RandomAccessFile(file.toFile(), "rw")) {
            long at = random.nextLong(bytes.length());
            bytes.seek(at);
            int old = bytes.read();
            bytes.seek(at);
            bytes.write(old ^ (1 << random.nextInt(8)));
        }
        boolean isCommitLog = LogSegment.isSegment(file);
        try (ChunkObjectStore store = open(damaged, disk)) {
            for (int i = 0; i < COMPARED && !settled.isEmpty() && !isCommitLog; i++) {
                settled.get(random.nextInt(settled.size())).compareUnlessTold(store);
            }
        } catch (VarveException e) {
            assertThat(e.code()).as("%s", e).isIn(ErrorCode.CORRUPT, ErrorCode.STORAGE);
        } finally {
            delete(damaged);
        }
    }

    private void run(
            List<ObjectSequence> sequences,
            Random random,
            MemoryObjects model,
            ChunkObjectStore store,
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

    private static void maintain(Random random, ChunkObjectStore store, FaultyDisk disk) {
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

    private static void closeWithoutPower(ChunkObjectStore store) {
        try {
            store.close();
        } catch (RuntimeException e) {
            // There is no power to close it in order.
        }
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
