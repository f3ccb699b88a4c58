package dev.varve.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.sdk.ArrowWriter;
import dev.varve.sdk.DatasetSpec;
import dev.varve.sdk.DatasetSummary;
import dev.varve.sdk.QueryResult;
import dev.varve.sdk.Varve;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.stream.Stream;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.BigIntVector;
import org.apache.arrow.vector.Float8Vector;
import org.apache.arrow.vector.IntVector;
import org.apache.arrow.vector.TimeStampMicroVector;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.types.FloatingPointPrecision;
import org.apache.arrow.vector.types.pojo.ArrowType;
import org.apache.arrow.vector.types.pojo.Field;
import org.apache.arrow.vector.types.pojo.FieldType;
import org.apache.arrow.vector.types.pojo.Schema;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A real node killed at random moments while several writers write and retry: no acknowledged row is lost or doubled. */
class CrashTest {
    private static final int WRITERS = 4;
    private static final int MOST_ROWS_A_BATCH = 3_000;
    private static final int START_SECONDS = 60;

    /** Flushes and compactions come often, so that kills hit them too. */
    private static final String CONFIG = "flush.max-rows = 20000\nflush.max-age = 500ms\ncompaction.pause = 300ms\n";

    static Stream<Long> fastSeeds() {
        return Stream.of(Long.getLong("varve.seed", System.nanoTime()));
    }

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("fastSeeds")
    void fiveKills(long seed, @TempDir Path folder) throws Exception {
        killAgainAndAgain(5, seed, folder);
    }

    @Tag("slow")
    @ParameterizedTest(name = "seed {0}")
    @MethodSource("fastSeeds")
    void fiftyKills(long seed, @TempDir Path folder) throws Exception {
        killAgainAndAgain(50, seed, folder);
    }

