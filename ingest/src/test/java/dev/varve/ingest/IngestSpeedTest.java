package dev.varve.ingest;

import dev.varve.blobstore.CommitLogConfig;
import dev.varve.blobstore.LocalCommitLog;
import dev.varve.blobstore.ObjectBlobStore;
import dev.varve.catalog.CatalogConfig;
import dev.varve.catalog.IcebergCatalog;
import dev.varve.catalog.Snapshot;
import dev.varve.ingest.parquet.Codec;
import dev.varve.ingest.parquet.FileLayout;
import dev.varve.ingest.parquet.RowFileWriter;
import dev.varve.ingest.parquet.RowSource;
import dev.varve.model.Column;
import dev.varve.model.ColumnType;
import dev.varve.model.DatasetName;
import dev.varve.model.Schema;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.Float8Vector;
import org.apache.arrow.vector.TimeStampMicroVector;
import org.apache.arrow.vector.VarCharVector;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Prints how fast rows go through ingest; {@code mvn -Dslow -pl ingest -am test -Dtest=IngestSpeedTest}. */
@Tag("slow")
class IngestSpeedTest {
    private static final DatasetName AIR = new DatasetName("air");
    private static final int BATCHES = 120;
    private static final int BATCH_ROWS = 65_536;
    private static final int STATIONS = 10_000;
    private static final List<String> VALUES = List.of("temp", "humidity", "pressure", "wind", "rain");
    private static final Schema SCHEMA = new Schema(
            Stream.concat(
                            Stream.of(new Column("station", ColumnType.STRING)),
                            VALUES.stream().map(name -> new Column(name, ColumnType.DOUBLE)))
                    .toList(),
            List.of(),
            9);

    @TempDir
    Path directory;

    private static VectorSchemaRoot batch(int number, BufferAllocator memory) {
        Random random = new Random(number);
        List<Column> columns = Stream.concat(Stream.of(Schema.TIME, Schema.LAT, Schema.LON), SCHEMA.columns().stream())
                .toList();
        VectorSchemaRoot batch = VectorSchemaRoot.create(StoredFields.of(columns), memory);
        batch.allocateNew();
        for (int i = 0; i < BATCH_ROWS; i++) {
            long row = (long) number * BATCH_ROWS + i;
            int station = (int) (row % STATIONS);
            ((TimeStampMicroVector) batch.getVector(0))
                    .setSafe(i, 1_600_000_000_000_000L + row / STATIONS * 600_000_000L);
            ((Float8Vector) batch.getVector(1)).setSafe(i, 30 + (station % 100) * 0.2);
            ((Float8Vector) batch.getVector(2)).setSafe(i, -100 + Math.floorDiv(station, 100) * 0.2);
            ((VarCharVector) batch.getVector(3)).setSafe(i, ("station-" + station).getBytes(StandardCharsets.US_ASCII));
            for (int v = 0; v < VALUES.size(); v++) {
                if (random.nextInt(20) > 0) {
                    ((Float8Vector) batch.getVector(4 + v)).setSafe(i, Math.round(random.nextGaussian() * 100) / 10.0);
                }
            }
        }
        batch.setRowCount(BATCH_ROWS);
        return batch;
    }

    private static void say(String what, long rows, long nanos, long bytes) {
        System.out.printf(
                "%-40s %,12.0f rows/s  %.2f s  %.2f bytes/row%n",
                what, rows / (nanos / 1e9), nanos / 1e9, (double) bytes / rows);
    }

