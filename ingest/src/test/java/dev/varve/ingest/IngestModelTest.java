package dev.varve.ingest;

import static dev.varve.ingest.TestLake.AIR;
import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.ingest.TestLake.Row;
import dev.varve.ingest.parquet.Codec;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Random histories against a list of rows; {@code -Dseed=…} repeats one. */
class IngestModelTest {
    private static final IngestConfig CONFIG = IngestConfig.DEFAULT
            .withFlush(1_000_000, 1 << 30, Duration.ofDays(1), IngestConfig.Background.CALLER)
            .withFiles(200_000, 2_000, Codec.ZSTD)
            .withCompaction(10_000_000, Duration.ZERO);

    @TempDir
    Path directory;

    static Stream<Arguments> histories() {
        LongStream seeds =
                System.getProperty("seed") == null ? LongStream.range(0, 2) : LongStream.of(Long.getLong("seed", 0));
        return seeds.boxed().flatMap(seed -> Stream.of(Arguments.of(seed, true), Arguments.of(seed, false)));
    }

    /** What the lake must hold. */
    private static final class Oracle {
        private final boolean keyed;
        private final List<Row> rows = new ArrayList<>();

        Oracle(boolean keyed) {
            this.keyed = keyed;
        }

        synchronized void add(List<Row> added, Ack ack) {
            added.forEach(row -> rows.add(row.withVersion(ack.position())));
        }

        synchronized void check(TestLake lake) {
            List<Row> found = lake.rows();
            if (keyed) {
                Set<String> versions = new HashSet<>();
                for (Row row : found) {
                    assertThat(versions.add(row.station() + " " + row.micros() + " " + row.version()))
                            .as("one row of a key, time and version")
                            .isTrue();
                }
            }
            Set<Row> missing = new HashSet<>(merged(rows));
            merged(found).forEach(missing::remove);
            Set<Row> strange = new HashSet<>(merged(found));
            merged(rows).forEach(strange::remove);
            assertThat(missing.stream().limit(5))
                    .as("missing of %s", missing.size())
                    .isEmpty();
            assertThat(strange.stream().limit(5))
                    .as("strange of %s", strange.size())
                    .isEmpty();
            assertThat(merged(found)).hasSameSizeAs(merged(rows));
        }

        private List<Row> merged(List<Row> all) {
            if (!keyed) {
                return all;
            }
            Map<String, Row> latest = new HashMap<>();
            for (Row row : all) {
                latest.merge(
                        row.station() + " " + row.micros(),
                        row,
                        (left, right) -> right.version() >= left.version() ? right : left);
            }
            return List.copyOf(latest.values());
        }
    }