    private static void killAgainAndAgain(int rounds, long seed, Path folder) throws Exception {
        Random random = new Random(seed);
        int port = freePort();
        Path config = Files.writeString(folder.resolve("node.conf"), CONFIG);
        Process node = start(folder, config, port);
        String address = "varve://127.0.0.1:" + port + "?retryTimeout=120s&inFlight=3";
        List<Writer> writers = new ArrayList<>();
        ReadWriteLock gate = new ReentrantReadWriteLock(true);
        try (Varve varve = Varve.connect(address)) {
            varve.createDataset(DatasetSpec.named("crash")
                    .column("writer", "int")
                    .column("seq", "long")
                    .column("value", "double"));
            for (int id = 0; id < WRITERS; id++) {
                writers.add(new Writer(id, address, random.nextLong(), gate.readLock()));
            }
            for (int round = 0; round < rounds; round++) {
                TimeUnit.MILLISECONDS.sleep(random.nextInt(50, 1_500));
                List<BitSet> acknowledged =
                        writers.stream().map(Writer::acknowledged).toList();
                long killed = System.nanoTime();
                node.destroyForcibly().waitFor();
                node = start(folder, config, port);
                long ready = System.nanoTime();
                // Rows that come meanwhile would make each check longer than the one before.
                gate.writeLock().lock();
                try {
                    for (Writer writer : writers) {
                        checkNoneIsLost(varve, writer.id, acknowledged.get(writer.id));
                    }
                } finally {
                    gate.writeLock().unlock();
                }
                DatasetSummary crash = varve.describe("crash").summary();
                System.out.printf(
                        "round %d: ready after %d ms, checked in %d ms, %d rows, %d files%n",
                        round,
                        TimeUnit.NANOSECONDS.toMillis(ready - killed),
                        TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - ready),
                        crash.rows(),
                        crash.files());
            }
            for (Writer writer : writers) {
                long written = writer.finish();
                BitSet present = present(varve, writer.id, 0);
                assertThat(present.cardinality())
                        .as("rows of writer %d", writer.id)
                        .isEqualTo((int) written);
            }
        } finally {
            writers.forEach(Writer::stop);
            node.destroy();
            assertThat(node.waitFor(START_SECONDS, TimeUnit.SECONDS)).isTrue();
        }
    }

    /** Those before the first that was not acknowledged are counted, so that the check keeps up with the writers. */
    private static void checkNoneIsLost(Varve varve, int writer, BitSet acknowledged) {
        long whole = acknowledged.nextClearBit(0);
        try (QueryResult result = varve.sql(
                "select count(*) as n, count(distinct seq) as d from crash where writer = ? and seq < ?",
                writer,
                whole)) {
            assertThat(result.next()).isTrue();
            assertThat(((BigIntVector) result.batch().getVector("n")).get(0))
                    .as("rows of writer %d below %d", writer, whole)
                    .isEqualTo(whole);
            assertThat(((BigIntVector) result.batch().getVector("d")).get(0))
                    .as("different rows of writer %d below %d", writer, whole)
                    .isEqualTo(whole);
        }
        acknowledged.andNot(present(varve, writer, whole));
        acknowledged.clear(0, (int) whole);
        assertThat(acknowledged.cardinality())
                .as("acknowledged rows of writer %d lost", writer)
                .isZero();
    }

    /** The sequence numbers found of one writer, from the first one on; fails if one is there twice. */
    private static BitSet present(Varve varve, int writer, long first) {
        BitSet present = new BitSet();
        try (QueryResult result = varve.sql("select seq from crash where writer = ? and seq >= ?", writer, first)) {
            while (result.next()) {
                BigIntVector seq = (BigIntVector) result.batch().getVector("seq");
                for (int i = 0; i < seq.getValueCount(); i++) {
                    int number = Math.toIntExact(seq.get(i));
                    assertThat(present.get(number))
                            .as("row %d of writer %d is there twice", number, writer)
                            .isFalse();
                    present.set(number);
                }
            }
        }
        return present;
    }

    private static Process start(Path folder, Path config, int port) throws Exception {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of(
                "--add-opens=java.base/java.nio=ALL-UNNAMED",
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-Xmx512m",
                "-cp",
                System.getProperty("java.class.path"),
                "dev.varve.server.cli.VarveCommand",
                "server"));
        command.addAll(List.of("--data", folder.resolve("data").toString()));
        command.addAll(List.of("--config", config.toString()));
        command.addAll(List.of("--http-port", String.valueOf(port), "--flight-port", "0", "--s3-port", "0"));
        Path log = folder.resolve("node.log");
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
                .start();
        try (HttpClient http = HttpClient.newHttpClient()) {
            HttpRequest ready = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/readyz"))
                    .build();
            long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(START_SECONDS);
            while (true) {
                assertThat(process.isAlive() && System.nanoTime() < deadline)
                        .as("the node starts; its log:%n%s", Files.readString(log))
                        .isTrue();
                try {
                    if (http.send(ready, BodyHandlers.discarding()).statusCode() == 200) {
                        return process;
                    }
                } catch (IOException notYet) {
                    assertThat(notYet).isNotNull();
                }
                TimeUnit.MILLISECONDS.sleep(20);
            }
        }
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }

    /** Appends batches in a thread of its own, whenever the gate is open, and remembers which rows were acknowledged. */
    private static final class Writer {
        private static final Schema SCHEMA = new Schema(Arrays.asList(
                new Field(
                        "time",
                        FieldType.notNullable(
                                new ArrowType.Timestamp(org.apache.arrow.vector.types.TimeUnit.MICROSECOND, null)),
                        null),
                new Field("writer", FieldType.nullable(new ArrowType.Int(32, true)), null),
                new Field("seq", FieldType.nullable(new ArrowType.Int(64, true)), null),
                new Field(
                        "value",
                        FieldType.nullable(new ArrowType.FloatingPoint(FloatingPointPrecision.DOUBLE)),
                        null)));

        /** Rows lie anywhere in 57 years, so that no day, month or year is worth a file for long. */
        private static final long YEARS_MICROS = 1_800_000_000_000_000L;

        private final int id;
        private final BitSet acknowledged = new BitSet();
        private final Lock gate;
        private final Thread thread;
        private volatile boolean stopped;
        private volatile long written;
        private volatile @Nullable Throwable failure;

        Writer(int id, String address, long seed, Lock gate) {
            this.id = id;
            this.gate = gate;
            thread = Thread.ofPlatform().name("writer " + id).start(() -> run(address, new Random(seed)));
        }

        private void run(String address, Random random) {
            try (Varve varve = Varve.connect(address);
                    ArrowWriter writer = varve.arrowWriter("crash");
                    RootAllocator memory = new RootAllocator();
                    VectorSchemaRoot batch = VectorSchemaRoot.create(SCHEMA, memory)) {
                CompletableFuture<Void> last = CompletableFuture.completedFuture(null);
                while (!stopped) {
                    int rows = random.nextInt(1, MOST_ROWS_A_BATCH);
                    int first = (int) written;
                    fill(batch, first, rows, random);
                    gate.lock();
                    try {
                        last = writer.append(batch).thenAccept(report -> {
                            if (report.accepted() == rows) {
                                acknowledge(first, rows);
                            }
                        });
                    } finally {
                        gate.unlock();
                    }
                    written = (long) first + rows;
                    TimeUnit.MILLISECONDS.sleep(random.nextInt(20));
                }
                writer.flush().join();
                last.join();
            } catch (Exception failed) {
                failure = failed;
            }
        }

        private void fill(VectorSchemaRoot batch, int first, int rows, Random random) {
            batch.allocateNew();
            for (int i = 0; i < rows; i++) {
                ((TimeStampMicroVector) batch.getVector(0)).setSafe(i, random.nextLong(YEARS_MICROS));
                ((IntVector) batch.getVector(1)).setSafe(i, id);
                ((BigIntVector) batch.getVector(2)).setSafe(i, first + i);
                ((Float8Vector) batch.getVector(3)).setSafe(i, random.nextDouble());
            }
            batch.setRowCount(rows);
        }

        private synchronized void acknowledge(int first, int rows) {
            acknowledged.set(first, first + rows);
        }

        synchronized BitSet acknowledged() {
            return (BitSet) acknowledged.clone();
        }

        void stop() {
            stopped = true;
        }

        /** Stops, waits until every batch is acknowledged and returns how many rows were written. */
        long finish() throws InterruptedException {
            stop();
            thread.join();
            assertThat(failure).isNull();
            assertThat(acknowledged().cardinality()).isEqualTo((int) written);
            return written;
        }
    }
}