    @Test
    void durableAppendsAndReplay() {
        List<VectorSchemaRoot> batches = new ArrayList<>();
        try (BufferAllocator memory = new RootAllocator()) {
            for (int i = 0; i < 16; i++) {
                batches.add(batch(i, memory));
            }
            IngestConfig config = IngestConfig.DEFAULT;
            try (LocalCommitLog log = LocalCommitLog.open(directory.resolve("log"), CommitLogConfig.DEFAULT);
                    ObjectBlobStore blobs = ObjectBlobStore.openLocal(directory.resolve("blobs"));
                    IcebergCatalog catalog =
                            IcebergCatalog.open(blobs, CatalogConfig.DEFAULT, InstantSource.system())) {
                catalog.create(AIR, SCHEMA, null);
                try (Ingest ingest = Ingest.open(config, log, catalog, blobs, memory, InstantSource.system())) {
                    long start = System.nanoTime();
                    append(ingest, batches, BATCHES);
                    long acknowledged = System.nanoTime();
                    ingest.flushAll();
                    long end = System.nanoTime();
                    long rows = (long) BATCHES * BATCH_ROWS;
                    Snapshot snapshot = catalog.snapshot(AIR);
                    say("append, acknowledged", rows, acknowledged - start, 0);
                    say("append and flush", rows, end - start, snapshot.bytes());
                    System.out.println(snapshot.files().size() + " files, grain " + snapshot.grain());
                }
                IngestConfig byHand = config.withMemtable(2L << 30, Duration.ZERO)
                        .withFlush(100_000_000, 4L << 30, Duration.ofDays(1), IngestConfig.Background.CALLER);
                try (Ingest ingest = Ingest.open(byHand, log, catalog, blobs, memory, InstantSource.system())) {
                    append(ingest, batches, 40);
                    ingest.close(Ingest.AtClose.LEAVE);
                }
                long start = System.nanoTime();
                try (Ingest ingest = Ingest.open(byHand, log, catalog, blobs, memory, InstantSource.system())) {
                    say("replay", 40L * BATCH_ROWS, System.nanoTime() - start, 0);
                    ingest.close(Ingest.AtClose.LEAVE);
                }
            } finally {
                batches.forEach(VectorSchemaRoot::close);
            }
        }
    }

    private static void append(Ingest ingest, List<VectorSchemaRoot> batches, int count) {
        ArrayDeque<CompletableFuture<Ack>> pending = new ArrayDeque<>();
        for (int i = 0; i < count; i++) {
            pending.add(ingest.append(AIR, batches.get(i % batches.size()), null, OnError.REJECT_ROW));
            if (pending.size() > 4) {
                pending.removeFirst().join();
            }
        }
        pending.forEach(CompletableFuture::join);
    }

    @Test
    void filesByCodec() throws IOException {
        try (TestLake lake = new TestLake(
                directory.resolve("lake"),
                IngestConfig.DEFAULT.withFlush(
                        100_000_000, 4L << 30, Duration.ofDays(1), IngestConfig.Background.CALLER))) {
            lake.catalog.create(AIR, SCHEMA, null);
            for (int i = 0; i < 30; i++) {
                try (VectorSchemaRoot batch = batch(i, lake.memory)) {
                    lake.ingest.append(AIR, batch, null, OnError.REJECT_ROW).join();
                }
            }
            try (LiveView view = lake.ingest.view(AIR)) {
                for (int round = 0; round < 2; round++) {
                    for (Codec codec : Codec.values()) {
                        write(lake, view, codec);
                    }
                }
            }
        }
    }

    private void write(TestLake lake, LiveView view, Codec codec) throws IOException {
        FileLayout plain = new FileWriting(lake.blobs, IngestConfig.DEFAULT)
                .layout(view.snapshot().dataset(), 65_536);
        FileLayout layout = new FileLayout(plain.fields(), plain.bloomed(), 65_536, 16_384, codec);
        long start = System.nanoTime();
        RowOrder order = RowOrder.of(view.batches(), new BitSet());
        long sorted = System.nanoTime();
        Path file = directory.resolve(codec + ".parquet");
        long bytes;
        try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(file), 1 << 20)) {
            RowFileWriter writer = new RowFileWriter(layout, out);
            writer.write(new RowSource(layout, view.batches()), order.rows(), 0, order.rows().length);
            bytes = writer.finish().bytes();
        }
        long end = System.nanoTime();
        say("sort", order.rows().length, sorted - start, 0);
        say("write " + codec, order.rows().length, end - sorted, bytes);
        long[] scan = new long[1];
        for (int i = 0; i < 3; i++) {
            long before = System.nanoTime();
            TestLake.query(
                    "SELECT avg(temp), avg(humidity), avg(lat), max(wind), count(station) FROM read_parquet('" + file
                            + "')",
                    row -> {});
            scan[0] = System.nanoTime() - before;
        }
        say("DuckDB scan of " + codec, order.rows().length, scan[0], bytes);
        long before = System.nanoTime();
        TestLake.query("SELECT count(*) FROM read_parquet('" + file + "') WHERE station = 'station-4711'", row -> {});
        say("DuckDB one station of " + codec, order.rows().length, System.nanoTime() - before, bytes);
    }
}