    private static List<Row> rows(Random random, int count, boolean keyed) {
        List<Row> rows = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            boolean hasPlace = random.nextInt(8) > 0;
            rows.add(new Row(
                    !keyed && random.nextInt(30) == 0 ? null : "station-" + random.nextInt(20),
                    (random.nextInt(4_000) - 1_000) * 3_600_000_000L,
                    hasPlace ? random.nextInt(180) - 90.0 : null,
                    hasPlace ? random.nextInt(360) - 180.0 : null,
                    random.nextInt(5) == 0 ? null : random.nextInt(1_000) / 10.0,
                    -1));
        }
        return rows;
    }

    @ParameterizedTest(name = "seed {0}, keyed {1}")
    @MethodSource("histories")
    void everyHistoryEndsWithExactlyTheAcknowledgedRows(long seed, boolean keyed) {
        Random random = new Random(seed);
        Oracle oracle = new Oracle(keyed);
        Map<String, List<Row>> sent = new HashMap<>();
        Map<String, Ack> acks = new HashMap<>();
        TestLake lake = new TestLake(directory, CONFIG);
        try {
            lake.catalog.create(AIR, keyed ? TestLake.KEYED : TestLake.UNKEYED, null);
            for (int step = 0; step < 80; step++) {
                int choice = random.nextInt(100);
                if (choice < 60) {
                    List<Row> rows = rows(random, random.nextInt(20) == 0 ? 9_000 : 1 + random.nextInt(200), keyed);
                    String key = random.nextBoolean() ? "key " + step : null;
                    Ack ack = lake.append(rows, key);
                    assertThat(ack.duplicate()).isFalse();
                    oracle.add(rows, ack);
                    if (key != null) {
                        sent.put(key, rows);
                        acks.put(key, ack);
                    }
                } else if (choice < 70 && !sent.isEmpty()) {
                    String key = List.copyOf(sent.keySet()).get(random.nextInt(sent.size()));
                    Ack first = Objects.requireNonNull(acks.get(key));
                    Ack again = lake.append(Objects.requireNonNull(sent.get(key)), key);
                    assertThat(again.duplicate()).isTrue();
                    assertThat(again.position()).isEqualTo(first.position());
                    assertThat(again.accepted()).isEqualTo(first.accepted());
                } else if (choice < 85) {
                    lake.ingest.flush(AIR);
                } else if (choice < 93) {
                    lake.ingest.compactOnce();
                } else if (choice < 96) {
                    oracle.check(lake);
                } else {
                    if (random.nextBoolean()) {
                        lake.crash();
                    } else {
                        lake.close();
                    }
                    lake = new TestLake(directory, CONFIG);
                }
            }
            oracle.check(lake);
            int before = lake.catalog.snapshot(AIR).files().size();
            while (lake.ingest.compactOnce()) {
                assertThat(lake.catalog.snapshot(AIR).files().size()).isPositive();
            }
            oracle.check(lake);
            assertThat(lake.catalog.snapshot(AIR).files().size()).isLessThanOrEqualTo(before);
        } finally {
            lake.close();
        }
    }

    @ParameterizedTest(name = "seed {0}, keyed {1}")
    @MethodSource("histories")
    void writersThatRetryWhileFilesAreWrittenAndMergedLoseAndDoubleNothing(long seed, boolean keyed)
            throws InterruptedException {
        Oracle oracle = new Oracle(keyed);
        ConcurrentLinkedQueue<Throwable> failures = new ConcurrentLinkedQueue<>();
        try (TestLake lake = new TestLake(directory, CONFIG)) {
            lake.catalog.create(AIR, keyed ? TestLake.KEYED : TestLake.UNKEYED, null);
            List<Thread> writers = IntStream.range(0, 4)
                    .mapToObj(writer -> Thread.ofPlatform().start(() -> {
                        try {
                            write(lake, oracle, new Random(seed * 100 + writer), writer);
                        } catch (Throwable e) {
                            failures.add(e);
                        }
                    }))
                    .toList();
            Random random = new Random(seed);
            while (writers.stream().anyMatch(Thread::isAlive)) {
                try (LiveView view = lake.ingest.view(AIR)) {
                    List<Row> first = TestLake.liveRows(view);
                    if (random.nextInt(3) == 0) {
                        lake.ingest.flush(AIR);
                    } else {
                        lake.ingest.compactOnce();
                    }
                    assertThat(TestLake.liveRows(view)).isEqualTo(first);
                }
            }
            for (Thread writer : writers) {
                writer.join();
            }
            assertThat(failures).isEmpty();
            oracle.check(lake);
        }
    }

    private static void write(TestLake lake, Oracle oracle, Random random, int writer) {
        for (int i = 0; i < 25; i++) {
            List<Row> rows = rows(random, 1 + random.nextInt(300), oracle.keyed);
            try (VectorSchemaRoot batch = lake.batch(rows)) {
                String key = writer + "/" + i;
                var first = lake.ingest.append(AIR, batch, key, OnError.REJECT_ROW);
                var retry = lake.ingest.append(AIR, batch, key, OnError.REJECT_ROW);
                Ack ack = first.join();
                assertThat(retry.join().duplicate()).isTrue();
                assertThat(retry.join().position()).isEqualTo(ack.position());
                oracle.add(rows, ack);
                // an acknowledged batch is in the very next view
                try (LiveView view = lake.ingest.view(AIR)) {
                    long end = view.snapshot().logPosition();
                    boolean isLive = TestLake.liveRows(view).stream().anyMatch(row -> row.version() == ack.position());
                    assertThat(isLive || end > ack.position()).isTrue();
                }
            }
        }
    }
}
