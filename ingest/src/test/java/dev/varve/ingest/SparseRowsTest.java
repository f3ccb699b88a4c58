package dev.varve.ingest;

import static dev.varve.ingest.TestLake.AIR;
import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.catalog.DataFile;
import dev.varve.catalog.Snapshot;
import dev.varve.ingest.TestLake.Row;
import dev.varve.ingest.parquet.Codec;
import dev.varve.model.TimeGrain;
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
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Rows that lie sparsely over many years, mixed with dense days, make few files; {@code -Dseed=…} repeats a history. */
class SparseRowsTest {
    private static final long DAY = 86_400_000_000L;
    private static final int MIN_ROWS = 200;
    private static final IngestConfig CONFIG = IngestConfig.DEFAULT
            .withFlush(1_000_000, 1 << 30, Duration.ofDays(1), IngestConfig.Background.CALLER)
            .withFiles(64L << 20, 2_000, Codec.SNAPPY)
            .withFileMinRows(MIN_ROWS)
            .withCompaction(10_000_000, Duration.ZERO);

    @TempDir
    Path directory;

    static Stream<Arguments> histories() {
        LongStream seeds =
                System.getProperty("seed") == null ? LongStream.range(0, 3) : LongStream.of(Long.getLong("seed", 0));
        return seeds.boxed().flatMap(seed -> Stream.of(Arguments.of(seed, true), Arguments.of(seed, false)));
    }

    @ParameterizedTest(name = "seed {0}, keyed {1}")
    @MethodSource("histories")
    void anySequenceOfFlushesAndCompactionsKeepsEachRowOnceInFewFiles(long seed, boolean keyed) {
        Random random = new Random(seed);
        TimeGrain[] grains = {null, TimeGrain.DAY, TimeGrain.MONTH, TimeGrain.YEAR, TimeGrain.NONE};
        Map<String, Long> expected = new HashMap<>();
        int number = 0;
        int most = 0;
        try (TestLake lake = new TestLake(directory, CONFIG)) {
            lake.catalog.create(AIR, keyed ? TestLake.KEYED : TestLake.UNKEYED, grains[random.nextInt(grains.length)]);
            for (int step = 0; step < 120; step++) {
                List<Row> rows = new ArrayList<>();
                int count = 1 + random.nextInt(random.nextInt(10) == 0 ? 3_000 : 400);
                for (int i = 0; i < count; i++) {
                    String station = keyed ? "s" + random.nextInt(3) : "s" + number++;
                    rows.add(new Row(station, time(random, step), 1.0 * random.nextInt(80), 2.0, 1.0, -1));
                }
                long position = lake.append(rows, null).position();
                rows.forEach(row -> expected.put(row.station() + " " + row.micros(), position));
                if (random.nextInt(10) > 0) {
                    lake.ingest.flush(AIR);
                }
                for (int i = random.nextInt(3); i > 0; i--) {
                    lake.ingest.compactOnce();
                }
                most = Math.max(most, lake.catalog.snapshot(AIR).files().size());
                if (step % 30 == 29) {
                    check(lake, expected, keyed);
                }
            }
            lake.ingest.flush(AIR);
            while (lake.ingest.compactOnce()) {
                assertThat(lake.catalog.snapshot(AIR).files().size()).isLessThan(5_000);
            }
            check(lake, expected, keyed);
            Snapshot snapshot = lake.catalog.snapshot(AIR);
            assertThat(snapshot.files().size()).isLessThanOrEqualTo(bound(snapshot));
        }
    }

    /** A few files for each bucket that is worth some, and a few for the rest. */
    private static int bound(Snapshot snapshot) {
        Map<TimeBucket, Long> rows = new HashMap<>();
        for (DataFile file : snapshot.files()) {
            rows.merge(TimeBucket.of(file), file.rows(), Long::sum);
        }
        long worth = rows.values().stream().filter(count -> count >= MIN_ROWS).count();
        int doublings = 64 - Long.numberOfLeadingZeros(snapshot.rows() / MIN_ROWS);
        return (int) (worth + 1) * 2 + 3 * doublings;
    }

