package dev.varve.ingest;

import static dev.varve.ingest.TestLake.AIR;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.ingest.TestLake.Row;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Stops a flush at each of its steps and opens the lake again. */
class CrashTest {
    private static final IngestConfig BY_HAND =
            IngestConfig.DEFAULT.withFlush(1_000_000, 1 << 30, Duration.ofDays(1), IngestConfig.Background.CALLER);

    @TempDir
    Path directory;

    /** What a crash looks like from inside. */
    private static final class Crash extends RuntimeException {
        private static final long serialVersionUID = 1L;
    }

    @ParameterizedTest
    @ValueSource(strings = {"frozen", "file", "written", "committed", "remembered", "cut"})
    void aCrashInAFlushNeitherLosesNorDoublesRows(String where) {
        List<Row> expected = new ArrayList<>();
        List<Row> last = IngestTest.some(50, 99);
        Ack lastAck;
        Flusher.FaultPoint fault = step -> {
            if (step.equals(where)) {
                throw new Crash();
            }
        };
        TestLake lake = new TestLake(directory, BY_HAND, InstantSource.system(), fault);
        lake.catalog.create(AIR, TestLake.UNKEYED, null);
        for (int i = 0; i < 5; i++) {
            List<Row> rows = IngestTest.some(300, i);
            Ack ack = lake.append(rows, "key " + i);
            rows.forEach(row -> expected.add(row.withVersion(ack.position())));
        }
        assertThatThrownBy(() -> lake.ingest.flush(AIR)).isInstanceOf(Crash.class);
        lastAck = lake.append(last, "last");
        last.forEach(row -> expected.add(row.withVersion(lastAck.position())));
        assertThat(TestLake.sorted(lake.rows())).isEqualTo(TestLake.sorted(expected));
        lake.crash();
        try (TestLake again = new TestLake(directory, BY_HAND)) {
            assertThat(TestLake.sorted(again.rows())).isEqualTo(TestLake.sorted(expected));
            for (int i = 0; i < 5; i++) {
                assertThat(again.append(IngestTest.some(300, i), "key " + i).duplicate())
                        .isTrue();
            }
            assertThat(again.append(last, "last").duplicate()).isTrue();
            again.ingest.flush(AIR);
            assertThat(TestLake.sorted(again.rows())).isEqualTo(TestLake.sorted(expected));
        }
        try (TestLake again = new TestLake(directory, BY_HAND)) {
            assertThat(again.append(last, "last").duplicate()).isTrue();
            assertThat(TestLake.sorted(again.rows())).isEqualTo(TestLake.sorted(expected));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"frozen", "file", "written", "committed", "remembered", "cut"})
    void aFlushThatFailedIsTriedAgain(String where) {
        List<Row> expected = new ArrayList<>();
        AtomicBoolean isHealed = new AtomicBoolean();
        Flusher.FaultPoint fault = step -> {
            if (step.equals(where) && !isHealed.get()) {
                throw new Crash();
            }
        };
        try (TestLake lake = new TestLake(directory, BY_HAND, InstantSource.system(), fault)) {
            lake.catalog.create(AIR, TestLake.UNKEYED, null);
            for (int i = 0; i < 3; i++) {
                List<Row> rows = IngestTest.some(300, i);
                Ack ack = lake.append(rows, null);
                rows.forEach(row -> expected.add(row.withVersion(ack.position())));
                if (i < 2) {
                    assertThatThrownBy(() -> lake.ingest.flush(AIR)).isInstanceOf(Crash.class);
                    assertThat(lake.ingest.status().lastFlushError()).isNotNull();
                }
                assertThat(TestLake.sorted(lake.rows())).isEqualTo(TestLake.sorted(expected));
            }
            isHealed.set(true);
            lake.ingest.flush(AIR);
            assertThat(lake.ingest.status().live()).isEmpty();
            assertThat(lake.ingest.status().memoryBytes()).isZero();
            assertThat(lake.catalog.snapshot(AIR).rows()).isEqualTo(expected.size());
            assertThat(TestLake.sorted(lake.rows())).isEqualTo(TestLake.sorted(expected));
        }
    }
}
