package dev.varve.ingest;

import static dev.varve.ingest.TestLake.AIR;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.catalog.DataFile;
import dev.varve.ingest.TestLake.Row;
import dev.varve.ingest.decode.BodyFormat;
import dev.varve.ingest.decode.Mapping;
import dev.varve.ingest.decode.RowError;
import dev.varve.model.Column;
import dev.varve.model.ColumnType;
import dev.varve.model.DatasetName;
import dev.varve.model.ErrorCode;
import dev.varve.model.TimeGrain;
import dev.varve.model.VarveException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import org.apache.arrow.vector.VectorSchemaRoot;
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

    @Test
    void aHundredThousandSmallAppendsMakeFewBatches() {
        try (TestLake lake = new TestLake(directory, BY_HAND)) {
            lake.catalog.create(AIR, TestLake.UNKEYED, null);
            List<Row> rows = some(1, 7);
            ArrayDeque<CompletableFuture<Ack>> pending = new ArrayDeque<>();
            try (VectorSchemaRoot batch = lake.batch(rows)) {
                for (int i = 0; i < 100_000; i++) {
                    pending.add(lake.ingest.append(AIR, batch, null, OnError.REJECT_ROW));
                    if (pending.size() > 500) {
                        pending.removeFirst().join();
                    }
                }
                pending.forEach(CompletableFuture::join);
            }
            try (LiveView view = lake.ingest.view(AIR)) {
                assertThat(view.batches()).hasSizeLessThan(5);
                assertThat(view.batches().stream()
                                .mapToInt(VectorSchemaRoot::getRowCount)
                                .sum())
                        .isEqualTo(100_000);
            }
            lake.ingest.flush(AIR);
            assertThat(lake.catalog.snapshot(AIR).rows()).isEqualTo(100_000);
            assertThat(lake.log.start()).isLessThanOrEqualTo(100_000);
        }
    }

    @Test
    void filesAreSortedAndKnowTheirBounds() {
        try (TestLake lake = new TestLake(directory, BY_HAND)) {
            lake.catalog.create(AIR, TestLake.UNKEYED, TimeGrain.DAY);
            for (int i = 0; i < 5; i++) {
                lake.append(some(9_000, i), null);
            }
            lake.ingest.flush(AIR);
            for (DataFile file : lake.catalog.snapshot(AIR).files()) {
                String scan = "read_parquet('" + lake.blobs.localPath(file.blob()) + "')";
                List<Long> cells = new ArrayList<>();
                List<Long> times = new ArrayList<>();
                TestLake.query("SELECT coalesce(cell, 9223372036854775807), epoch_us(time) FROM " + scan, row -> {
                    cells.add(row.getLong(1));
                    times.add(row.getLong(2));
                });
                for (int i = 1; i < cells.size(); i++) {
                    boolean isAscending = cells.get(i - 1) < cells.get(i)
                            || (cells.get(i - 1).equals(cells.get(i)) && times.get(i - 1) <= times.get(i));
                    assertThat(isAscending).isTrue();
                }
                TestLake.query(
                        "SELECT min(cell), max(cell), min(epoch_us(time)), max(epoch_us(time)), count(*),"
                                + " min(value), max(value), count(*) - count(value), min(station), max(station) FROM "
                                + scan,
                        row -> {
                            assertThat(file.cells()).isEqualTo(new DataFile.CellBounds(row.getLong(1), row.getLong(2)));
                            assertThat(file.firstMicros()).isEqualTo(row.getLong(3));
                            assertThat(file.lastMicros()).isEqualTo(row.getLong(4));
                            assertThat(file.rows()).isEqualTo(row.getLong(5));
                            assertThat(file.columns().get("value"))
                                    .isEqualTo(new DataFile.ColumnBounds(
                                            row.getDouble(6), row.getDouble(7), row.getLong(8)));
                            assertThat(file.columns().get("station"))
                                    .isEqualTo(new DataFile.ColumnBounds(row.getString(9), row.getString(10), 0));
                        });
                assertThat(file.grain().bucketOf(file.firstMicros())).isEqualTo(file.bucket());
                assertThat(file.grain().bucketOf(file.lastMicros())).isEqualTo(file.bucket());
            }
        }
    }

    @Test
    void damageOfTheLogOfRowsInMemoryLosesNone() throws IOException {
        List<Row> rows = some(100, 1);
        try (TestLake lake = new TestLake(directory, BY_HAND)) {
            lake.catalog.create(AIR, TestLake.UNKEYED, null);
            lake.append(rows, null);
            Path file = directory.resolve("log").resolve("log-00000000000000000000.seg");
            byte[] bytes = Files.readAllBytes(file);
            bytes[bytes.length - 10] ^= 1;
            Files.write(file, bytes);
            lake.ingest.verifyLog();
            assertThat(file).doesNotExist();
            lake.ingest.verifyLog();
            lake.crash();
        }
        try (TestLake lake = new TestLake(directory, BY_HAND)) {
            assertThat(TestLake.sorted(
                            lake.rows().stream().map(Row::withoutVersion).toList()))
                    .isEqualTo(TestLake.sorted(rows));
        }
    }

    @Test
    void columnsAddedLaterAreNullInOlderRows() {
        try (TestLake lake = new TestLake(directory, BY_HAND)) {
            lake.catalog.create(AIR, TestLake.UNKEYED, null);
            lake.append(some(100, 1), null);
            lake.append(some(9_000, 2), null);
            lake.catalog.addColumns(AIR, List.of(new Column("wind", ColumnType.DOUBLE)));
            lake.append(some(100, 3), null);
            try (LiveView view = lake.ingest.view(AIR)) {
                for (VectorSchemaRoot batch : view.batches()) {
                    assertThat(batch.getSchema())
                            .isEqualTo(StoredFields.all(view.snapshot().schema()));
                    assertThat(batch.getVector("wind").getNullCount()).isEqualTo(batch.getRowCount());
                }
            }
            lake.crash();
        }
        try (TestLake lake = new TestLake(directory, BY_HAND)) {
            assertThat(lake.rows()).hasSize(9_200);
            lake.ingest.flush(AIR);
            assertThat(lake.rows()).hasSize(9_200);
        }
    }

    @Test
    void rowsOfADroppedDatasetDoNotComeBackInOneOfTheSameName() {
        try (TestLake lake = new TestLake(directory, BY_HAND)) {
            lake.catalog.create(AIR, TestLake.UNKEYED, null);
            lake.append(some(100, 1), "key");
            lake.catalog.drop(AIR);
            lake.catalog.create(AIR, TestLake.UNKEYED, null);
            assertThat(lake.rows()).isEmpty();
            assertThat(lake.append(some(50, 2), "key").duplicate()).isFalse();
            lake.crash();
        }
        try (TestLake lake = new TestLake(directory, BY_HAND)) {
            assertThat(lake.rows()).hasSize(50);
        }
    }

    @Test
    void aKeyWithOtherRowsIsRefused() {
        try (TestLake lake = new TestLake(directory, BY_HAND)) {
            lake.catalog.create(AIR, TestLake.UNKEYED, null);
            lake.append(some(100, 1), "key");
            assertThatThrownBy(() -> lake.append(some(100, 2), "key"))
                    .isInstanceOf(VarveException.class)
                    .extracting(e -> ((VarveException) e).code())
                    .isEqualTo(ErrorCode.IDEMPOTENCY_CONFLICT);
        }
    }

    @Test
    void aFullMemoryRefusesInTheEnd() {
        IngestConfig tiny = BY_HAND.withMemtable(1 << 20, Duration.ZERO);
        try (TestLake lake = new TestLake(directory, tiny)) {
            lake.catalog.create(AIR, TestLake.UNKEYED, null);
            assertThatThrownBy(() -> {
                        for (int i = 0; i < 100; i++) {
                            lake.append(some(9_000, i), null);
                        }
                    })
                    .isInstanceOf(VarveException.class)
                    .extracting(e -> ((VarveException) e).code())
                    .isEqualTo(ErrorCode.OVERLOADED);
            while (lake.ingest.flushDue()) {
                assertThat(lake.ingest.status().flushes()).isPositive();
            }
            assertThat(lake.append(some(100, 1), null).accepted()).isEqualTo(100);
        }
    }

    @Test
    void aBodyIsLoadedOnceHoweverOftenItIsSent() {
        try (TestLake lake = new TestLake(directory, BY_HAND)) {
            lake.catalog.create(AIR, TestLake.UNKEYED, null);
            StringBuilder csv = new StringBuilder("time,lat,lon,station,value\n");
            for (int i = 0; i < 100_000; i++) {
                csv.append("2020-01-01T00:00:00Z,10,20,s")
                        .append(i % 7)
                        .append(',')
                        .append(i == 50 ? "x" : i)
                        .append('\n');
            }
            byte[] body = csv.toString().getBytes(StandardCharsets.UTF_8);
            LoadRequest request = new LoadRequest(AIR, BodyFormat.CSV, Mapping.DEFAULT, "load", OnError.REJECT_ROW);
            LoadReport first = lake.ingest.load(request, new ByteArrayInputStream(body));
            assertThat(first.accepted()).isEqualTo(99_999);
            assertThat(first.rejected()).isEqualTo(1);
            assertThat(first.errors()).singleElement().extracting(RowError::row).isEqualTo(51L);
            LoadReport second = lake.ingest.load(request, new ByteArrayInputStream(body));
            assertThat(second.duplicate()).isTrue();
            assertThat(second.accepted()).isEqualTo(99_999);
            LoadReport whole = lake.ingest.load(
                    new LoadRequest(AIR, BodyFormat.CSV, Mapping.DEFAULT, null, OnError.REJECT_BATCH),
                    new ByteArrayInputStream(body));
            assertThat(whole.accepted()).isZero();
            assertThat(whole.rejected()).isEqualTo(1);
            try (LiveView view = lake.ingest.view(AIR)) {
                assertThat(TestLake.liveRows(view)).hasSize(99_999);
            }
            Proposal proposal = lake.ingest.infer(
                    new LoadRequest(
                            new DatasetName("other"), BodyFormat.CSV, Mapping.DEFAULT, null, OnError.REJECT_ROW),
                    new ByteArrayInputStream(body));
            assertThat(proposal.schema().columns()).hasSize(2);
            assertThat(proposal.rows()).isEqualTo(100_000);
        }
    }
}
