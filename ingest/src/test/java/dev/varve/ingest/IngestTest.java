package dev.varve.ingest;

import static dev.varve.ingest.TestLake.AIR;
import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.ingest.TestLake.Row;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class IngestTest {
    private static final IngestConfig BY_HAND =
            IngestConfig.DEFAULT.withFlush(1_000_000, 1 << 30, Duration.ofDays(1), IngestConfig.Background.CALLER);

    @TempDir
    Path directory;

    static List<Row> some(int count, long seed) {
        Random random = new Random(seed);
        List<Row> rows = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            boolean hasPlace = random.nextInt(10) > 0;
            rows.add(new Row(
                    "s" + random.nextInt(50),
                    1_600_000_000_000_000L + random.nextInt(1_000_000) * 1_000_000L,
                    hasPlace ? random.nextDouble() * 180 - 90 : null,
                    hasPlace ? random.nextDouble() * 360 - 180 : null,
                    random.nextInt(5) == 0 ? null : random.nextInt(1_000) / 10.0,
                    -1));
        }
        return rows;
    }

    @Test
    void rowsAreVisibleAtOnceAndAfterAFlushAndAfterARestart() {
        List<Row> expected = new ArrayList<>();
        try (TestLake lake = new TestLake(directory, BY_HAND)) {
            lake.catalog.create(AIR, TestLake.UNKEYED, null);
            for (int i = 0; i < 10; i++) {
                List<Row> rows = some(i % 3 == 0 ? 9_000 : 100, i);
                Ack ack = lake.append(rows, null);
                assertThat(ack.accepted()).isEqualTo(rows.size());
                rows.forEach(row -> expected.add(row.withVersion(ack.position())));
                if (i % 4 == 3) {
                    lake.ingest.flush(AIR);
                }
                assertThat(TestLake.sorted(lake.rows())).isEqualTo(TestLake.sorted(expected));
            }
            lake.crash();
        }
        try (TestLake lake = new TestLake(directory, BY_HAND)) {
            assertThat(TestLake.sorted(lake.rows())).isEqualTo(TestLake.sorted(expected));
            lake.ingest.flushAll();
            assertThat(lake.ingest.status().live()).isEmpty();
            assertThat(lake.ingest.status().memoryBytes()).isZero();
            assertThat(TestLake.sorted(lake.rows())).isEqualTo(TestLake.sorted(expected));
        }
    }
}
