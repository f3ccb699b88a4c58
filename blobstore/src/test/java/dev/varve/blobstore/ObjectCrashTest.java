package dev.varve.blobstore;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.blobstore.object.BucketSettings;
import dev.varve.blobstore.object.ListRequest;
import dev.varve.blobstore.object.ObjectKey;
import dev.varve.blobstore.object.ObjectKey.Prefix;
import dev.varve.blobstore.object.ObjectWrite;
import dev.varve.blobstore.object.StoredObject;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A real process that writes objects is killed at random moments: what it said is written is there, whole.
 *
 * <p>The bytes of a write follow from its number. Each key has one writer, so after a kill it holds the last number that was
 * acknowledged, or the one after.
 */
final class ObjectCrashTest {
    private static final String BUCKET = "crash";
    private static final int WRITERS = 6;
    private static final ObjectStoreConfig CONFIG = ObjectStoreConfig.DEFAULT
            .withInlineBytes(512)
            .withChunkBytes(64 << 10)
            .withGrace(Duration.ZERO);

    static LongStream seeds() {
        return LongStream.of(Long.getLong("varve.seed", System.nanoTime()));
    }

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("seeds")
    void fiveKills(long seed, @TempDir Path folder) throws Exception {
        killAgainAndAgain(5, seed, folder);
    }

    @Tag("slow")
    @ParameterizedTest(name = "seed {0}")
    @MethodSource("seeds")
    void threeHundredKills(long seed, @TempDir Path folder) throws Exception {
        killAgainAndAgain(300, seed, folder);
    }

    private static byte[] bytes(int writer, int number) {
        Random random = new Random(writer * 1_000_003L + number);
        byte[] bytes = new byte[random.nextInt(random.nextInt(3) == 0 ? 300_000 : 1_000)];
        random.nextBytes(bytes);
        return bytes;
    }

    private static ObjectWrite write(int writer, int number) {
        ObjectWrite write = ObjectWrite.of(BUCKET, ObjectKey.of("writer" + writer), "ada")
                .withMetadata(Map.of("number", "" + number));
        return number % 5 == 0 ? write.asFile() : write;
    }

    /** The process that is killed; it names each write before it begins and after it is acknowledged. */
    public static final class Victim {
        private Victim() {}

        public static void main(String[] arguments) throws InterruptedException {
            PrintStream out = System.out;
            ChunkObjectStore store = LocalObjectStore.open(Path.of(arguments[0]), CONFIG, InstantSource.system());
            int first = Integer.parseInt(arguments[1]);
            for (int writer = 0; writer < WRITERS; writer++) {
                int own = writer;
                Thread.ofPlatform().start(() -> {
                    for (int number = first; ; number++) {
                        store.put(write(own, number), ObjectStoreContract.body(bytes(own, number)));
                        synchronized (out) {
                            out.println(own + " " + number);
                            out.flush();
                        }
                    }
                });
            }
            while (true) {
                Thread.sleep(50);
                store.maintenance().emptyTrash();
                store.maintenance().collectOrphans();
            }
        }
    }

    private static void killAgainAndAgain(int rounds, long seed, Path folder) throws Exception {
        Random random = new Random(seed);
        Path directory = folder.resolve("store");
        try (ChunkObjectStore store = LocalObjectStore.open(directory, CONFIG, InstantSource.system())) {
            store.createBucket(BUCKET, "ada", BucketSettings.DEFAULT);
        }
        Map<Integer, Integer> acknowledged = new HashMap<>();
        int first = 0;
        int writes = 0;
        for (int round = 0; round < rounds; round++) {
            Path said = folder.resolve("said");
            Files.deleteIfExists(said);
            Process process = start(directory, first, said);
            // Counted from this round's first write: how long a start takes says nothing.
            while (process.isAlive() && Files.size(said) == 0) {
                TimeUnit.MILLISECONDS.sleep(5);
            }
            TimeUnit.MILLISECONDS.sleep(random.nextInt(400));
            assertThat(process.isAlive())
                    .as("the writer works until it is killed")
                    .isTrue();
            process.destroyForcibly().waitFor();
            writes += read(said, acknowledged);
            first = check(directory, acknowledged) + 1;
        }
        assertThat(writes).isGreaterThanOrEqualTo(rounds);
    }

    /** What the process says goes to a file, from which nothing is lost when it is killed. */
    private static Process start(Path directory, int first, Path said) throws IOException {
        return new ProcessBuilder(List.of(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "--enable-native-access=ALL-UNNAMED",
                        "-XX:TieredStopAtLevel=1",
                        "-Xmx256m",
                        "-cp",
                        System.getProperty("java.class.path"),
                        Victim.class.getName(),
                        directory.toString(),
                        "" + first))
                .redirectOutput(said.toFile())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
    }

    /** Takes in what was acknowledged; returns how much. */
    private static int read(Path said, Map<Integer, Integer> acknowledged) throws IOException {
        String text = Files.readString(said);
        // A line that the kill cut short would look like another number.
        List<String> lines =
                text.substring(0, text.lastIndexOf('\n') + 1).lines().toList();
        for (String line : lines) {
            String[] parts = line.split(" ", -1);
            acknowledged.merge(Integer.parseInt(parts[0]), Integer.parseInt(parts[1]), Math::max);
        }
        return lines.size();
    }

    /** Returns the greatest number found. */
    private static int check(Path directory, Map<Integer, Integer> acknowledged) {
        int greatest = 0;
        try (ChunkObjectStore store = LocalObjectStore.open(directory, CONFIG, InstantSource.system())) {
            for (Map.Entry<Integer, Integer> entry : acknowledged.entrySet()) {
                int writer = entry.getKey();
                StoredObject found = store.find(BUCKET, ObjectKey.of("writer" + writer), Optional.empty())
                        .orElseThrow();
                int number = Integer.parseInt(found.metadata().getOrDefault("number", "-1"));
                assertThat(number).as("the last write of writer %d", writer).isGreaterThanOrEqualTo(entry.getValue());
                assertThat(ObjectStoreContract.get(store, BUCKET, found)).isEqualTo(bytes(writer, number));
                greatest = Math.max(greatest, number);
            }
            assertThat(store.list(ListRequest.of(BUCKET, Prefix.ALL)).objects()).hasSizeLessThanOrEqualTo(WRITERS);
            assertThat(store.maintenance().status().damages()).isEmpty();
        }
        return greatest;
    }
}