    /** Anywhere in 57 years; on the latest day; some days before it; or on one of a few old days. */
    private static long time(Random random, int step) {
        long today = 19_000L + step / 12;
        return switch (random.nextInt(4)) {
            case 0 -> random.nextLong(20_000 * DAY / 1_000_000) * 1_000_000;
            case 1 -> (today - random.nextInt(60)) * DAY + random.nextLong(48) * (DAY / 48);
            case 2 -> (9_000 + random.nextInt(3)) * DAY + random.nextLong(96) * (DAY / 96);
            default -> today * DAY + random.nextLong(960) * (DAY / 960);
        };
    }

    /** Of rows with one key and time the one of the highest run must be the latest, and no run has two. */
    private static void check(TestLake lake, Map<String, Long> expected, boolean keyed) {
        Map<String, Long> runs = new HashMap<>();
        Map<String, Long> found = new HashMap<>();
        Set<String> seen = new HashSet<>();
        try (LiveView view = lake.ingest.view(AIR)) {
            Map<String, DataFile> files = new HashMap<>();
            view.snapshot()
                    .files()
                    .forEach(file -> files.put(lake.blobs.localPath(file.blob()).toString(), file));
            if (!files.isEmpty()) {
                String scan = lake.scan(view.snapshot()).replace("union_by_name", "filename = true, union_by_name");
                TestLake.query("SELECT station, epoch_us(time), version, filename FROM " + scan, row -> {
                    String identity = row.getString(1) + " " + row.getLong(2);
                    DataFile file = Objects.requireNonNull(files.get(row.getString(4)));
                    assertThat(seen.add(identity + " " + file.run()))
                            .as("%s is twice in run %d", identity, file.run())
                            .isTrue();
                    assertThat(file.grain().bucketOf(row.getLong(2))).isEqualTo(file.bucket());
                    if (file.run() > runs.getOrDefault(identity, -1L)) {
                        runs.put(identity, file.run());
                        found.put(identity, row.getLong(3));
                    }
                });
            }
            if (!keyed) {
                assertThat(seen).hasSameSizeAs(found.keySet());
            }
            TestLake.liveRows(view).stream()
                    .sorted((left, right) -> Long.compare(left.version(), right.version()))
                    .forEach(row -> found.put(row.station() + " " + row.micros(), row.version()));
        }
        assertThat(found.size()).isEqualTo(expected.size());
        assertThat(found.equals(expected)).as("the latest version of each row").isTrue();
    }

    @Test
    void aFlushOfSparseRowsMakesOneFile() {
        try (TestLake lake = new TestLake(directory, CONFIG)) {
            lake.catalog.create(AIR, TestLake.UNKEYED, TimeGrain.DAY);
            Random random = new Random(7);
            List<Row> rows = new ArrayList<>();
            for (int i = 0; i < 3_000; i++) {
                rows.add(new Row("s" + i, random.nextLong(20_000 * DAY), 1.0, 2.0, 3.0, -1));
            }
            for (int i = 0; i < MIN_ROWS; i++) {
                rows.add(new Row("dense" + i, 12_345 * DAY + i, 1.0, 2.0, 3.0, -1));
            }
            lake.append(rows, null);
            lake.ingest.flush(AIR);
            assertThat(lake.catalog.snapshot(AIR).files())
                    .extracting(file -> file.grain() + " " + file.bucket())
                    .containsExactlyInAnyOrder("NONE 0", "DAY 12345");
        }
    }

    @Test
    void aFileThatIsDenserThanItsBucketIsCut() {
        try (TestLake lake = new TestLake(directory, CONFIG)) {
            lake.catalog.create(AIR, TestLake.UNKEYED, null);
            List<Row> rows = new ArrayList<>();
            for (int i = 0; i < 20 * MIN_ROWS; i++) {
                rows.add(new Row("s" + i, 12_345 * DAY + i * (10 * DAY / (20 * MIN_ROWS)), 1.0, 2.0, 3.0, -1));
            }
            lake.append(rows, null);
            lake.ingest.flush(AIR);
            assertThat(lake.catalog.snapshot(AIR).files()).hasSize(1);
            // with a finer grain the file that is there is cut
            lake.catalog.append(AIR, List.of(), 0, TimeGrain.DAY);
            assertThat(lake.ingest.compactOnce()).isTrue();
            assertThat(lake.catalog.snapshot(AIR).files())
                    .hasSize(10)
                    .allMatch(file -> file.grain() == TimeGrain.DAY && file.rows() == 2 * MIN_ROWS);
            assertThat(lake.ingest.compactOnce()).isFalse();
        }
    }
}
