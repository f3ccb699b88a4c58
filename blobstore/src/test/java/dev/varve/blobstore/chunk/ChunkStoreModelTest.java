package dev.varve.blobstore.chunk;

import dev.varve.blobstore.disk.Disk;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Random;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Random stories of a chunk store against a map: power cuts, lost indexes, failing fsyncs, full disks, harmed files.
 * {@code -Dvarve.seed=N} repeats one.
 */
class ChunkStoreModelTest {
    private static final int STEPS = 40;

    @TempDir
    Path folder;

    static LongStream few() {
        return seeds(60);
    }

    static LongStream fewWithRocks() {
        return seeds(10);
    }

    static LongStream blocks() {
        return seeds(100);
    }

    private static LongStream seeds(int count) {
        Long one = Long.getLong("varve.seed");
        return one != null ? LongStream.of(one) : LongStream.range(0, count);
    }

    private void inFreshFolder(long seed, Story story) {
        Path directory = folder.resolve(Long.toString(seed));
        story.tell(directory);
        try (Stream<Path> all = Files.walk(directory)) {
            for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private interface Story {
        void tell(Path directory);
    }

    private void story(long seed, IndexOpener indexes) {
        inFreshFolder(seed, directory -> {
            Random random = new Random(seed);
            ChunkModel model = new ChunkModel(random, directory, indexes);
            model.run(STEPS);
            model.verify();
            model.reopen();
            if (random.nextBoolean()) {
                model.verifyHarmed(model.harm());
            } else {
                model.store().close();
            }
        });
    }

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("few")
    void nothingAcknowledgedIsLost(long seed) {
        story(seed, new MemoryIndexes());
    }

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("fewWithRocks")
    void nothingAcknowledgedIsLostWithTheRealIndex(long seed) {
        story(seed, new IndexOpener.Rocks(1 << 20, Disk.REAL));
    }

    @Tag("slow")
    @ParameterizedTest(name = "block {0}")
    @MethodSource("blocks")
    void nothingAcknowledgedIsLostInThousandsOfStories(long block) {
        for (long seed = 1_000 + block * 200; seed < 1_200 + block * 200; seed++) {
            try {
                story(seed, new MemoryIndexes());
            } catch (RuntimeException | Error e) {
                throw new AssertionError("seed " + seed, e);
            }
        }
    }
}
